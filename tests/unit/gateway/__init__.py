"""The gateway, asked in this process, before an API server in memory."""
