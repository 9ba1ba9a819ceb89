"""``python -m sluice.runtime.flink.maintenance list|retain|clear``: work on a stopped application.

What the tasks have in common with those of other engines is in ``sluice.runtime.upkeep``.
"""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from sluice import contract
from sluice.runtime import upkeep
from sluice.runtime.flink.stored import Stored, find_stored, retain_stored
from sluice.runtime.lock import StorageLock
from sluice.runtime.retention import Retention


def _find(directory: Path, lock: StorageLock) -> list[upkeep.Word]:
    del lock
    return [_as_word(each) for each in find_stored(directory)]


def _retain(directory: Path, lock: StorageLock, retention: Retention) -> list[upkeep.Word]:
    return [_as_word(each) for each in retain_stored(directory, lock, retention, time.time())]


def _as_word(stored: Stored) -> upkeep.Word:
    told = {"uuid": stored.uuid, "created_at": stored.created_at}
    return told if stored.size is None else {**told, "size": stored.size}


LAYOUT: Final = upkeep.Layout(
    command=contract.FLINK_MAINTENANCE_MODULE,
    owner="a Flink application",
    foreign=upkeep.MARKS_OF_SDK,
    find=_find,
    retain=_retain,
)


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Do one task; return the exit code, with the last words written."""
    return upkeep.main(LAYOUT, arguments, environment)


if __name__ == "__main__":
    upkeep.run(LAYOUT)
