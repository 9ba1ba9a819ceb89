"""The runtime SDK: its parts in this process, and whole jobs as processes that are signalled and killed."""
