"""Children are ended, reaped, and take with them all that they started."""

import os
import time
from pathlib import Path

import pytest

from . import process


def run_shell(
    script: str,
    directory: Path,
    time_limit: float = 30.0,
    *,
    interrupt_when: Path | None = None,
    may_leave_processes: bool = False,
) -> process.Ended:
    def tick(seconds: float) -> None:
        if interrupt_when is not None and interrupt_when.exists():
            raise KeyboardInterrupt

    return process.run(
        ["sh", "-c", script],
        log=directory / "log",
        environment=os.environ,
        directory=directory,
        time_limit=time_limit,
        on_tick=tick,
        may_leave_processes=may_leave_processes,
    )


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def wait_until_gone(pid: int) -> bool:
    until = time.monotonic() + 5
    while is_running(pid) and time.monotonic() < until:
        time.sleep(0.02)
    return not is_running(pid)


def test_output_and_errors_are_kept_in_the_log_in_their_order(tmp_path: Path) -> None:
    ended = run_shell("echo one; echo two >&2; exit 3", tmp_path)

    assert ended.code == 3
    assert (tmp_path / "log").read_text() == "one\ntwo\n"


def test_a_child_reads_nothing(tmp_path: Path) -> None:
    assert run_shell("cat; echo end", tmp_path).code == 0
    assert (tmp_path / "log").read_text() == "end\n"


def test_a_program_that_is_not_there_is_a_failure_that_says_so(tmp_path: Path) -> None:
    ended = process.run(
        ["no-such-program"],
        log=tmp_path / "log",
        environment=os.environ,
        directory=tmp_path,
        time_limit=1,
        on_tick=lambda seconds: None,
    )

    assert ended.code == process.EXIT_NOT_FOUND
    assert "cannot start no-such-program" in (tmp_path / "log").read_text()


def test_the_time_limit_ends_a_child_and_all_that_it_started(tmp_path: Path) -> None:
    ended = run_shell("sleep 60 & echo $! > pid; wait; sleep 60", tmp_path, time_limit=0.5)

    assert ended.timed_out
    assert wait_until_gone(int((tmp_path / "pid").read_text()))


def test_a_child_that_ignores_polite_signals_is_killed_when_the_grace_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "GRACE_SECONDS", 0.3)

    ended = run_shell("trap '' INT TERM; while :; do sleep 0.1; done", tmp_path, time_limit=0.3)

    assert ended.timed_out
    assert ended.code == -9


def test_what_an_ended_child_has_forgotten_is_ended(tmp_path: Path) -> None:
    ended = run_shell("sleep 60 & echo $! > pid", tmp_path)

    assert ended.code == 0
    assert wait_until_gone(int((tmp_path / "pid").read_text()))


def test_a_step_that_starts_a_cluster_may_leave_processes(tmp_path: Path) -> None:
    run_shell("sleep 60 & echo $! > pid", tmp_path, may_leave_processes=True)

    pid = int((tmp_path / "pid").read_text())
    assert is_running(pid)
    os.kill(pid, 9)


def test_an_interrupt_ends_the_child_with_all_that_it_started(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    script = "echo $$ > leader; sleep 60 & echo $! > pid; touch ready; wait"

    with pytest.raises(KeyboardInterrupt):
        run_shell(script, tmp_path, interrupt_when=ready)

    assert wait_until_gone(int((tmp_path / "pid").read_text()))
    leader = int((tmp_path / "leader").read_text())
    assert not Path(f"/proc/{leader}").exists(), "the child was not reaped"
