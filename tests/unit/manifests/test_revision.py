"""A revision's name is the name of what is run, whatever state is wanted of it."""

import copy
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from sluice.api.kinds import PIPELINE
from sluice.manifests import build_event, build_revision, revision_name
from sluice.manifests.event import MESSAGE_MAX_LENGTH

from .plans import IDENTITY, MANIFEST


def name_of(spec: dict[str, Any]) -> str:
    return revision_name(PIPELINE, "orders", spec)


@pytest.mark.parametrize(
    "change", [{"desiredStatus": "Stopped"}, {"desiredStatus": "Paused"}, {"force": True}, {"force": False}]
)
def test_the_wanted_state_is_no_part_of_it(change: dict[str, Any]) -> None:
    assert name_of(MANIFEST | change) == name_of(MANIFEST)


def turned(value: Any) -> Any:
    """The same value with every object's fields in the opposite order."""
    if not isinstance(value, dict):
        return value
    fields = cast("dict[str, Any]", value)
    return {key: turned(inner) for key, inner in reversed(fields.items())}


def test_the_order_of_the_fields_does_not_matter() -> None:
    assert list(turned(MANIFEST)) != list(MANIFEST)
    assert name_of(turned(MANIFEST)) == name_of(MANIFEST)


@pytest.mark.parametrize(
    "change", [{"storage": {"size": "2Gi"}}, {"feldera": {"port": 1}}, {"stop": {"timeoutSeconds": 1}}]
)
def test_any_other_change_is_another_revision(change: dict[str, Any]) -> None:
    assert name_of(MANIFEST | change) != name_of(MANIFEST)


def test_the_stored_spec_has_the_name_that_it_is_stored_under() -> None:
    revision = build_revision(IDENTITY, name_of(MANIFEST), MANIFEST, 1)

    assert name_of(revision["data"]["spec"]) == revision["metadata"]["name"]


def test_building_a_revision_does_not_change_the_spec() -> None:
    spec = copy.deepcopy(MANIFEST)
    build_revision(IDENTITY, "orders-1", spec, 1)

    assert spec == MANIFEST


def test_the_name_fits_for_the_longest_name_that_a_pipeline_may_have() -> None:
    assert len(revision_name(PIPELINE, "x" * 45, MANIFEST)) <= 63


def test_a_long_message_is_cut_to_what_an_event_may_hold() -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    event = build_event(IDENTITY, name="e", reason="Failed", message="x" * 5000, is_warning=True, now=now)

    assert len(event["message"]) == MESSAGE_MAX_LENGTH
