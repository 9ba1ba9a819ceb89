"""What suites share: kubectl, a namespace of one's own, an installed operator, a pipeline at work."""
