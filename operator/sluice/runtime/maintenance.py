"""``python -m sluice.runtime.maintenance list|retain|clear``: work on the volume of a stopped process.

What the tasks have in common with those of other engines is in ``upkeep``.
"""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from sluice import contract
from sluice.runtime import upkeep
from sluice.runtime.checkpoint import Checkpoint
from sluice.runtime.lock import StorageLock
from sluice.runtime.retention import Retention
from sluice.runtime.storage import Storage


def _find(directory: Path, lock: StorageLock) -> list[upkeep.Word]:
    return [_as_word(each) for each in Storage(directory, lock).checkpoints.good]


def _retain(directory: Path, lock: StorageLock, retention: Retention) -> list[upkeep.Word]:
    checkpoints = Storage(directory, lock).checkpoints
    checkpoints.retain(retention, time.time())
    return [_as_word(each) for each in checkpoints.good]


def _as_word(checkpoint: Checkpoint) -> upkeep.Word:
    known = checkpoint.as_contract()
    return {name: known[name] for name in ("uuid", "size", "steps", "processed_records", "created_at")}


LAYOUT: Final = upkeep.Layout(
    command=contract.MAINTENANCE_MODULE,
    owner="sluice.runtime",
    foreign=upkeep.MARKS_OF_FLINK,
    find=_find,
    retain=_retain,
)


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Do one task; return the exit code, with the last words written."""
    return upkeep.main(LAYOUT, arguments, environment)


if __name__ == "__main__":
    upkeep.run(LAYOUT)
