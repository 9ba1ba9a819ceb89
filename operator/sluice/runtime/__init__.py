"""Write a Python stream job; get the Feldera pipeline HTTP contract, checkpoints and safe restarts.

A job is a class with three methods. ``process`` does one small step, ``snapshot`` returns the whole state
as bytes, ``restore`` takes such bytes back::

    import json

    from sluice.runtime import EndOfInput, Job, run


    class Countdown(Job):
        def __init__(self) -> None:
            self.left = 10

        def process(self) -> int:
            if self.left == 0:
                raise EndOfInput
            self.left -= 1
            return 1

        def snapshot(self) -> bytes:
            return json.dumps(self.left).encode()

        def restore(self, state: bytes) -> None:
            self.left = json.loads(state)


    if __name__ == "__main__":
        run(Countdown())

``python -m sluice.runtime countdown:Countdown --storage-location ./data`` runs it without the last two
lines. All of the job's methods are called in the main thread, one after the other: between two calls of
``process`` the state is still, and that is when a snapshot is taken. HTTP is answered by a thread of its
own and never waits for the job.

The one rule for a job: **everything that decides the future is in the snapshot**, the position in the
input included. Then a kill at any moment loses nothing and repeats nothing: the next process continues
from the last durable checkpoint as though the steps after it had never been taken.

An element of a batch pipeline is any program; :func:`report_progress` tells how far it is.
"""

from sluice.runtime.job import CheckpointDelayed, EndOfInput, Job
from sluice.runtime.main import run
from sluice.runtime.progress import report_progress

__all__ = ["CheckpointDelayed", "EndOfInput", "Job", "report_progress", "run"]
