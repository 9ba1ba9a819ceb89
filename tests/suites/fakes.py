"""Small suites for the tests of the runner."""

import io
from pathlib import Path

from rich.console import Console

from .execution import Place
from .suite import Budget, Checks, Part, Stage, Step, Suite, Tests

BUDGET = Budget(20, 10)


def check(name: str, script: str = "true", stage: Stage = Stage.STATIC) -> Suite:
    return Suite(name, stage, Checks((("sh", "-c", script),)), BUDGET)


def step(name: str, script: str = "true", needs: tuple[str, ...] = ()) -> Suite:
    return Suite(name, Stage.CLUSTER, Step(("sh", "-c", script)), BUDGET, needs)


def suite_of_tests(
    name: str,
    stage: Stage = Stage.UNIT,
    needs: tuple[str, ...] = (),
    part: Part = Part.ALWAYS,
) -> Suite:
    paths = (f"tests/{name}", f"tests/test_{name}*.py")
    return Suite(name, stage, Tests(paths), BUDGET, needs, part)


def write_test(root: Path, suite: str, content: str) -> None:
    folder = root / "tests" / suite
    folder.mkdir(parents=True)
    (folder / "test_it.py").write_text(content)


def place(root: Path) -> tuple[Place, io.StringIO]:
    output = io.StringIO()
    return Place(root, Console(file=output, width=110)), output
