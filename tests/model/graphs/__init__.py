"""A small model checker for graphs of elements: every state that can be reached, and rules over all of them.

What is explored is the real ``decide``. Around it is a world that does what Kubernetes, the elements and
people may do, in any order: pods start late or after their Job is gone, watches tell late, the operator dies
between two writes, and people cancel, force, change their mind and ask for restarts. Time stands still: what
follows from clocks is tested in ``tests/unit/batch``.
"""
