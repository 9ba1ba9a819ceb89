"""The command line for people: ``sluice`` and ``kubectl sluice``.

It talks to the API server and to nothing else, with the rights of whoever runs it. What it knows of the
operator is the API: it may know ``api``, ``telling``, ``kube`` and ``contract``, and never how the operator
decides. Requests and patches are what it writes; judging, wording and drawing are pure and take plain
objects.
"""
