"""Fixtures of every suite. Nothing here touches a cluster before a test asks for it."""

pytest_plugins = ["support.cluster", "support.loops"]
