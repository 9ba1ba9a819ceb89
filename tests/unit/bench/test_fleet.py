"""The objects of a run, and the command lines."""

from ipaddress import IPv4Network
from pathlib import Path

import pytest
from bench import fleet
from bench.builds import MODULE_STAGES, SOURCES, kwok_version
from bench.cli import parse
from bench.isolation import command
from bench.plot import draw
from bench.results import Results
from bench.steps import STEPS, choose

from sluice.api.spec import PipelineSpec


@pytest.mark.parametrize("has_storage", [True, False])
def test_the_pipelines_are_ones_that_the_operator_understands(has_storage: bool) -> None:
    spec = PipelineSpec.model_validate(fleet.build_pipeline("a", has_storage=has_storage)["spec"])

    assert (spec.storage is not None) == has_storage


def test_every_node_has_loopback_addresses_of_its_own_for_its_pods() -> None:
    nodes = [fleet.build_node(number) for number in range(fleet.nodes_for(10_000))]
    ranges = [IPv4Network(node["spec"]["podCIDR"]) for node in nodes]

    assert all(one.subnet_of(IPv4Network("127.0.0.0/8")) for one in ranges)
    assert not any(one.overlaps(other) for one in ranges for other in ranges if one is not other)
    assert not any(one.overlaps(IPv4Network("127.0.0.0/16")) for one in ranges)


@pytest.mark.parametrize("pods", [1, 2000, 10_000])
def test_there_is_room_for_all_pods(pods: int) -> None:
    room = sum(
        int(fleet.build_node(number)["status"]["allocatable"]["pods"])
        for number in range(fleet.nodes_for(pods))
    )

    assert room >= pods


def test_a_volume_waits_for_the_claim_that_will_be_made() -> None:
    stateful_set = fleet.build_stateful_set("a", has_storage=True)
    (template,) = stateful_set["spec"]["volumeClaimTemplates"]

    volume = fleet.build_volume("ns", fleet.stateful_set_claim("a"))["spec"]

    assert volume["claimRef"]["name"] == f"{template['metadata']['name']}-a-0"
    assert volume["storageClassName"] == template["spec"]["storageClassName"]


def test_kwoks_version_is_read_from_the_module() -> None:
    assert kwok_version("require sigs.k8s.io/kwok v1.2.3 // indirect") == "v1.2.3"
    assert kwok_version((SOURCES / "go.mod").read_text()).startswith("v0.")


def test_the_stage_that_ends_the_pods_of_jobs_is_left_out() -> None:
    assert not [stage for stage in MODULE_STAGES if "pod-complete" in stage or "pod-delete" in stage]


@pytest.mark.parametrize("is_root", [True, False])
def test_a_run_takes_place_in_namespaces_that_end_with_it(is_root: bool) -> None:
    argv = command(["--objects", "50"], is_root=is_root)

    assert {"--net", "--pid", "--kill-child"} <= set(argv)
    assert ("--map-root-user" in argv) is not is_root
    assert argv[-2:] == ["--objects", "50"]


def test_the_defaults_are_those_of_the_design() -> None:
    options = parse([])

    assert (options.objects, options.output) == (1000, Path("build/bench"))
    assert options.measures == ("P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8")


def test_measures_are_told_apart_by_name() -> None:
    assert parse(["--only", "p5, P1"]).measures == ("P1", "P5")


@pytest.mark.parametrize("arguments", [["--only", "P9"], ["--objects", "3"]])
def test_what_cannot_be_measured_is_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit):
        parse(arguments)


def test_only_the_steps_that_are_needed_are_taken() -> None:
    assert [step.name for step in choose(("P4",))] == ["one lifecycle"]
    assert choose(parse([]).measures) == list(STEPS)


def test_the_operator_is_never_there_while_the_floor_or_the_bare_watcher_is_measured() -> None:
    alone = {step.name for step in STEPS if not step.needs_operator}

    assert alone == {"floor", "floor with volumes", "bare watcher", "bare Jobs"}


def test_a_plot_of_nothing_and_of_something_is_drawn() -> None:
    results = Results(50, {"floor.create.rate": 80.0, "plain.create.rate": 40.0})

    assert draw(Results(50)).endswith("</svg>\n")
    assert draw(results).count("<rect") == 3
