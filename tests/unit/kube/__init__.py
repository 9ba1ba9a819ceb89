"""The client, against a server that misbehaves in every way that the real one can."""
