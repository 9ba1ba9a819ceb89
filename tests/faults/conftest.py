"""One operator behind one proxy for each file of faults."""

import asyncio
import os
from collections.abc import Iterator

import pytest
from support.installation import send_operator_home
from support.kubectl import Kubectl

from faults.report import REPORT
from faults.world import World, open_world

LIVES = int(os.environ.get("SLUICE_FAULTS", "2"))
"""How many lives are lived in each scenario: `make soak` sets it to many."""
SEED = int(os.environ.get("SLUICE_FAULTS_SEED", "1"))


@pytest.fixture(scope="module")
def world(
    crds: Kubectl, namespace: Kubectl, runner: asyncio.Runner, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """Nobody else's operator is at work meanwhile."""
    send_operator_home(crds)
    opened = open_world(str(namespace.namespace), tmp_path_factory.mktemp("faults"))
    yield runner.run(opened.__aenter__())
    runner.run(opened.__aexit__(None, None, None))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The closing table."""
    lines = REPORT.lines()
    if lines:
        terminalreporter.section(f"faults (SLUICE_FAULTS={LIVES}, SLUICE_FAULTS_SEED={SEED})")
        for line in lines:
            terminalreporter.write_line(line)
