"""An exhaustive explorer of the state machine: ``python -m model`` with ``tests/`` on the path.

``world`` is everything that matters, small enough to be finite; ``environment`` and ``people`` change it
in every way that Kubernetes, a process, a node or a person can, at any moment; ``operator_steps`` lets the
real ``decide`` look at it, write its status and act, and kills it between any two writes. ``stop_rules``,
``life_rules`` and ``world_rules`` are the project's rules as named assertions, ``liveness`` asks whether
every wish comes true once the world is kind, and ``explorer`` walks all of it, shortest paths first.

What is assumed of the world, because no state machine can do without it:

* A container whose pod was removed by force on a node that is well ends before the node's proof is due, and
  a node that comes back ends such containers before it counts as Ready.
* A node that is removed, or declared out of service, runs nothing any more.
* The API server refuses a write on an old version, a second pod of one name, and a delete by a wrong uid.
* A clock is three-valued: each moment in status is ahead, just reached, or past the limit that it is compared
  with, and any of them may pass first.
"""
