"""The batch lifecycle."""
