"""What the documents say is checked against the code, so that neither changes without the other."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from sluice.api.constants import API_VERSION
from sluice.api.deployment import DeploymentSpec
from sluice.api.edits import EDITS
from sluice.api.element_status import BatchStatus, ElementErrorCode
from sluice.api.errors import ErrorCode
from sluice.api.kinds import DEPLOYMENT, KINDS
from sluice.api.reasons import Reason, StopReason
from sluice.api.spec import PipelineSpec
from sluice.api.statuses import CombinedStatus, RuntimeStatus
from sluice.cli.exits import Exit
from sluice.cli.program import people
from sluice.metrics import FAMILIES
from sluice.reconcile.objects import parse_spec

ROOT = Path(__file__).resolve().parents[2]
LIFECYCLE = ROOT / "docs" / "lifecycle.md"
COMMAND_LINE = ROOT / "docs" / "cli.md"
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
PLACES = ("*.md", "docs/**/*.md", "cluster/README.md", "charts/**/README.md", "examples/**/README.md")
PAGES = sorted({page for place in PLACES for page in ROOT.glob(place)})

HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
MAKE_COMMAND = re.compile(r"\bmake ((?:[A-Z_]+=\S+ )*)([a-z][a-z0-9-]*)")
MAKE_TARGET = re.compile(r"^([a-z][a-z0-9-]*):", re.MULTILINE)
HOME_OF_SOMEBODY = re.compile(r"(?<![\w.])/(?:work|root|home|Users)/")


def page_id(page: Path) -> str:
    return str(page.relative_to(ROOT))


each_page = pytest.mark.parametrize("page", PAGES, ids=page_id)


def prose(page: Path) -> str:
    """The page without its code blocks."""
    return FENCE.sub("", page.read_text())


def anchors(page: Path) -> set[str]:
    """Its headings as links name them."""
    headings = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(prose(page)))
    return {heading.replace(" ", "-") for heading in headings}


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
    for language, block in FENCE.findall(page.read_text()):
        if language in ("yaml", "yml"):
            for found in cast("Iterator[object]", yaml.safe_load_all(block)):
                if isinstance(found, dict):
                    yield cast("dict[str, Any]", found)


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
def test_every_link_inside_the_repository_leads_somewhere(page: Path) -> None:
    for link in LINK.findall(CODE.sub("", prose(page))):
        if "://" in link:
            continue
        place, _, anchor = link.partition("#")
        target = (page.parent / place).resolve() if place else page

        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@each_page
def test_every_manifest_that_a_page_shows_is_one_that_the_operator_understands(page: Path) -> None:
    for manifest in manifests(page):
        if manifest.get("apiVersion") == API_VERSION:
            must_be_understood(manifest)


@pytest.mark.parametrize("name", ["pipeline", "deployment", "battery_sweep/pipeline"])
def test_an_example_is_one_that_the_operator_understands(name: str) -> None:
    must_be_understood(yaml.safe_load((ROOT / "examples" / f"{name}.yaml").read_text()))


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
    text = page.read_text()
    code = "\n".join([*CODE.findall(prose(page)), *(block for _, block in FENCE.findall(text))])

    assert {target for _, target in MAKE_COMMAND.findall(code)} <= targets


@each_page
def test_no_page_names_a_place_on_somebodys_machine(page: Path) -> None:
    assert not HOME_OF_SOMEBODY.findall(page.read_text())


def test_the_table_of_states_holds_every_deployment_status_and_no_other() -> None:
    states = named("States")

    assert sorted(states) == sorted({*map(str, CombinedStatus), *map(str, RuntimeStatus)})


def test_the_table_of_conditions_holds_every_reason_and_no_other() -> None:
    assert sorted(named("Conditions")) == sorted(map(str, Reason))


def test_the_table_of_errors_holds_every_code_of_the_operator_and_no_other() -> None:
    assert sorted(named("Errors")) == sorted(map(str, ErrorCode))


def test_the_table_of_stops_holds_every_reason_and_no_other() -> None:
    assert sorted(named("How a stop ended")) == sorted(map(str, StopReason))


def test_the_table_of_edits_is_the_one_of_the_code() -> None:
    table = [(name, row[1]) for row in rows("When an edit takes effect") for name in CODE.findall(row[0])]

    assert sorted(table) == sorted((path, effect.value) for path, effect in EDITS.items())


def test_the_table_of_commands_holds_every_command_for_people_and_no_other() -> None:
    assert sorted(name.split()[0] for name in named("Commands", COMMAND_LINE)) == sorted(people.commands)


def test_the_table_of_exit_codes_is_the_one_of_the_code() -> None:
    assert named("Exit codes", COMMAND_LINE) == [str(int(code)) for code in Exit]


def test_the_table_of_metrics_is_the_one_of_the_code() -> None:
    told = [
        [
            f"`{family.name}`",
            family.type.value,
            ", ".join(f"`{label}`" for label in family.labels),
            family.meaning,
        ]
        for family in FAMILIES
    ]

    assert rows("Metrics", ROOT / "docs" / "metrics.md") == told


@pytest.mark.parametrize("page", DECISIONS, ids=page_id)
def test_a_decision_is_numbered_dated_and_short(page: Path) -> None:
    text = page.read_text()

    assert text.startswith(f"# {int(page.name[:4])}. ")
    assert re.search(r"^Decided \d{4}-\d{2}", text, re.MULTILINE)
    assert len(text.splitlines()) <= 60


def test_decisions_are_numbered_without_a_gap() -> None:
    assert [int(page.name[:4]) for page in DECISIONS] == list(range(1, len(DECISIONS) + 1))
