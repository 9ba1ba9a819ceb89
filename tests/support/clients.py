"""The published clients of the APIs that the gateway serves, as their users install them.

They live in a virtualenv of their own, in the cache, under a key that changes with their lock. Run as a
module, this makes it where it is missing. ``python -m tests.support.clients --lock`` writes the lock.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final, cast

from localkube.lock import exclusive
from localkube.paths import cache_root

FOLDER: Final = Path(__file__).resolve().parents[1] / "clients"
LOCK: Final = FOLDER / "requirements.lock"
INSTALL_SECONDS: Final = 500
RUN_SECONDS: Final = 240


def python() -> Path:
    """The clients' own Python; made first where the cache has none for this lock."""
    key = hashlib.sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest()[:16]
    folder = cache_root().parent / "clients" / key
    program = folder / "bin" / "python"
    if program.is_file():
        return program
    folder.parent.mkdir(parents=True, exist_ok=True)
    with exclusive(folder.with_suffix(".lock")):
        if not program.is_file():
            _make(folder)
    return program


def _make(folder: Path) -> None:
    # It has its name only once it is whole; what is installed does not mind being moved.
    unfinished = folder.with_name(f".{folder.name}.{os.getpid()}")
    shutil.rmtree(unfinished, ignore_errors=True)
    _uv("venv", "--quiet", "--relocatable", "--python", sys.executable, str(unfinished))
    target = str(unfinished / "bin" / "python")
    _uv("pip", "install", "--quiet", "--no-deps", "--require-hashes", "--python", target, "-r", str(LOCK))
    shutil.rmtree(folder, ignore_errors=True)
    unfinished.rename(folder)


def _uv(*arguments: str) -> None:
    command = [sys.executable, "-m", "uv", *arguments]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False, cwd=FOLDER
    )
    assert done.returncode == 0, f"{' '.join(command)} ended with {done.returncode}: {done.stderr}"


def tell(story: str, **given: Any) -> dict[str, Any]:
    """Run one of the stories in ``tests/clients`` with the clients' Python; returns what it found out."""
    done = subprocess.run(
        [str(python()), str(FOLDER / f"{story}.py")],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{story} ended with {done.returncode}: {done.stdout}\n{done.stderr}"
    return cast("dict[str, Any]", json.loads(done.stdout.splitlines()[-1]))


def _lock() -> None:
    options = ["--generate-hashes", "--no-emit-index-url", "--no-header", "--quiet", "--universal"]
    versions = ["--python-version", "3.11", "--override", "overrides.txt"]
    _uv("pip", "compile", *options, *versions, "requirements.in", "--output-file", LOCK.name)


if __name__ == "__main__":
    if sys.argv[1:] == ["--lock"]:
        _lock()
    else:
        print(f"The clients are in {python()}")
