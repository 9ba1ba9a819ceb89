"""Reading a pipeline whatever stands in it, and the patch between two statuses."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.api.json_values import Json
from sluice.api.kinds import PIPELINE
from sluice.api.status import PipelineStatus, read_status
from sluice.api.statuses import DesiredStatus
from sluice.reconcile.intent import SERVED_BY_ALL
from sluice.reconcile.objects import (
    dump_status,
    is_stop_wanted,
    merge_patch,
    parse_spec,
    read_wish,
)

from ..decide.strategies import statuses
from .bench import SPEC
from .fake_kube import apply_merge_patch

LEAVES = st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "a", "b"])
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.sampled_from("abcd"), VALUES, max_size=4)
QUICK = settings(max_examples=150, deadline=None, derandomize=True)


@QUICK
@given(OBJECTS, OBJECTS)
def test_a_patch_applied_to_what_was_there_gives_what_is_wanted(before: Json, after: Json) -> None:
    patch = merge_patch(before, after)

    assert apply_merge_patch(before, patch) == after
    assert (patch == {}) is (before == after)


@QUICK
@given(OBJECTS)
def test_nothing_to_change_is_an_empty_patch(body: Json) -> None:
    assert merge_patch(body, body) == {}
    assert apply_merge_patch(None, merge_patch(None, body)) == body


@settings(QUICK, max_examples=100)
@given(statuses(), statuses())
def test_a_status_written_over_another_one_is_read_as_it_was_meant(
    before: PipelineStatus, after: PipelineStatus
) -> None:
    known = dump_status(before)
    written = apply_merge_patch(known, merge_patch(known, dump_status(after)))

    assert read_status({"status": written}) == read_status({"status": dump_status(after)})


@pytest.mark.parametrize(
    ("spec", "desired", "force"),
    [
        ({}, DesiredStatus.RUNNING, False),
        ({"desiredStatus": "Paused"}, DesiredStatus.PAUSED, False),
        ({"desiredStatus": "Stopped", "force": True}, DesiredStatus.STOPPED, True),
        ({"desiredStatus": "Stopped", "force": "true"}, DesiredStatus.STOPPED, False),
        (
            {"desiredStatus": "Stopped", "force": True, "storage": {"size": 7}, "restart": 1},
            DesiredStatus.STOPPED,
            True,
        ),
    ],
)
def test_the_wish_is_read_alone_whatever_is_wrong_with_the_rest(
    spec: Json, desired: DesiredStatus, force: bool
) -> None:
    wish = read_wish({"spec": spec}, PipelineStatus(), SERVED_BY_ALL)

    assert (wish.desired_status, wish.force, wish.error) == (desired, force, None)


@pytest.mark.parametrize("value", ["Standby", "Canceled", "Hibernating", "", None, 7, True])
@pytest.mark.parametrize(
    ("status", "stays"),
    [
        (PipelineStatus(), "Stopped"),
        (PipelineStatus(deployment_resources_desired_status="Provisioned"), "Running"),
        (
            PipelineStatus(deployment_resources_desired_status="Provisioned", deployment_initial="Paused"),
            "Paused",
        ),
    ],
    ids=["stopped", "running", "paused"],
)
def test_a_wish_that_is_not_understood_changes_nothing(
    value: Any, status: PipelineStatus, stays: str
) -> None:
    wish = read_wish({"spec": {"desiredStatus": value, "force": True}}, status, SERVED_BY_ALL)

    assert (wish.desired_status, wish.force) == (stays, False)
    assert wish.error is not None
    assert "write Paused, Running, Stopped" in wish.error


def test_a_spec_that_cannot_be_understood_is_one_sentence_that_names_the_field() -> None:
    found = parse_spec(PIPELINE, {**SPEC, "restart": {"policy": "Sometimes"}})

    assert isinstance(found, str)
    assert found.startswith("restart.policy: ")
    assert "\n" not in found


@pytest.mark.parametrize("status", [{"runNumber": "many"}, {"conditions": 7}, [], "lost"], ids=repr)
def test_a_status_that_cannot_be_read_counts_as_lost(status: Any) -> None:
    assert read_status({"status": status}) == PipelineStatus()


@pytest.mark.parametrize(
    ("spec", "metadata", "expected"),
    [
        ({"desiredStatus": "Stopped"}, {}, True),
        ({"desiredStatus": "Canceled"}, {}, True),
        ({"desiredStatus": "Running"}, {"deletionTimestamp": "now"}, True),
        ({"desiredStatus": "Running"}, {}, False),
        ({}, {}, False),
    ],
)
def test_a_stop_and_a_deletion_are_urgent(spec: Json, metadata: Json, expected: bool) -> None:
    assert is_stop_wanted({"spec": spec, "metadata": metadata}) is expected
