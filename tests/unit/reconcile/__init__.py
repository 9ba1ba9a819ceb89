"""One look at a pipeline, against API objects in memory."""
