"""Runs the project's suites: ``make test``, or ``python -m suites`` with ``tests/`` on the path.

``catalogue`` says which suites there are, in which order, and how long each may take. Everything
else is the machine that runs them: ``process`` starts one child and always ends it, ``execution``
makes a result of it, ``runner`` decides what runs next, ``progress`` and ``report`` tell the person
who waits.
"""
