"""What is kept of the objects that the watches tell of."""
