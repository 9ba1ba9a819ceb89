"""A headless Chromium: Debian's, or whichever is there. Run as a module, this installs what is missing."""

import shutil
import sys
import time
from pathlib import Path
from typing import Final

from localkube.packages import install_packages, missing_packages
from localkube.paths import cache_root
from localkube.progress import LocalkubeError

NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
PLACES: Final = "/usr/local/bin:/usr/bin:/bin:/snap/bin"
FONT: Final = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"
"""Without a font a page is made of boxes, and no screenshot tells anything."""


def find_chromium() -> Path:
    """The program; installed first where there is none."""
    found = _look()
    if found is None or not Path(FONT).exists():
        wanted = {FONT: "fonts-dejavu-core", **({} if found else {"chromium": "chromium"})}
        install_packages(missing_packages(wanted), cache_root() / "chromium.log")
        found = _look()
    assert found is not None, "Debian's package chromium has no program of that name"
    return Path(found)


def _look() -> str | None:
    return next(filter(None, (shutil.which(name, path=PLACES) for name in NAMES)), None)


if __name__ == "__main__":
    started = time.monotonic()
    try:
        program = find_chromium()
    except LocalkubeError as problem:
        sys.exit(problem.render())
    print(f"{program} is there after {time.monotonic() - started:.1f} s", file=sys.stderr)
