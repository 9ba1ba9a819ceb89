"""A person at a terminal: a command on a pseudo-terminal, what it draws, and the keys that are pressed."""

import contextlib
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

BIN = Path(sys.executable).parent
"""Where the commands were installed; on PATH, so that kubectl finds its plugin there."""
ROWS, COLUMNS = 40, 160
CTRL_C = b"\x03"
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
QUIET_SECONDS = 0.1


class Terminal:
    """One command on a terminal of its own."""

    def __init__(self, *command: str) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
        self._process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            # Its own controlling terminal, so that a key can be a signal.
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            env={**os.environ, "TERM": "xterm-256color", "PATH": path},
        )
        os.close(slave)
        self.raw = ""

    @property
    def text(self) -> str:
        """Everything that was written, without colours and moves, and each space once."""
        return " ".join(ESCAPE.sub("", self.raw).split())

    def wait_for(self, text: str, seconds: float = 60, times: int = 1) -> None:
        """Wait until this was written, so often."""
        deadline = time.monotonic() + seconds
        while self.text.count(text) < times:
            assert time.monotonic() < deadline, f"waited {seconds:g} s for {text!r}; there is: {self.text}"
            assert self._read() or self._process.poll() is None, f"it ended without {text!r}: {self.text}"

    def press(self, keys: bytes) -> None:
        """Type."""
        os.write(self._master, keys)

    def wait_for_end(self, seconds: float = 90) -> int:
        """Wait until the command ends; returns its exit code."""
        deadline = time.monotonic() + seconds
        while self._process.poll() is None:
            self._read()
            assert time.monotonic() < deadline, f"it did not end in {seconds:g} s: {self.text}"
        while self._read():
            pass
        return self._process.returncode

    def close(self) -> None:
        """End the command, if it has not ended, and the terminal."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait(10)
        os.close(self._master)

    def _read(self) -> bool:
        """Take in what is there now. False when there was nothing."""
        if not select.select([self._master], [], [], QUIET_SECONDS)[0]:
            return False
        # A terminal whose command has ended answers with an error.
        with contextlib.suppress(OSError):
            found = os.read(self._master, 65536)
            self.raw += found.decode("utf-8", "replace")
            return bool(found)
        return False


@contextmanager
def terminal(*command: str) -> Generator[Terminal]:
    """A terminal with this command, for as long as the block runs."""
    opened = Terminal(*command)
    try:
        yield opened
    finally:
        opened.close()


def run_without_terminal(*command: str, seconds: float = 90, **env: str) -> subprocess.CompletedProcess[str]:
    """The command as a script runs it."""
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
        env={**os.environ, "PATH": path, **env},
    )
