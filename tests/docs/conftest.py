"""What the tests of the documents tell at their end: which blocks nothing runs, and why."""

import pytest
from support.pages import all_blocks


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print them, so that nobody takes them for run."""
    left_out = [(block.name, block.why_not_run) for block in all_blocks() if block.why_not_run]
    terminalreporter.section("blocks that are not run")
    for name, reason in left_out:
        terminalreporter.write_line(f"{name}: {reason}")
