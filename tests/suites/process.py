"""Starts one child process and never leaves it, or anything that it started, behind.

Each child leads a process group of its own, so a Ctrl-C at the terminal reaches only this program,
which then ends the group: with a polite signal first, and for good when the grace is over.
"""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

POLL_SECONDS = 0.05
GRACE_SECONDS = 15.0
"""For tests to run their clean-up in, after a Ctrl-C or at the time limit."""
LEFTOVER_GRACE_SECONDS = 2.0
"""For what an ended child has forgotten."""
EXIT_NOT_FOUND = 127


@dataclass(frozen=True)
class Ended:
    """How a child came to its end."""

    code: int
    seconds: float
    timed_out: bool = False


def run(
    command: Sequence[str],
    *,
    log: Path,
    environment: Mapping[str, str],
    directory: Path,
    time_limit: float,
    on_tick: Callable[[float], None],
    may_leave_processes: bool = False,
) -> Ended:
    """Run ``command`` with its output appended to ``log``; ``on_tick`` hears the seconds so far."""
    started = time.monotonic()
    with log.open("ab") as output:
        try:
            child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(environment),
                cwd=directory,
                start_new_session=True,
            )
        except OSError as error:
            output.write(f"cannot start {command[0]}: {error.strerror}\n".encode())
            return Ended(EXIT_NOT_FOUND, time.monotonic() - started)
    timed_out = _wait(child, until=started + time_limit, on_tick=on_tick)
    if timed_out or not may_leave_processes:
        end_group(child)
    return Ended(child.wait(), time.monotonic() - started, timed_out)


def _wait(child: subprocess.Popen[bytes], *, until: float, on_tick: Callable[[float], None]) -> bool:
    """Wait for the child's end, or say that the time limit came first."""
    started = time.monotonic()
    try:
        while not _has_ended(child):
            now = time.monotonic()
            if now > until:
                return True
            on_tick(now - started)
            time.sleep(POLL_SECONDS)
    except BaseException:
        end_group(child)
        raise
    return False


def _has_ended(child: subprocess.Popen[bytes]) -> bool:
    """Look without reaping: the id of child and group stays taken until the group was ended."""
    return os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def end_group(child: subprocess.Popen[bytes]) -> None:
    """End the child, then all that it started, and reap it; a second Ctrl-C ends the grace."""
    try:
        if not _has_ended(child):
            _signal_group(child, signal.SIGINT)
            _wait_while(lambda: not _has_ended(child), GRACE_SECONDS)
        _signal_group(child, signal.SIGTERM)
        _wait_while(lambda: _is_group_alive(child), LEFTOVER_GRACE_SECONDS)
    finally:
        _signal_group(child, signal.SIGKILL)
        child.wait()


def _wait_while(condition: Callable[[], bool], seconds: float) -> None:
    until = time.monotonic() + seconds
    while condition() and time.monotonic() < until:
        time.sleep(POLL_SECONDS)


def _is_group_alive(child: subprocess.Popen[bytes]) -> bool:
    child.poll()
    try:
        os.killpg(child.pid, 0)
    except ProcessLookupError:
        return False
    return True


def _signal_group(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, number)
