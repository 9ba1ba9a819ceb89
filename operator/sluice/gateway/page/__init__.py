"""The page: one small web application for people who would rather look, and what it asks for.

Its files are served as they are, to anybody: they hold no data. What is in a cluster comes from the endpoints
under ``/ui/data``, with the rights of whoever gave a token, and they belong to the page of the same version.
"""
