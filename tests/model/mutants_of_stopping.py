"""What could go wrong in a stop, each as the smallest edit of ``decide`` that makes it so.

The sentence says what the changed operator does.
"""

from .mutation import Mutant

GRACEFUL = (
    Mutant(
        "a graceful stop asks for no checkpoint and deletes the pod",
        "life",
        "suspending",
        "    elif stop is None:\n        _begin(draft, cause)\n",
        "    elif stop is None:\n        begin_stopping(draft, StopMode.GRACEFUL, cause=cause)\n",
    ),
    Mutant(
        "any new checkpoint ends a graceful stop, also a periodic one of a process that goes on",
        "saving",
        "suspending",
        "isinstance(answer, RuntimeAnswer) and answer.status == RuntimeStatus.SUSPENDED:\n        made",
        "isinstance(answer, RuntimeAnswer):\n        made",
    ),
    Mutant(
        "a checkpoint that was known before the stop counts as new",
        "endings",
        "checkpoints",
        "candidate is not None and candidate not in known",
        "candidate is not None",
    ),
    Mutant(
        "the known checkpoints are not recorded before the request",
        "saving",
        "stopping",
        "known_checkpoints=known_ids(draft)",
        "known_checkpoints=[]",
    ),
    Mutant(
        "a storage that an edit removed from the spec counts as removed from the running process",
        "edited",
        "draft",
        "return self.status.storage_status == StorageStatus.IN_USE",
        "return self.spec.storage is not None",
    ),
    Mutant(
        "a process that answers while the pod is being provisioned is stopped without a checkpoint",
        "life",
        "provisioning",
        "    if (_is_made(draft) and is_answering) or draft.active_stop is not None:",
        "    if draft.active_stop is not None:",
    ),
    Mutant(
        "a process that does not answer is deleted without a checkpoint",
        "saving",
        "suspending",
        "    if not pod.is_started:\n",
        "    if not isinstance(answer, RuntimeAnswer):\n",
    ),
    Mutant(
        "a stop that makes no checkpoint does not say why",
        "no storage",
        "stopping",
        '"reason": reason or stop.reason,',
        '"reason": None,',
    ),
    Mutant(
        "a process that is to be suspended is resumed instead",
        "life",
        "serving",
        "    elif draft.is_suspending or draft.is_stop_wanted or cause is not None:\n",
        "    elif draft.is_suspending or cause is not None:\n",
    ),
    Mutant(
        "the request for the checkpoint is never repeated",
        "saving",
        "suspending",
        "    if not is_heard and is_due:\n",
        "    if not is_heard and is_due and stop.attempt < 1:\n",
    ),
    Mutant(
        "a stop by a process that was suspended by hand waits for a checkpoint that never comes",
        "by hand",
        "suspending",
        "    if answer.status == RuntimeStatus.SUSPENDED and draft.active_stop is None:\n",
        "    if answer.status == RuntimeStatus.SUSPENDED and draft.now is None:\n",
    ),
    Mutant(
        "a process that was suspended by hand is left as it is although it should run",
        "by hand",
        "serving",
        "    if answer.status == RuntimeStatus.SUSPENDED:\n",
        "    if answer.status == RuntimeStatus.STANDBY:\n",
    ),
)
FORCE = (
    Mutant(
        "force waits for a graceful stop that is under way",
        "life",
        "serving",
        "    if draft.is_force_wanted:\n        begin_stopping(draft, StopMode.FORCE)\n    elif pod is None",
        "    if draft.is_force_wanted and not draft.is_suspending:\n"
        "        begin_stopping(draft, StopMode.FORCE)\n    elif pod is None",
    ),
    Mutant(
        "force does not replace a graceful stop whose pod is being deleted",
        "life",
        "stopping",
        "    _escalate_to_force(draft)\n    pod =",
        "    pod =",
    ),
    Mutant(
        "force does not shorten a grace that runs",
        "life",
        "stopping",
        "if not pod.is_deleting or is_overtaken:",
        "if not pod.is_deleting:",
    ),
    Mutant(
        "a graceful stop deletes with the grace of a force stop",
        "life",
        "grace",
        "    if stop is not None and stop.mode == StopMode.FORCE:\n",
        "    if stop is not None:\n",
    ),
    Mutant(
        "the pod of a force stop is never deleted",
        "life",
        "stopping",
        "        _delete_once(draft, pod)\n",
        "        if not draft.is_force_wanted:\n            _delete_once(draft, pod)\n",
    ),
    Mutant(
        "force is taken back when the user takes it back",
        "life",
        "stopping",
        "    if stop is not None and stop.mode != StopMode.FORCE and draft.is_force_wanted:\n"
        "        draft.set_stop(mode=StopMode.FORCE)\n",
        "    if stop is not None:\n"
        "        draft.set_stop(mode=StopMode.FORCE if draft.is_force_wanted else StopMode.GRACEFUL)\n",
    ),
    Mutant(
        "a deletion that declares no last checkpoint makes one all the same",
        "discard",
        "draft",
        "if self.intent.is_deleting and not self.spec.checkpoint.before_delete:",
        "if self.intent.is_deleting and self.spec is None:",
    ),
    Mutant(
        "a stop is given up when the user wants to run again",
        "life",
        "serving",
        "    elif draft.is_suspending or draft.is_stop_wanted or cause is not None:\n",
        "    elif draft.is_stop_wanted or cause is not None:\n",
    ),
    Mutant(
        "Stopping leads straight to the next start",
        "life",
        "stopping",
        "        deployment_resources_status=ResourcesStatus.STOPPED,\n"
        "        deployment_resources_desired_status=ResourcesDesiredStatus.STOPPED,\n"
        "        deployment_runtime_status=None,\n        deployment_runtime_status_details=None,\n"
        "        deployment_runtime_desired_status=None,\n        deployment_id=None,\n",
        "        deployment_resources_status=ResourcesStatus.PROVISIONING,\n        deployment_id=None,\n",
    ),
    Mutant(
        "the deadline of a graceful stop forces, and nobody is told",
        "deadline",
        "suspending",
        "reason=StopReason.DEADLINE_EXCEEDED, error=error",
        "reason=StopReason.DEADLINE_EXCEEDED",
    ),
)
MUTANTS = (*GRACEFUL, *FORCE)
