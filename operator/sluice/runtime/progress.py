"""How far an element of a batch pipeline is: told by a file, which the operator reads now and then."""

import json
import os
from pathlib import Path

from sluice.contract import ENV_PROGRESS_FILE, PROGRESS_MAX_BYTES


def report_progress(
    percent: float | None = None, message: str | None = None, checkpoint: str | None = None
) -> None:
    """Report how far this element is.

    ``percent`` is 0 to 100, ``message`` one short sentence, ``checkpoint`` the name of what it could go on
    from. Costs one small file, so it may be called as often as one likes. Where nobody asked for reports, as
    on a desk, it does nothing. Raises ``ValueError`` for texts of more than about a kilobyte.
    """
    place = os.environ.get(ENV_PROGRESS_FILE)
    if not place:
        return
    given = {"percent": percent, "message": message, "checkpoint": checkpoint}
    content = json.dumps({name: value for name, value in given.items() if value is not None}).encode()
    if len(content) > PROGRESS_MAX_BYTES:
        raise ValueError(f"a report of progress has {len(content)} bytes: write at most {PROGRESS_MAX_BYTES}")
    path = Path(place)
    # Renamed, so that whoever reads it finds the old or the new report whole.
    new = path.with_name(f"{path.name}.{os.getpid()}")
    new.write_bytes(content)
    new.replace(path)
