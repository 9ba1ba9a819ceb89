"""What a pipeline's state means to a person, in sentences: shared by the command line and the gateway's page.

Pure: it takes custom resources and events as plain objects, and knows the API and nothing else.
"""
