"""Defects put into the batch lifecycle on purpose. Each breaks a rule, and the explorer has to find it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, NamedTuple

from sluice.api.element_status import BatchStatus, ElementStatus
from sluice.api.status import PipelineStatus
from sluice.api.statuses import ResourcesStatus
from sluice.decide.batch import canceling, ending, following, removing, resting, running
from sluice.decide.batch.elements import canceled, changed, policy, replace_each, seen
from sluice.decide.draft import Draft

from .world import ONE_PLACE, WITH_HOOK, Setting


class Mutant(NamedTuple):
    """``module.name`` is replaced by ``other``."""

    what: str
    module: Any
    name: str
    other: Callable[..., Any]
    setting: Setting = WITH_HOOK
    """Where it shows."""


def _cancel_that_goes_on(draft: Draft, *arguments: Any) -> None:
    begin(draft, *arguments)
    draft.set(deployment_resources_status=ResourcesStatus.PROVISIONED)


def _cancel_that_takes_results(draft: Draft, *arguments: Any) -> None:
    begin(draft, *arguments)
    replace_each(draft, lambda each: each if each.is_under_way else canceled(each, draft.now))


def _cancel_that_takes_everything(draft: Draft, *arguments: Any) -> None:
    begin(draft, *arguments)
    replace_each(draft, lambda each: each if each.is_over else canceled(each, draft.now))


begin = canceling.begin_cancel


def _unwritten_starts(draft: Draft, entry: PipelineStatus) -> bool:
    if seen(draft).write_due_in > 0:
        draft.status = entry
    return False


def _any_end_is_success(draft: Draft, element: ElementStatus, *_: Any) -> ElementStatus:
    return changed(element, status=BatchStatus.COMPLETED.value, finished_at=draft.now)


def _ended_as_canceled(draft: Draft, element: ElementStatus, *_: Any) -> ElementStatus:
    return canceled(element, draft.now)


def _any_end_is_failure(draft: Draft, element: ElementStatus, *_: Any) -> ElementStatus:
    return changed(element, status=BatchStatus.FAILED.value, finished_at=draft.now)


def _begin_anew(_: Draft, element: ElementStatus, *__: Any) -> ElementStatus:
    return changed(element, status=BatchStatus.PENDING.value, started_at=None)


def _end_without_looking(draft: Draft) -> bool:
    batch = seen(draft)
    draft.observed = replace(draft.observed, batch=replace(batch, is_clear=True))
    return end(draft)


end = ending.end_if_over


def _end_while_pods_live(draft: Draft) -> bool:
    batch = seen(draft)
    bare = {name: replace(each, pods=()) for name, each in batch.elements.items()}
    draft.observed = replace(draft.observed, batch=replace(batch, elements=bare, is_clear=True))
    return end(draft)


def _keep_all(before: list[ElementStatus], *_: Any) -> dict[str, ElementStatus]:
    return {each.name: each for each in before[:1]}


def _gone_whatever_runs(draft: Draft, element: ElementStatus, *_: Any) -> ElementStatus:
    return canceled(element, draft.now)


def _wide_policy(draft: Draft) -> Any:
    return policy(draft).model_copy(update={"parallelism": 1000})


def _nothing(*_: Any, **__: Any) -> None:
    return None


def _yes(*_: Any, **__: Any) -> bool:
    return True


def _no(*_: Any, **__: Any) -> bool:
    return False


def _no_dependencies(*_: Any) -> tuple[str, ...]:
    return ()


def _untouched(_: Draft, element: ElementStatus, *__: Any) -> ElementStatus:
    return element


MUTANTS: Final = (
    Mutant("elements are started after the cancel", running, "begin_cancel", _cancel_that_goes_on),
    Mutant("a cancel takes results away", running, "begin_cancel", _cancel_that_takes_results),
    Mutant("what runs is Canceled at once", running, "begin_cancel", _cancel_that_takes_everything),
    Mutant("more are started than there are places for", running, "policy", _wide_policy, ONE_PLACE),
    Mutant("dependencies are not waited for", running, "dependencies", _no_dependencies),
    Mutant("a start is made and not written", running, "is_held_back", _unwritten_starts),
    Mutant("a deleted Job is made again", following, "_without_job", _begin_anew),
    Mutant("a failed element is Completed", following, "result", _any_end_is_success),
    Mutant("a completed element is Failed", following, "result", _any_end_is_failure),
    Mutant("an element that ended by itself is Canceled", canceling, "result", _ended_as_canceled),
    Mutant("an element is Canceled while its pod runs", canceling, "_go_on", _gone_whatever_runs),
    Mutant(
        "the end of a cancel is told by the watches alone", canceling, "end_if_over", _end_without_looking
    ),
    Mutant("the end of a cancel does not wait for pods", canceling, "end_if_over", _end_while_pods_live),
    Mutant("no hook is waited for", canceling, "_awaits_hook", _no),
    Mutant("every pod gets one second", removing, "is_forced", _yes),
    Mutant("force changes nothing", removing, "is_forced", _no),
    Mutant("Jobs are not deleted", canceling, "_delete", _untouched),
    Mutant("pods that a Job left behind are not deleted", canceling, "remove_leftovers", _nothing),
    Mutant("a run that has ended begins again by itself", resting, "open_request", _yes),
    Mutant("the next run keeps what failed", resting, "kept_elements", _keep_all),
)
