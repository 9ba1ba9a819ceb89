"""The first process of the namespaces: what it starts, restarts and holds."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from localkube.namespaces import add_daemon, daemon_status
from localkube.supervisor import Daemon, Supervisor


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    (tmp_path / "hold").mkdir()
    started = Supervisor(tmp_path)
    yield started
    for name in started.daemons:
        (tmp_path / "hold" / name).write_text("KILL")
    _turn(started, lambda: all(daemon.pid == 0 for daemon in started.daemons.values()))


def _turn(supervisor: Supervisor, until: Callable[[], bool], seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while True:
        supervisor.reap()
        supervisor.tick(time.monotonic())
        if until():
            return
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _sleeper(folder: Path, name: str, *, script: str = "sleep 60", restart: bool = True) -> None:
    add_daemon(folder, Daemon(name, ["/bin/sh", "-c", script], str(folder / f"{name}.log"), restart))


def test_a_daemon_whose_file_appears_later_is_started(supervisor: Supervisor) -> None:
    supervisor.tick(time.monotonic())
    _sleeper(supervisor.folder, "late")

    _turn(supervisor, lambda: daemon_status(supervisor.folder).get("late", {}).get("pid", 0) > 0)


def test_a_daemon_that_ends_is_started_again(supervisor: Supervisor) -> None:
    _sleeper(supervisor.folder, "brief", script="exit 1")

    _turn(supervisor, lambda: daemon_status(supervisor.folder).get("brief", {}).get("starts", 0) >= 2)


def test_a_daemon_that_must_not_restart_stays_down(supervisor: Supervisor) -> None:
    _sleeper(supervisor.folder, "once", script="exit 0", restart=False)

    _turn(supervisor, lambda: supervisor.daemons["once"].failures == 1)
    supervisor.tick(time.monotonic() + 60)

    assert supervisor.daemons["once"].starts == 1


def test_a_held_daemon_ends_and_comes_back_when_released(supervisor: Supervisor) -> None:
    _sleeper(supervisor.folder, "held")
    _turn(supervisor, lambda: supervisor.daemons["held"].pid > 0)
    hold = supervisor.folder / "hold" / "held"

    hold.write_text("TERM")
    _turn(supervisor, lambda: supervisor.daemons["held"].pid == 0)
    hold.unlink()

    _turn(supervisor, lambda: supervisor.daemons["held"].pid > 0)


def test_a_daemon_that_cannot_be_started_says_so_in_its_log(supervisor: Supervisor) -> None:
    log = supervisor.folder / "absent.log"
    add_daemon(supervisor.folder, Daemon("absent", ["/nowhere/program"], str(log)))

    _turn(supervisor, lambda: supervisor.daemons["absent"].failures == 1)

    assert "cannot be started" in log.read_text()
