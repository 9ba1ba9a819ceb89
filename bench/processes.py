"""The processes of a run: started with a log each, and ended in reverse order whatever happens."""

import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from bench.usage import Usage, read_usage
from localkube.progress import LocalkubeError

END_SECONDS: Final = 10.0


class Processes:
    """Named processes, each with a log file in one folder."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        logs.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop_all()

    def log(self, name: str) -> Path:
        """Where a process writes to."""
        return self._logs / f"{name}.log"

    def start(
        self, name: str, argv: Sequence[str | Path], environment: Mapping[str, str] | None = None
    ) -> None:
        """Start a process in a session of its own, so that Ctrl-C reaches only the benchmark."""
        with self.log(name).open("ab") as sink:
            self._running[name] = subprocess.Popen(
                [str(part) for part in argv],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(environment or {})},
                start_new_session=True,
            )

    def stop(self, name: str) -> None:
        """End a process, by force when it does not end by itself."""
        process = self._running.pop(name, None)
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(END_SECONDS)

    def stop_all(self) -> None:
        """End all of them, the one started last first."""
        for name in reversed(list(self._running)):
            self.stop(name)

    def check(self) -> None:
        """Raise when one of them has ended by itself."""
        for name, process in self._running.items():
            if process.poll() is not None:
                raise LocalkubeError(f"{name} ended with exit code {process.returncode}", log=self.log(name))

    def wait_until(self, name: str, is_ready: Callable[[], bool], seconds: float) -> None:
        """Wait for a process to be ready, and fail at once when it ends instead."""
        deadline = time.monotonic() + seconds
        while not is_ready():
            self.check()
            if time.monotonic() > deadline:
                raise LocalkubeError(f"{name} was not ready within {seconds:.0f} s", log=self.log(name))
            time.sleep(0.05)

    def usage(self) -> dict[str, Usage]:
        """What each process has used so far."""
        self.check()
        return {name: read_usage(process.pid) for name, process in self._running.items()}
