"""The command line for people, against an API server in memory."""
