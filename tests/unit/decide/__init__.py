"""The state machine: one file a room, each test a row of its table."""
