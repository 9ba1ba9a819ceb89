"""Running other programs: quietly, into a log, or with their output as the answer."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from localkube.progress import LocalkubeError

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def run(
    *command: str | Path,
    log: Path | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: IO[bytes] | None = None,
    hint: str = "",
) -> str:
    """Run a program and give its output; with a log, the output goes there. Raise if it fails."""
    argv = [str(part) for part in command]
    environment = {**os.environ, **(env or {})}
    try:
        if log is None:
            done = subprocess.run(
                argv,
                env=environment,
                cwd=cwd,
                stdin=stdin or subprocess.DEVNULL,
                capture_output=True,
                check=False,
            )
        else:
            log.parent.mkdir(parents=True, exist_ok=True)
            with log.open("ab") as sink:
                sink.write(f"$ {' '.join(argv)}\n".encode())
                sink.flush()
                done = subprocess.run(
                    argv,
                    env=environment,
                    cwd=cwd,
                    stdin=stdin or subprocess.DEVNULL,
                    stdout=sink,
                    stderr=subprocess.STDOUT,
                    check=False,
                )
    except FileNotFoundError as missing:
        raise LocalkubeError(f"the program {argv[0]} is not installed", hint=hint) from missing
    if done.returncode != 0:
        said = (done.stderr or b"").decode(errors="replace").strip()
        text = f"`{summary(argv)}` failed with exit code {done.returncode}" + (f": {said}" if said else "")
        raise LocalkubeError(text, hint=hint, log=log)
    return (done.stdout or b"").decode(errors="replace")


def succeeds(*command: str | Path, seconds: float = 20.0, env: Mapping[str, str] | None = None) -> bool:
    """Tell whether a program ends with exit code 0; one that is missing or hangs does not."""
    try:
        done = subprocess.run(
            [str(part) for part in command],
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
            timeout=seconds,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def summary(argv: Sequence[str], limit: int = 6) -> str:
    """Give a command line in few words, for messages."""
    return " ".join(argv[:limit]) + (" ..." if len(argv) > limit else "")
