import os
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from .client import Client, wait_for

REPOSITORY = Path(__file__).parents[2]
EXAMPLE = REPOSITORY / "examples" / "zone_census" / "job.py"

PROCESS = "SLUICE_CONFORMANCE_URL"
STANDBY = "SLUICE_CONFORMANCE_STANDBY_URL"
APPROVAL = "SLUICE_CONFORMANCE_APPROVAL_URL"


@pytest.fixture(scope="session")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """The process under test, one for the whole suite as a pipeline has one."""
    client = _given(PROCESS)
    if client is not None:
        client.wait_for_status("Running")
        yield client
        return
    directory = tmp_path_factory.mktemp("conformance")
    with _example(directory, "storage") as client:
        client.wait_for_status("Running")
        yield client


@pytest.fixture(scope="session")
def standby(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A process in Standby that follows a store with a checkpoint in it."""
    client = _given(STANDBY)
    if client is not None:
        client.wait_for_status("Standby")
        yield client
        return
    directory = tmp_path_factory.mktemp("standby")
    store = {"SLUICE_SYNC_URL": f"file://{directory}/store", "SLUICE_SYNC_INTERVAL_SECONDS": "1"}
    with _example(directory, "first", **store) as first:
        first.wait_for_status("Running")
        first.checkpoint()
        first.post("/suspend")
        first.wait_for_status("Suspended")
    with _example(directory, "second", SLUICE_INITIAL="standby", **store) as client:
        client.wait_for_status("Standby")
        yield client


@pytest.fixture(scope="session")
def approval(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A process whose changed program awaits an approval."""
    client = _given(APPROVAL)
    if client is not None:
        client.wait_for_status("AwaitingApproval")
        yield client
        return
    directory = tmp_path_factory.mktemp("approval")
    with _example(directory, "storage") as before:
        before.wait_for_status("Running")
        before.checkpoint()
    change = {"SLUICE_BOOTSTRAP_POLICY": "await_approval", "ZONE_CENSUS_TEST_VERSION": "changed"}
    with _example(directory, "storage", **change) as client:
        client.wait_for_status("AwaitingApproval")
        yield client


def _given(variable: str) -> Client | None:
    """The process that the environment names; the others are not started beside one that was named."""
    url = os.environ.get(variable)
    if url:
        return Client(url)
    if any(os.environ.get(each) for each in (PROCESS, STANDBY, APPROVAL)):
        pytest.skip(f"{variable} names no process")
    return None


@contextmanager
def _example(directory: Path, storage: str, **environment: str) -> Generator[Client]:
    output = directory / "output"
    output.unlink(missing_ok=True)
    command = [sys.executable, str(EXAMPLE), "--rows-per-second", "500", "--default-port", "0"]
    command += ["--bind-address", "127.0.0.1", "--storage-location", str(directory / storage)]
    variables = {**os.environ, "PYTHONPATH": str(REPOSITORY / "operator"), **environment}
    with output.open("wb") as file, subprocess.Popen(command, stdout=file, env=variables) as started:
        try:
            yield Client(f"http://127.0.0.1:{_announced_port(output)}")
        finally:
            started.kill()


def _announced_port(output: Path) -> int:
    """The example says on its first line where it listens."""
    line = wait_for(output.read_text, lambda text: "\n" in text, "line with the port").splitlines()[0]
    return int(line.partition('"port": ')[2].partition(",")[0])
