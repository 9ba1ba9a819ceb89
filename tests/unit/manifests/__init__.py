"""The objects that the operator makes."""
