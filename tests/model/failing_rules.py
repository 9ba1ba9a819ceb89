"""The rules of stops whose process cannot make the checkpoint, as far as one decision can break them.

Each returns nothing, or a sentence that says what is wrong. ``RULES`` holds them under their names.
"""

from sluice.api.reasons import StopReason
from sluice.api.statuses import StopMode

from .case import PROVISIONED, PROVISIONING, STOPPED, STOPPING, Case, Rule


def a_stop_is_given_up_only_as_declared(case: Case) -> str | None:
    after = case.after
    if not case.gives_up:
        return None
    if case.setting.stop.on_error != "KeepRunning" or case.user.is_deleting or case.is_force_wanted:
        return "a stop is given up although that is not declared"
    if after.stop is not None:
        return "a stop is given up and goes on"
    has_error = after.restart is not None and after.restart.has_error
    return None if has_error else "a stop is given up, and nobody is told why"


def a_given_up_stop_goes_on(case: Case) -> str | None:
    before, after = case.before, case.after
    is_up = before.resources in (PROVISIONING, PROVISIONED)
    if (
        not case.is_given_up
        or case.is_stop_wanted
        or not is_up
        or before.stop is not None
        or after.stop is None
    ):
        return None
    is_end = case.has_new_error or bool(after.held) or after.stop.reason == StopReason.ALREADY_SUSPENDED
    if is_end or after.stop.cause:
        return None
    return "a stop that was given up is begun again although nobody wants it anew"


def a_stop_with_its_checkpoint_ends(case: Case) -> str | None:
    """The process that could not be suspended may still save its work when it is told to end."""
    stop, pod = case.before.stop, case.seen.pod or case.seen.last_seen
    if stop is None or stop.mode != StopMode.GRACEFUL or case.before.resources != PROVISIONING:
        return None
    is_saved = pod is not None and pod.exit is not None and pod.exit.checkpoint > stop.known
    is_saved = is_saved and pod is not None and pod.exit is not None and pod.exit.kind == "checkpointed"
    is_over = case.after.resources in (STOPPING, STOPPED)
    return "a stop goes on although it has its checkpoint" if is_saved and not is_over else None


def an_end_without_a_word_is_verified(case: Case) -> str | None:
    """Where the volume can be asked, nobody says of a stop that it failed before it was."""
    pod, stop, after = case.seen.pod, case.before.stop, case.after
    if pod is None or pod.exit is None or pod.exit.kind != "killed" or pod.task or not pod.has_storage:
        return None
    is_suspending = stop is not None and case.before.resources == PROVISIONED
    can_be = case.setting.can_maintain and case.setting.stop.on_error == "Force"
    if not is_suspending or not can_be or case.is_force_wanted or after.resources != STOPPING:
        return None
    is_doubtful = after.stop is not None and after.stop.is_doubtful
    return None if is_doubtful else "a stop counts as failed although the volume may hold its checkpoint"


def doubt_is_settled_by_the_volume(case: Case) -> str | None:
    """A stop that turns out to have its checkpoint is no error, one that does not is one."""
    stop, after = case.before.stop, case.after
    is_settled = after.stop is None or not after.stop.is_doubtful
    if stop is None or not stop.is_doubtful or not is_settled:
        return None
    is_made = max(after.newest, stop.made, _found(case)) > stop.known
    if is_made and case.has_new_error:
        return "the volume holds the checkpoint of the stop, and it counts as failed"
    if not is_made and not case.has_new_error:
        return "the volume holds no checkpoint of the stop, and no error says so"
    if not is_made and stop.cause and not after.held:
        return "a roll failed and the pipeline is started as if nothing had happened"
    return None


def _found(case: Case) -> int:
    """The newest checkpoint that a maintenance pod found, as it said itself."""
    pod = case.seen.pod or case.seen.last_seen
    if pod is None or pod.task != "List" or pod.exit is None or pod.exit.kind != "listed":
        return 0
    return pod.exit.checkpoint


RULES: dict[str, Rule] = {
    "R1 a stop is given up only as declared": a_stop_is_given_up_only_as_declared,
    "R1 a stop that was given up stays so": a_given_up_stop_goes_on,
    "R1 a stop with its checkpoint ends": a_stop_with_its_checkpoint_ends,
    "R1 an end without a word is verified": an_end_without_a_word_is_verified,
    "R1 doubt is settled by the volume": doubt_is_settled_by_the_volume,
}
