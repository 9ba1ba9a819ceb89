"""Guards on the repository as a whole: its layout, its locks, and what its pages promise."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
OPERATOR = ROOT / "operator"
PACKAGE = OPERATOR / "sluice"
LOCKS = ("requirements.lock", "requirements-dev.lock")
LONGEST_FILE = 350

LOCKED = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)", re.MULTILINE)
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
MAKE_COMMAND = re.compile(r"\bmake ((?:[a-z][a-z0-9-]*|[A-Z]+=\S+)(?: (?:[a-z][a-z0-9-]*))*)")
MAKE_TARGET = re.compile(r"^([a-z][a-z0-9-]*):", re.MULTILINE)


def project() -> dict[str, Any]:
    table: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return table


def requirements(*, dev: bool) -> list[Requirement]:
    extras = project()["optional-dependencies"]
    lines = [*project()["dependencies"], *extras["sync"]]
    if dev:
        lines += extras["dev"]
    return [Requirement(line) for line in lines]


def modules() -> list[Path]:
    return sorted(path for path in OPERATOR.rglob("*.py") if "__pycache__" not in path.parts)


def test_the_operator_directory_is_never_a_package() -> None:
    assert not (OPERATOR / "__init__.py").exists(), "it would hide Python's own operator module"


def test_importing_operator_from_the_root_gives_the_one_of_python() -> None:
    command = [sys.executable, "-c", "import operator; print(operator.__file__, operator.add(1, 2))"]
    output = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout

    assert output.split()[0].endswith("operator.py")


def test_no_module_of_the_package_is_named_like_one_of_python() -> None:
    names = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or path.is_dir()}
    clashes = (names - {"__pycache__"}) & sys.stdlib_module_names

    assert not clashes, "running a file by its path would put these before Python's own"


def test_no_file_is_too_long_to_be_read_at_once() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in modules()}
    too_long = {path: length for path, length in lengths.items() if length > LONGEST_FILE}

    assert not too_long, f"split them: {too_long}"


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_address(name: str) -> None:
    text = (ROOT / name).read_text()

    assert "://" not in text
    assert not re.search(r"^-", text, re.MULTILINE), "a lock holds pins and hashes, no options"


@pytest.mark.parametrize(("name", "dev"), [(LOCKS[0], False), (LOCKS[1], True)], ids=LOCKS)
def test_a_lock_satisfies_what_pyproject_asks_for(name: str, dev: bool) -> None:
    pins = {canonicalize_name(found[1]): found[2] for found in LOCKED.finditer((ROOT / name).read_text())}
    wrong = [
        str(wanted)
        for wanted in requirements(dev=dev)
        if not wanted.specifier.contains(pins.get(canonicalize_name(wanted.name), "0"))
    ]

    assert not wrong, "run `make lock`"


def test_both_locks_agree_on_what_the_operator_runs_with() -> None:
    runtime, dev = (set(LOCKED.findall((ROOT / name).read_text())) for name in LOCKS)

    assert runtime <= dev, "run `make lock`"


@pytest.mark.parametrize("dev", [False, True], ids=["runtime", "dev"])
def test_every_dependency_has_its_reason_written_down(dev: bool) -> None:
    page = (ROOT / "docs" / "decisions" / "0001-libraries.md").read_text().lower()
    reasons = set(re.findall(r"^\| `([^`]+)`", page, re.MULTILINE))
    missing = {wanted.name.lower() for wanted in requirements(dev=dev)} - reasons

    assert not missing, "each needs a row in the table"


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_every_make_target_that_a_page_names_exists(page: str) -> None:
    if not (ROOT / page).exists():
        pytest.fail(f"{page} is missing")
    targets = set(MAKE_TARGET.findall((ROOT / "Makefile").read_text()))
    code = "\n".join(found[0] for found in CODE.finditer((ROOT / page).read_text()))
    commands = MAKE_COMMAND.findall(code)
    named = {word for command in commands for word in command.split() if "=" not in word}

    assert named
    assert named <= targets


def test_every_target_that_a_person_may_type_has_its_line_of_help() -> None:
    text = (ROOT / "Makefile").read_text()
    phony = {name for line in re.findall(r"^\.PHONY: (.*)$", text, re.MULTILINE) for name in line.split()}
    helped = set(re.findall(r"^([a-z][a-z0-9-]*):.*## ", text, re.MULTILINE))

    assert phony - helped == {"python"}, "that one is behind the others"


def test_every_fixture_that_a_test_asks_for_is_there_also_where_it_takes_a_cluster_to_run_it() -> None:
    folders = [f"tests/{name}" for name in ("integration", "e2e", "faults", "permissions", "cluster_life")]
    command = [sys.executable, "-m", "pytest", "--setup-plan", "--quiet", "-p", "no:cacheprovider", *folders]
    planned = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True, timeout=120)

    assert planned.returncode == 0, planned.stdout[-3000:]
