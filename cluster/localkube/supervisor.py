"""Process 1 of private namespaces: it starts daemons, restarts those that end, and reaps orphans.

It runs as ``python3 -m localkube.supervisor FOLDER``, and everything it must know is in that
folder, so that it needs no connection to the tool that made it:

``setup.json``   commands to run once, and the network interface to wait for before that
``daemons/``     one file a daemon; a file that appears later is one more daemon
``hold/``        a file named as a daemon keeps that daemon down; its content is the signal (TERM or KILL)
``status.json``  written here: what runs, under which process id, and how often it was started
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

_TICK_SECONDS: Final = 0.1
_LINK_SECONDS: Final = 20.0
_KILL_AFTER_SECONDS: Final = 5.0
_RESTART_SECONDS: Final = (0.0, 0.5, 1.0, 2.0, 5.0)
_STABLE_SECONDS: Final = 30.0


@dataclass
class Daemon:
    """One program to keep running."""

    name: str
    argv: list[str]
    log: str
    restart: bool = True
    pid: int = field(default=0, compare=False)
    starts: int = field(default=0, compare=False)
    failures: int = field(default=0, compare=False)
    started: float = field(default=0.0, compare=False)
    next_start: float = field(default=0.0, compare=False)
    held_since: float = field(default=0.0, compare=False)

    def describe(self) -> str:
        """Give what a daemon's file holds."""
        return json.dumps({"name": self.name, "argv": self.argv, "log": self.log, "restart": self.restart})


class Supervisor:
    """Keeps the daemons of one folder in the state that the folder asks for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.daemons: dict[str, Daemon] = {}
        self._said = ""

    def run_forever(self) -> None:
        """Work until the namespaces end."""
        while True:
            self.reap()
            self.tick(time.monotonic())
            time.sleep(_TICK_SECONDS)

    def tick(self, now: float) -> None:
        """Do what is due: read new files, hold, start, and say how things are."""
        self._read_daemons()
        for daemon in self.daemons.values():
            hold = self.folder / "hold" / daemon.name
            if hold.exists():
                self._hold(daemon, hold, now)
            elif daemon.pid == 0 and now >= daemon.next_start:
                daemon.held_since = 0.0
                if daemon.restart or daemon.starts == 0:
                    self._start(daemon, now)
        self._write_status()

    def reap(self) -> None:
        """Collect every process that ended, ours or an orphan."""
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, _ = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                for daemon in self.daemons.values():
                    if daemon.pid == pid:
                        _note_end(daemon, time.monotonic())

    def _read_daemons(self) -> None:
        for file in sorted((self.folder / "daemons").glob("*.json")):
            if file.stem not in self.daemons:
                self.daemons[file.stem] = Daemon(**json.loads(file.read_text()))

    def _start(self, daemon: Daemon, now: float) -> None:
        log = os.open(daemon.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            daemon.pid = os.posix_spawn(
                daemon.argv[0],
                daemon.argv,
                dict(os.environ),
                setsid=True,
                file_actions=[(os.POSIX_SPAWN_DUP2, log, 1), (os.POSIX_SPAWN_DUP2, log, 2)],
            )
        except OSError as problem:
            os.write(log, f"{daemon.argv[0]} cannot be started: {problem}\n".encode())
            daemon.failures += 1
            daemon.next_start = now + _RESTART_SECONDS[-1]
        else:
            daemon.started = now
            daemon.starts += 1
        finally:
            os.close(log)

    def _hold(self, daemon: Daemon, hold: Path, now: float) -> None:
        if daemon.pid == 0:
            daemon.failures, daemon.next_start = 0, 0.0
            if not daemon.restart:
                daemon.starts = 0
            return
        gently = hold.read_text().strip() != "KILL"
        first = daemon.held_since == 0.0
        daemon.held_since = daemon.held_since or now
        if first or now - daemon.held_since > _KILL_AFTER_SECONDS:
            with contextlib.suppress(ProcessLookupError):
                os.kill(daemon.pid, signal.SIGTERM if gently and first else signal.SIGKILL)

    def _write_status(self) -> None:
        wanted = ("pid", "starts", "failures")
        status = {d.name: {k: v for k, v in asdict(d).items() if k in wanted} for d in self.daemons.values()}
        text = json.dumps(status, indent=1)
        if text != self._said:
            unfinished = self.folder / ".status.json"
            unfinished.write_text(text)
            unfinished.rename(self.folder / "status.json")
            self._said = text


def _note_end(daemon: Daemon, now: float) -> None:
    stable = now - daemon.started > _STABLE_SECONDS
    daemon.failures = 1 if stable else daemon.failures + 1
    daemon.pid = 0
    daemon.next_start = now + _RESTART_SECONDS[min(daemon.failures - 1, len(_RESTART_SECONDS) - 1)]


def set_up(folder: Path) -> None:
    """Wait for the network interface that the host puts in, then run the commands."""
    setup = json.loads((folder / "setup.json").read_text())
    deadline = time.monotonic() + _LINK_SECONDS
    while setup["link"] and setup["link"] not in _interfaces():
        if time.monotonic() > deadline:
            raise TimeoutError(f"no network interface {setup['link']} after {_LINK_SECONDS:.0f} s")
        time.sleep(0.02)
    for command in setup["commands"]:
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


def _interfaces() -> list[str]:
    lines = Path("/proc/net/dev").read_text().splitlines()[2:]
    return [line.partition(":")[0].strip() for line in lines]


def main() -> None:
    """Set the namespaces up and serve for ever."""
    for ignored in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    folder = Path(sys.argv[1])
    set_up(folder)
    Supervisor(folder).run_forever()


if __name__ == "__main__":
    main()
