"""The command line, with small suites in the place of the real ones."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from . import __main__ as command_line
from . import catalogue, fakes
from .suite import Suite

DRIVER = """
import sys
from pathlib import Path
from suites import __main__ as command_line, catalogue, fakes
catalogue.SUITES = (fakes.check("slow", "echo $$ > pid; sleep 60"),)
command_line.ROOT = Path.cwd()
sys.exit(command_line.main(["slow"]))
"""


def keep_the_handler_of_pytest(number: int, handler: object) -> None:
    pass


@pytest.fixture(autouse=True)
def small_catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    suites: tuple[Suite, ...] = (
        fakes.check("good", "echo all is well"),
        fakes.check("bad", "exit 1"),
        fakes.suite_of_tests("later"),
    )
    monkeypatch.setattr(catalogue, "SUITES", suites)
    monkeypatch.setattr(command_line, "ROOT", tmp_path)
    monkeypatch.setattr(signal, "signal", keep_the_handler_of_pytest)


@pytest.mark.parametrize(
    ("names", "code", "last"),
    [
        (["good"], 0, "1 passed, 0 failed"),
        (["bad"], 1, "0 passed, 1 failed"),
        (["good", "bad"], 1, "1 passed, 1 failed"),
        (["later"], 1, "0 passed, 1 failed"),
    ],
    ids=["a good one", "a bad one", "both", "one without files"],
)
def test_the_exit_code_and_the_last_line_agree(
    names: list[str], code: int, last: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line.main(names) == code
    assert capsys.readouterr().out.splitlines()[-1] == last


def test_one_suite_alone_shows_its_output_as_it_comes(capsys: pytest.CaptureFixture[str]) -> None:
    command_line.main(["good"])

    assert "all is well\n" in capsys.readouterr().out


def test_an_unknown_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.main(["god"]) == command_line.EXIT_BAD_ARGUMENTS
    assert "no suite 'god'" in capsys.readouterr().out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_an_interrupt_ends_the_run_and_its_children(tmp_path: Path, number: signal.Signals) -> None:
    tests = str(Path(__file__).resolve().parents[1])
    command = [sys.executable, "-c", DRIVER]
    with subprocess.Popen(command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": tests}) as runner:
        pid = tmp_path / "pid"
        until = time.monotonic() + 20
        while not (pid.exists() and pid.read_text()) and time.monotonic() < until:
            time.sleep(0.05)
        runner.send_signal(number)
        assert runner.wait(timeout=20) == command_line.EXIT_INTERRUPTED

    assert not Path(f"/proc/{pid.read_text().strip()}").exists()
