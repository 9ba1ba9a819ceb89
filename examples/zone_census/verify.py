"""Check that a census is what it must be: ``curl .../stats | python3 verify.py``.

Exit code 0: nothing was lost and nothing doubled; 1: the states differ; 2: the input is no such answer.
"""

import json
import sys
from pathlib import Path
from typing import Any

from census import Census, expected_state

DATA_FILE = Path(__file__).with_name("zone1970.tab")


def verdict(stats: Any, data_file: Path = DATA_FILE) -> tuple[int, str]:
    """Return the exit code and one sentence for an answer of ``/stats``."""
    try:
        actual = Census.from_json(stats["job"])
    except (KeyError, TypeError, ValueError, AttributeError):
        return 2, "This is no answer of /stats of a zone census."
    expected = expected_state(data_file, actual.total)
    if actual == expected:
        return (
            0,
            f"After {actual.total} records nothing is lost and nothing doubled: digest {actual.digest[:16]}.",
        )
    wrong = "counts" if actual.countries != expected.countries else "order"
    return 1, (
        f"After {actual.total} records the {wrong} is wrong: digest {actual.digest[:16]}, "
        f"expected {expected.digest[:16]}."
    )


def main() -> int:
    """Read standard input and print the verdict."""
    try:
        stats: Any = json.load(sys.stdin)
    except ValueError:
        stats = None
    code, sentence = verdict(stats)
    sys.stdout.write(sentence + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
