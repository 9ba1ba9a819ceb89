"""What the documents say is checked against the code, so that neither changes without the other."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
import yaml
from support.pages import PAGES, ROOT, Language, blocks_of, page_name, prose_of

from sluice.api.constants import API_VERSION
from sluice.api.deployment import DeploymentSpec
from sluice.api.edits import EDITS
from sluice.api.element_status import BatchStatus, ElementErrorCode
from sluice.api.kinds import DEPLOYMENT, KINDS
from sluice.api.spec import PipelineSpec
from sluice.api.statuses import CombinedStatus, RuntimeStatus
from sluice.cli.exits import Exit
from sluice.cli.program import people
from sluice.reconcile.objects import parse_spec

LIFECYCLE = ROOT / "docs" / "lifecycle.md"
COMMAND_LINE = ROOT / "docs" / "cli.md"
EXAMPLES = sorted((ROOT / "examples").rglob("*.yaml"))
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))

CODE = re.compile(r"`([^`\n]+)`")
MAKE_COMMAND = re.compile(r"\bmake ((?:[A-Z_]+=\S+ )*)([a-z][a-z0-9-]*)")
MAKE_TARGET = re.compile(r"^([a-z][a-z0-9-]*):", re.MULTILINE)
HOME_OF_SOMEBODY = re.compile(r"(?<![\w.])/(?:work|root|home|Users)/")


each_page = pytest.mark.parametrize("page", PAGES, ids=page_name)


def rows(heading: str, page: Path = LIFECYCLE) -> list[list[str]]:
    """The first table under a heading of the page, without its own headings."""
    section = page.read_text().split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    table = re.findall(r"^\|(.*)\|$", section, re.MULTILINE)
    return [[cell.strip() for cell in row.split("|")] for row in table[2:]]


def named(heading: str, page: Path = LIFECYCLE) -> list[str]:
    """What the first column of that table names."""
    return [name for row in rows(heading, page) for name in CODE.findall(row[0])]


def manifests(page: Path) -> Iterator[dict[str, Any]]:
    """The objects in its blocks of YAML."""
    for block in blocks_of(page):
        if block.language == Language.YAML and not block.mark:
            yield from cast("Iterator[dict[str, Any]]", yaml.safe_load_all(block.text))


def must_be_understood(manifest: dict[str, Any]) -> None:
    """Nothing is wrong in this spec, nothing is unknown, and it is complete."""
    given = manifest["spec"]
    is_deployment = manifest["kind"] == DEPLOYMENT.name
    read = (DeploymentSpec if is_deployment else PipelineSpec).model_validate(given)
    spec = parse_spec(KINDS[manifest["kind"]], given)

    assert read.model_dump(by_alias=True, exclude_unset=True, mode="json") == given
    assert isinstance(spec, PipelineSpec), spec
    assert any(block is not None for block in (spec.feldera, spec.flink, spec.hook, spec.elements))
    assert spec.template is not None
    assert "desiredStatus" in given, "written also where it is the default"


@each_page
def test_every_manifest_that_a_page_shows_is_one_that_the_operator_understands(page: Path) -> None:
    for manifest in manifests(page):
        if manifest.get("apiVersion") == API_VERSION:
            must_be_understood(manifest)


@pytest.mark.parametrize("path", EXAMPLES, ids=page_name)
def test_an_example_is_one_that_the_operator_understands(path: Path) -> None:
    for manifest in yaml.safe_load_all(path.read_text()):
        if manifest["apiVersion"] == API_VERSION:
            must_be_understood(manifest)


def test_the_words_of_a_batch_pipeline_are_those_of_its_page() -> None:
    page = ROOT / "docs" / "batch.md"

    assert named("States", page) == [status.value for status in BatchStatus]
    assert named("Errors", page) == [code.value for code in ElementErrorCode]


def test_the_words_of_a_deployments_status_are_those_of_its_page() -> None:
    told = {*DEPLOYMENT.phases.values(), DEPLOYMENT.failed, "Running", "Suspending", "Stopping", "Stopped"}

    assert set(named("Status", ROOT / "docs" / "deployment.md")) == told


@each_page
def test_every_make_target_that_a_page_names_exists(page: Path) -> None:
    targets = set(MAKE_TARGET.findall((ROOT / "Makefile").read_text()))
    code = "\n".join([*CODE.findall(prose_of(page)), *(block.text for block in blocks_of(page))])

    assert {target for _, target in MAKE_COMMAND.findall(code)} <= targets


@each_page
def test_no_page_names_a_place_on_somebodys_machine(page: Path) -> None:
    assert not HOME_OF_SOMEBODY.findall(page.read_text())


def test_the_table_of_states_holds_every_deployment_status_and_no_other() -> None:
    states = named("States")

    assert sorted(states) == sorted({*map(str, CombinedStatus), *map(str, RuntimeStatus)})


def test_the_table_of_edits_is_the_one_of_the_code() -> None:
    table = [(name, row[1]) for row in rows("When an edit takes effect") for name in CODE.findall(row[0])]

    assert sorted(table) == sorted((path, effect.value) for path, effect in EDITS.items())


def test_the_table_of_commands_holds_every_command_for_people_and_no_other() -> None:
    assert sorted(name.split()[0] for name in named("Commands", COMMAND_LINE)) == sorted(people.commands)


def test_the_table_of_exit_codes_is_the_one_of_the_code() -> None:
    assert named("Exit codes", COMMAND_LINE) == [str(int(code)) for code in Exit]


@pytest.mark.parametrize("page", DECISIONS, ids=page_name)
def test_a_decision_is_numbered_dated_and_short(page: Path) -> None:
    text = page.read_text()

    assert text.startswith(f"# {int(page.name[:4])}. ")
    assert re.search(r"^Decided \d{4}-\d{2}", text, re.MULTILINE)
    assert len(text.splitlines()) <= 65


def test_decisions_are_numbered_without_a_gap() -> None:
    assert [int(page.name[:4]) for page in DECISIONS] == list(range(1, len(DECISIONS) + 1))
