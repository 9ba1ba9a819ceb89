"""The table of edits: it covers every field once, and what it says is what happens."""

from typing import Any

import pytest
from pydantic import BaseModel

from sluice.api.edits import EDITS, Effect, hold_back, hold_for_run, needs_new_start
from sluice.api.errors import ErrorCode, describe
from sluice.api.json_values import Json
from sluice.api.spec import PipelineSpec

SPEC: Json = {
    "desiredStatus": "Running",
    "template": {"spec": {"containers": [{"name": "main", "image": "example.com/job:1"}]}},
    "feldera": {},
    "storage": {"size": "1Gi", "sync": {"url": "s3://bucket/orders"}},
}
FLINK_SPEC: Json = {key: value for key, value in SPEC.items() if key != "feldera"} | {
    "flink": {"jobClass": "org.example.Job"}
}
HOOK_SPEC: Json = {
    "desiredStatus": "Running",
    "template": SPEC["template"],
    "hook": {},
    "storage": {"size": "1Gi"},
}
BASES = {"flink": FLINK_SPEC, "hook": HOOK_SPEC}


def leaves(model: type[BaseModel], prefix: str = "") -> set[str]:
    """Every field of a model that has no row of its own, down to those that have one."""
    found: set[str] = set()
    for name, field in model.model_fields.items():
        path = f"{prefix}{field.alias or name}"
        if path in EDITS:
            found |= {path} | {other for other in _below(field.annotation, path) if other in EDITS}
        else:
            found |= _below(field.annotation, path) or {path}
    return found


def _below(annotation: Any, path: str) -> set[str]:
    parts = (annotation, *getattr(annotation, "__args__", ()))
    models = [part for part in parts if isinstance(part, type) and issubclass(part, BaseModel)]
    return {leaf for model in models for leaf in leaves(model, f"{path}.")}


def test_every_field_has_exactly_one_row_or_is_covered_by_that_of_its_block() -> None:
    assert leaves(PipelineSpec) == set(EDITS)


@pytest.mark.parametrize("block", sorted({path.split(".")[0] for path in EDITS if "." in path}))
def test_a_block_is_told_field_by_field_or_as_a_whole(block: str) -> None:
    field = next(f for name, f in PipelineSpec.model_fields.items() if (f.alias or name) == block)
    told = {path for path in EDITS if path.startswith(f"{block}.")}

    assert told == {path for path in _below(field.annotation, block) if path.count(".") == 1}


def edited(path: str, value: object, basis: Json = SPEC) -> Json:
    """The spec with another value at one place; ``None`` removes the field."""
    head, _, rest = path.partition(".")
    if rest:
        value = edited(rest, value, basis.get(head) or {})
    kept = {key: known for key, known in basis.items() if key != head}
    return kept if value is None else kept | {head: value}


EXAMPLES: dict[str, object] = {
    "desiredStatus": "Paused",
    "force": True,
    "bootstrapPolicy": "Reject",
    "startFrom": "Fresh",
    "provisioningTimeoutSeconds": 5,
    "stop": {"timeoutSeconds": 5},
    "restart": {"policy": "Never"},
    "checkpoint.intervalSeconds": 5,
    "checkpoint.schedule": "0 * * * *",
    "checkpoint.retain": {"count": 7},
    "checkpoint.beforeDelete": False,
    "storage": None,
    "storage.size": "2Gi",
    "storage.onDelete": "Delete",
    "storage.mountPath": "/data",
    "storage.sync": None,
    "storage.storageClassName": "fast",
    "storage.existingClaim": "old",
    "template": {"spec": {"containers": [{"name": "main", "image": "example.com/job:2"}]}},
    "feldera": {"port": 9000},
    "flink.jobClass": "org.example.Other",
    "flink.jobArguments": ["--rate", "9"],
    "flink.jars": ["/jars/more.jar"],
    "flink.parallelism": 2,
    "flink.jobManagerHeapMiB": 300,
    "flink.taskManagerHeapMiB": 300,
    "flink.configuration": {"taskmanager.memory.managed.size": "32mb"},
    "flink.initialSavepoint": "file:///savepoints/a",
    "flink.allowNonRestoredState": True,
    "hook.container": "other",
    "hook.exec": {"command": ["/bin/save"]},
    "hook.http": {"port": 9000},
    "hook.timeoutSeconds": 5,
}


@pytest.mark.parametrize("path", EXAMPLES)
def test_an_edit_rolls_is_held_or_is_in_force_as_its_row_says(path: str) -> None:
    basis = BASES.get(path.split(".")[0], SPEC)
    effect, after = EDITS[path], edited(path, EXAMPLES[path], basis)
    held = hold_back(after, basis, is_up=True, is_in_use=True)
    is_removal = path == "storage"

    is_held = is_removal or effect in (Effect.HELD_UNTIL_CLEARED, Effect.HELD_UNTIL_STOPPED)
    assert (held.spec == basis, bool(held.pending)) == (is_held, is_held)
    is_rolled = needs_new_start(PipelineSpec.model_validate(held.spec), PipelineSpec.model_validate(basis))
    assert is_rolled is (effect is Effect.STOP_AND_START)


BATCH_SPEC: Json = {
    "desiredStatus": "Running",
    "template": SPEC["template"],
    "elements": [{"name": "a"}],
    "batch": {"parallelism": 3, "failurePolicy": "FailFast"},
    "storage": {"size": "1Gi"},
}
BATCH_EXAMPLES: dict[str, object] = {
    "elements": [{"name": "b"}],
    "batch.parallelism": 5,
    "batch.failurePolicy": "Continue",
    "batch.ttlSecondsAfterFinished": 9,
    "batch.inputs": ["given.csv"],
    "options": {"liveProgressUpdates": False},
}
HELD_IN_RUN: dict[str, object] = {
    "template": {"spec": {"containers": [{"name": "main", "image": "example.com/job:2"}]}},
    "storage.mountPath": "/data",
}
AT_ONCE_IN_RUN: dict[str, object] = {
    "provisioningTimeoutSeconds": 5,
    "storage.onDelete": "Delete",
    "checkpoint.beforeDelete": False,
}


def test_the_examples_are_all_the_rows() -> None:
    assert EXAMPLES.keys() | BATCH_EXAMPLES.keys() == set(EDITS)


@pytest.mark.parametrize("path", BATCH_EXAMPLES)
def test_an_edit_of_a_run_is_held_or_is_in_force_as_its_row_says(path: str) -> None:
    after = edited(path, BATCH_EXAMPLES[path], BATCH_SPEC)
    held = hold_for_run(after, BATCH_SPEC)
    is_held = EDITS[path] is Effect.NEXT_RUN

    assert (held.spec == BATCH_SPEC, bool(held.pending)) == (is_held, is_held)
    assert is_held or held.spec == after


@pytest.mark.parametrize("path", HELD_IN_RUN)
def test_a_run_keeps_what_it_was_begun_with(path: str) -> None:
    (pending,) = (held := hold_for_run(edited(path, HELD_IN_RUN[path], BATCH_SPEC), BATCH_SPEC)).pending

    assert held.spec == BATCH_SPEC
    assert pending.code is ErrorCode.RUN_IMMUTABLE
    assert f"`{path.split('.')[0]}`" in pending.message


@pytest.mark.parametrize("path", AT_ONCE_IN_RUN)
def test_what_no_job_was_made_of_counts_at_once_in_a_run(path: str) -> None:
    run: Json = BATCH_SPEC | {"provisioningTimeoutSeconds": 600, "checkpoint": Json()}
    after = edited(path, AT_ONCE_IN_RUN[path], run)

    assert hold_for_run(after, run) == (after, ())


def test_policies_may_be_added_to_a_run_that_had_none() -> None:
    run = {key: value for key, value in BATCH_SPEC.items() if key != "batch"}

    assert hold_for_run(BATCH_SPEC, run) == (BATCH_SPEC, ())
    assert hold_for_run(run, run) == (run, ())


@pytest.mark.parametrize(
    ("is_up", "is_in_use", "in_force"),
    [
        (True, True, set[str]()),
        (True, False, {"storage"}),
        (False, True, {"policy"}),
        (False, False, {"storage", "policy"}),
    ],
)
def test_what_is_held_until_stopped_and_until_cleared_is_freed_by_just_that(
    is_up: bool, is_in_use: bool, in_force: set[str]
) -> None:
    after = edited("storage.storageClassName", "fast", edited("bootstrapPolicy", "Reject"))
    spec = hold_back(after, SPEC, is_up=is_up, is_in_use=is_in_use).spec

    assert ("storageClassName" in spec["storage"]) is ("storage" in in_force)
    assert (spec.get("bootstrapPolicy") == "Reject") is ("policy" in in_force)


def test_all_held_edits_of_the_storage_are_one_sentence_of_the_api() -> None:
    after = edited("storage.existingClaim", "old", edited("storage.storageClassName", "fast"))
    (pending,) = hold_back(after, SPEC, is_up=False, is_in_use=True).pending

    edits = "`storage.storageClassName`, `storage.existingClaim`"
    assert pending == (ErrorCode.EDIT_RESTRICTED, describe(ErrorCode.EDIT_RESTRICTED, edits=edits))


def test_holding_back_leaves_what_was_given_as_it_is() -> None:
    after = edited("storage.storageClassName", "fast")
    hold_back(after, SPEC, is_up=True, is_in_use=True)

    assert after["storage"]["storageClassName"] == "fast"
    assert "storageClassName" not in SPEC["storage"]


def test_a_default_that_an_older_revision_lacks_is_no_edit() -> None:
    filled = PipelineSpec.model_validate(SPEC).model_dump(by_alias=True, mode="json", exclude_none=True)

    assert hold_back(filled, SPEC, is_up=True, is_in_use=True).pending == ()
    assert not needs_new_start(PipelineSpec.model_validate(filled), PipelineSpec.model_validate(SPEC))


def test_storage_that_is_added_waits_for_the_next_pod() -> None:
    without = edited("storage", None)
    held = hold_back(SPEC, without, is_up=True, is_in_use=False)

    assert (held.spec, held.pending) == (SPEC, ())
    assert not needs_new_start(PipelineSpec.model_validate(SPEC), PipelineSpec.model_validate(without))
