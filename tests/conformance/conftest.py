import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .client import Client, wait_for

REPOSITORY = Path(__file__).parents[2]
EXAMPLE = REPOSITORY / "examples" / "zone_census" / "job.py"


@pytest.fixture(scope="session")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """The process under test, one for the whole suite as a pipeline has one."""
    url = os.environ.get("SLUICE_CONFORMANCE_URL")
    if url:
        client = Client(url)
        client.wait_for_status("Running")
        yield client
        return
    directory = tmp_path_factory.mktemp("conformance")
    output = directory / "output"
    command = [sys.executable, str(EXAMPLE), "--rows-per-second", "500", "--default-port", "0"]
    command += ["--bind-address", "127.0.0.1", "--storage-location", str(directory / "storage")]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY / "operator")}
    with output.open("wb") as file, subprocess.Popen(command, stdout=file, env=environment) as started:
        try:
            client = Client(f"http://127.0.0.1:{_announced_port(output)}")
            client.wait_for_status("Running")
            yield client
        finally:
            started.kill()


def _announced_port(output: Path) -> int:
    """The example says on its first line where it listens."""
    line = wait_for(output.read_text, lambda text: "\n" in text, "line with the port").splitlines()[0]
    return int(line.partition('"port": ')[2].partition(",")[0])
