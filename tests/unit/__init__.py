"""Fast tests of single modules: no process, no network but the loopback, no cluster."""
