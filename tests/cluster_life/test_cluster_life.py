"""A second cluster beside the first: it comes up, works, is crashed, and leaves nothing behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
from support.kubectl import wait_until

from localkube.engine import docker_answers

NAME = "life"
ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(
    docker_answers(), reason="a Docker engine answers here, so kind serves instead of the embedded cluster"
)


def localkube(*arguments: str, seconds: int = 300) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "localkube", "--name", NAME, "--engine", "embedded", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "cluster")},
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def host_state() -> dict[str, set[str]]:
    """Everything of the machine that a cluster could leave behind."""
    mounts = Path("/proc/mounts").read_text(encoding="utf-8").splitlines()
    return {
        "links": _words("ip", "-o", "link", "show", field=1),
        "network namespaces": _words("ip", "netns", "list", field=0),
        "routes": set(_output("ip", "route", "show").splitlines()),
        "packet filter": set(_output("nft", "list", "tables").splitlines()),
        "mounts": {line.split()[1] for line in mounts},
        "cgroups": {
            str(path) for path in Path("/sys/fs/cgroup").glob("*/*") if path.is_dir() and NAME in path.name
        },
        "processes": {line for line in _output("ps", "-eo", "args").splitlines() if f"/{NAME}/" in line},
    }


def _words(*command: str, field: int) -> set[str]:
    return {line.split()[field].split("@")[0] for line in _output(*command).splitlines() if line.strip()}


def _output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout


@pytest.fixture(scope="module")
def before() -> Generator[dict[str, set[str]]]:
    localkube("down")
    yield host_state()
    localkube("down")


def must_be_as(before: dict[str, set[str]]) -> None:
    def is_clean() -> tuple[bool, object]:
        after = host_state()
        left = {kind: after[kind] - known for kind, known in before.items() if after[kind] - known}
        return not left, left

    wait_until("the machine to be as it was", is_clean, 20)


def test_a_cluster_of_two_nodes_comes_up_passes_its_own_checks_and_leaves_nothing_behind(
    before: dict[str, set[str]],
) -> None:
    localkube("up", "--nodes", "2")
    localkube("selfcheck")

    localkube("down")

    must_be_as(before)


def test_after_a_crash_in_the_middle_down_leaves_nothing_behind_either(before: dict[str, set[str]]) -> None:
    localkube("up")
    victims = _pids("kubelet") + _pids("kube-apiserver")
    assert len(victims) == 2, victims
    for number in victims:
        os.kill(number, signal.SIGKILL)

    localkube("down")

    must_be_as(before)


def _pids(program: str) -> list[int]:
    """Processes of this cluster and of no other that run ``program``."""
    found: list[int] = []
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            arguments = place.read_bytes().split(b"\0")
        except OSError:
            continue
        is_program = arguments[0].endswith(program.encode())
        if is_program and any(f"/{NAME}/".encode() in argument for argument in arguments):
            found.append(int(place.parent.name))
    return found
