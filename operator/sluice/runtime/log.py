"""One JSON line on standard output for each thing that happened; nothing while nothing happens."""

import json
import sys
from datetime import UTC, datetime
from typing import Any


def now_text() -> str:
    """Return the current time as the contract writes it."""
    return time_text(datetime.now(UTC))


def time_text(moment: datetime) -> str:
    """Return a time in UTC as the contract writes it."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def log(event: str, **facts: Any) -> None:
    """Write one line. A reader that went away must not take the job with it."""
    line = json.dumps({"time": now_text(), "event": event, **facts}, default=str)
    try:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
    except (OSError, ValueError):
        return
