"""What could go wrong with the volume, and with a stop that fails, each as the smallest edit of it.

The sentence says what the changed operator does.
"""

from .mutation import Mutant

MAINTENANCE = (
    Mutant(
        "a maintenance pod is made without the finalizer",
        "emptying",
        "maintenance",
        "    if not draft.intent.has_finalizer:\n        draft.act(AddFinalizer())\n",
        "",
    ),
    Mutant(
        "a maintenance pod has the number of the run before",
        "retention",
        "maintenance",
        "    number = max(draft.status.run_number, claim.run_number if claim else 0) + 1\n",
        "    number = max(draft.status.run_number, claim.run_number if claim else 0)\n",
    ),
    Mutant(
        "the newest checkpoint is cleared away",
        "retention",
        "maintenance",
        "    found = known[: -retain.count]\n",
        "    found = known[-retain.count :]\n",
    ),
    Mutant(
        "the newest checkpoint is cleared away when it is old",
        "ageing",
        "maintenance",
        "for each in known[:-1] if each not in found",
        "for each in known if each not in found",
    ),
    Mutant(
        "nobody looks when a checkpoint becomes too old",
        "ageing",
        "maintenance",
        "            draft.look_again_in((min(later) - draft.now).total_seconds())\n",
        "            draft.look_again = None\n",
    ),
    Mutant(
        "a maintenance pod is ended in its work",
        "retention",
        "maintenance",
        "    if (work is None or pod.exit is not None or is_late) and not",
        "    if (work is None or pod is not None or is_late) and not",
    ),
    Mutant(
        "a start does not wait for the end of a maintenance pod",
        "retention",
        "maintenance",
        "        return pod.is_maintenance\n",
        "        return pod.is_maintenance and draft.is_stop_wanted\n",
    ),
    Mutant(
        "a clearing that waits for its next attempt counts as done",
        "emptying",
        "maintenance",
        "    return work.task != MaintenanceTask.RETAIN\n",
        "    return False\n",
    ),
    Mutant(
        "a maintenance pod that failed counts as one that has done its work",
        "emptying",
        "maintenance",
        "    if exit_.code != 0 or words.checkpoints is None:\n",
        "    if exit_.code is None:\n",
    ),
    Mutant(
        "what a maintenance pod found is not taken over",
        "verifying",
        "maintenance",
        "    mirror_checkpoints(draft, words.checkpoints)\n",
        "",
    ),
    Mutant(
        "a maintenance pod without proof of its end is forgotten",
        "lost work",
        "maintenance",
        "    if draft.status.runtime is not None and not is_proven_gone(draft):\n"
        "        wait_for_proof(draft)\n        return True\n",
        "",
    ),
    Mutant(
        "a maintenance pod is not remembered",
        "lost work",
        "maintenance",
        "    remember_pod(draft, pod)\n",
        "",
    ),
)
CLEARING = (
    Mutant(
        "the claim is deleted before that is written down",
        "clearing",
        "clearing",
        "        )\n        draft.look_again_in(0)\n",
        "        )\n        draft.act(DeleteClaim())\n",
    ),
    Mutant(
        "a claim that people made counts as cleared",
        "emptying",
        "clearing",
        "    if storage is not None and storage.existing_claim is not None:\n",
        "    if storage is None:\n",
    ),
    Mutant(
        "the storage counts as cleared while its claim is leaving",
        "clearing",
        "clearing",
        "        draft.act(DeleteClaim())\n        draft.look",
        "        draft.act(DeleteClaim())\n        _be_cleared(draft)\n        draft.look",
    ),
    Mutant(
        "a start begins while the storage is cleared",
        "clearing",
        "resting",
        "    elif draft.is_clearing:\n        _stand",
        "    elif draft.is_clearing and draft.is_stop_wanted:\n        _stand",
    ),
    Mutant(
        "a start after a clearing does not know of it",
        "clearing",
        "clearing",
        "        storage_cleared_time=draft.now,\n",
        "",
    ),
    Mutant(
        "a start that was cut off early uses up a clearing",
        "clearing",
        "starting",
        "    return FRESH if draft.status.storage_cleared_time is not None else LATEST\n",
        "    was_cleared = draft.status.storage_cleared_time is not None\n"
        "    is_unused = draft.status.storage_status == StorageStatus.CLEARED\n"
        "    return FRESH if was_cleared and is_unused else LATEST\n",
    ),
    Mutant(
        "a run without storage makes the next start fresh",
        "edited",
        "starting",
        "    return FRESH if draft.status.storage_cleared_time is not None else LATEST\n",
        "    is_cleared = draft.status.storage_status == StorageStatus.CLEARED\n"
        "    return FRESH if is_cleared and draft.status.run_number > 0 else LATEST\n",
    ),
    Mutant(
        "a claim that people made goes with the pipeline",
        "never emptied",
        "deleting",
        "    if is_data_to_go and storage and not storage.existing_claim:\n",
        "    if is_data_to_go and storage:\n",
    ),
    Mutant(
        "an object goes without us before it was at rest for long",
        "released",
        "release",
        "    if left > 0:\n",
        "    if left < 0:\n",
    ),
    Mutant(
        "an object goes without us although its volume is to go with it",
        "released data",
        "release",
        "is_data_to_go or is_unknown or",
        "is_unknown or",
    ),
)
FAILING = (
    Mutant(
        "a stop is given up although it is to be tried again",
        "trying",
        "ending",
        "is_given_up=policy is StopErrorPolicy.KEEP_RUNNING)",
        "is_given_up=True)",
    ),
    Mutant(
        "a process whose suspension failed is started under its old id",
        "trying",
        "ending",
        "    draft.set(**new_start(draft), deployment_start_from=LATEST)\n",
        "    draft.set(deployment_start_from=LATEST)\n",
    ),
    Mutant(
        "a stop is given up although the pipeline is being deleted",
        "running on",
        "ending",
        "policy is StopErrorPolicy.KEEP_RUNNING and draft.intent.is_deleting:",
        "policy is StopErrorPolicy.KEEP_RUNNING and draft.now is None:",
    ),
    Mutant(
        "a stop that was given up is begun again and again",
        "running on",
        "draft",
        "        return stop is not None and stop.given_up_for == self.intent.wish\n",
        "        return stop is not None and stop.given_up_for == self.intent.name\n",
    ),
    Mutant(
        "a start that is wanted again counts as a stop that was given up",
        "running on",
        "ending",
        "draft.intent.wish if draft.is_stop_wanted else None",
        "draft.intent.wish",
    ),
    Mutant(
        "force waits for the process that is tried again",
        "trying",
        "provisioning",
        "    if draft.is_force_wanted:\n        return wanted\n",
        "    if draft.is_force_wanted and draft.active_stop is None:\n        return wanted\n",
    ),
    Mutant(
        "a deadline is not noticed while the process is tried again",
        "trying in time",
        "suspending",
        "        draft.look_again_in((stop.deadline_at - draft.now).total_seconds())\n",
        "",
    ),
    Mutant(
        "a checkpoint on SIGTERM does not end the stop that is tried again",
        "saved meanwhile",
        "provisioning",
        "    return newest_after(stop.known_checkpoints, pod.exit.words.checkpoint) is not None\n",
        "    return False\n",
    ),
    Mutant(
        "an end without a word counts as a failure",
        "verifying",
        "ending",
        "    elif said or not draft.has_storage or not draft.observed.can_maintain:\n",
        "    elif draft.has_storage:\n",
    ),
    Mutant(
        "a stop that could not be verified is no error",
        "verifying",
        "stopping",
        "    draft.set(deployment_error=stop.unverified_error)\n",
        "",
    ),
    Mutant(
        "the checkpoint that the volume holds does not count",
        "verifying",
        "stopping",
        "    made = stop.checkpoint or newest_after(stop.known_checkpoints, ids[-1] if ids else None)\n",
        "    made = stop.checkpoint\n",
    ),
    Mutant(
        "a checkpoint that was there before verifies a stop",
        "verifying",
        "stopping",
        "    made = stop.checkpoint or newest_after(stop.known_checkpoints, ids[-1] if ids else None)\n",
        "    made = stop.checkpoint or (ids[-1] if ids else None)\n",
    ),
    Mutant(
        "a stop is verified again and again",
        "verifying",
        "stopping",
        "    if draft.status.maintenance is None:\n        # Settled",
        "    if not is_going_on:\n        # Settled",
    ),
    Mutant(
        "a roll that failed is followed by a start",
        "verified roll",
        "stopping",
        "    if stop.cause in ROLLS:\n        draft.set(held",
        "    if stop.cause is None:\n        draft.set(held",
    ),
    Mutant(
        "a volume is looked at although the pipeline is being deleted",
        "verifying",
        "stopping",
        " and not draft.is_force_wanted and not draft.intent.is_deleting\n",
        " and not draft.is_force_wanted\n",
    ),
    Mutant(
        "an error that comes back at each start is tried again",
        "hopeless",
        "ending",
        "        if is_permanent(cause):\n",
        "        if draft.now is None:\n",
    ),
)
MUTANTS = (*MAINTENANCE, *CLEARING, *FAILING)
