"""What could go wrong in a start, in a run and at its end, each as the smallest edit that makes it so.

The sentence says what the changed operator does.
"""

from .mutation import Mutant

ALIVE = (
    Mutant(
        "force deletes with grace 0",
        "life",
        "grace",
        "FORCE_GRACE_SECONDS = 1\n",
        "FORCE_GRACE_SECONDS = 0\n",
    ),
    Mutant(
        "a pod that is not in the API counts as gone",
        "nodes",
        "absence",
        "    return _is_proven_by_node(draft, runtime)\n",
        "    return True\n",
    ),
    Mutant(
        "a node that is not ready proves that its containers ended",
        "nodes",
        "absence",
        "(not node.exists or node.is_out_of_service)",
        "(not node.exists or node.is_out_of_service or not node.is_ready)",
    ),
    Mutant(
        "a node that is ready proves it at once",
        "nodes",
        "absence",
        "node.is_ready and long_enough",
        "node.is_ready",
    ),
    Mutant(
        "a minute without the pod proves it, whatever the node says",
        "nodes",
        "absence",
        "return node is not None and node.is_ready and long_enough",
        "return long_enough",
    ),
    Mutant(
        "a pod that was seen to run counts as ended because it was seen",
        "nodes",
        "absence",
        "(last_seen.has_ended or last_seen.node_name is None)",
        "(last_seen.has_ended or last_seen.node_name is not None)",
    ),
    Mutant(
        "an operator that was restarted takes the number of a pod that nobody saw",
        "nodes",
        "provisioning",
        "        _outrank_the_unseen(draft)\n",
        "",
    ),
    Mutant(
        "a start ignores the run number on the claim",
        "restored",
        "starting",
        "used = max(draft.status.run_number, claim.run_number if claim else 0)",
        "used = draft.status.run_number",
    ),
    Mutant(
        "a pod that is being stopped is not remembered",
        "nodes",
        "stopping",
        "        remember_pod(draft, pod)\n",
        "",
    ),
    Mutant(
        "somebody else's pod under our name counts as the proof that ours has ended",
        "foreign",
        "stopping",
        "    elif is_proven_gone(draft):\n        _keep",
        "    elif pod is not None or is_proven_gone(draft):\n        _keep",
    ),
    Mutant(
        "the pod is made before the claim",
        "life",
        "starting",
        "    if draft.spec.storage is not None:\n        _apply_claim(draft, draft.spec.storage.size)\n",
        "",
    ),
    Mutant(
        "the finalizer is left out",
        "life",
        "starting",
        "    if not draft.intent.has_finalizer:\n        draft.act(AddFinalizer())\n    draft.set(revision",
        "    draft.set(revision",
    ),
)
STARTING = (
    Mutant(
        "a start keeps the id of the start before",
        "life",
        "starting",
        "deployment_id=draft.observed.new_deployment_id,",
        "deployment_id=draft.status.deployment_id,",
    ),
    Mutant(
        "an automatic restart takes a new id",
        "endings",
        "ending",
        "        run_number=draft.status.run_number + 1,\n",
        "        run_number=draft.status.run_number + 1,\n"
        "        deployment_id=draft.observed.new_deployment_id,\n",
    ),
    Mutant(
        "the pod carries a run number that status does not hold",
        "life",
        "starting",
        "            run_number=draft.status.run_number,\n            deployment_id",
        "            run_number=draft.status.run_number + 1,\n            deployment_id",
    ),
    Mutant(
        "the pod of a restart that was never made is not made later either",
        "endings",
        "provisioning",
        "    if refusal is None:\n",
        "    if refusal is None and draft.status.restart and not draft.status.restart.count:\n",
    ),
    Mutant(
        "a pipeline is started on a spec that cannot be understood",
        "invalid",
        "resting",
        "    elif draft.intent.spec_error is None:\n        start(draft)\n",
        "    elif draft.intent.spec is not None:\n        start(draft)\n",
    ),
    Mutant(
        "a pipeline that ended by itself is started again and again",
        "endings",
        "resting",
        "    elif is_held(draft):\n",
        "    elif draft.status.held_generation == -1:\n",
    ),
    Mutant(
        "a pod that is there after a restore is not taken over",
        "restored",
        "resting",
        "    elif pod is not None and pod.is_ours:\n        adopt(draft, pod)\n    elif draft.intent",
        "    elif draft.intent",
    ),
    Mutant(
        "somebody else's pod is waited for without ever trying again",
        "refusals",
        "provisioning",
        "        draft.stall(Reason.NOT_OURS, refusal.message)\n        create(draft)\n",
        "        draft.stall(Reason.NOT_OURS, refusal.message)\n",
    ),
    Mutant(
        "nobody looks again while a restart waits for its time",
        "endings",
        "provisioning",
        "        draft.look_again_in((restart.next_attempt_at - draft.now).total_seconds())\n",
        "",
    ),
    Mutant(
        "nobody looks again while the proof of a lost pod is missing",
        "nodes",
        "absence",
        "    draft.look_again_in(VANISHED_POLL_SECONDS)\n",
        "",
    ),
    Mutant(
        "a process that was paused is not resumed",
        "paused",
        "serving",
        "RuntimeStatus.RUNNING: EngineVerb.RESUME, RuntimeStatus.PAUSED: EngineVerb.PAUSE",
        "RuntimeStatus.RUNNING: EngineVerb.PAUSE, RuntimeStatus.PAUSED: EngineVerb.PAUSE",
    ),
)
ERRORS = (
    Mutant(
        "the error of a failed start is dropped when it is Stopped",
        "never",
        "stopping",
        "        deployment_id=None,\n        runtime=None,\n",
        "        deployment_id=None,\n        runtime=None,\n        deployment_error=None,\n",
    ),
    Mutant(
        "a failure is not recorded before the pod goes",
        "never",
        "stopping",
        "    if error is not None:\n        draft.set(deployment_error=error)\n",
        "",
    ),
    Mutant(
        "a restart forgets what the last run ended with",
        "endings",
        "ending",
        '"last_error": counted, ',
        "",
    ),
    Mutant(
        "a failed pipeline is Ready",
        "never",
        "conclusion",
        "        return Reason.COMPLETED if is_completed(status) else None\n",
        "        return Reason.COMPLETED\n",
    ),
    Mutant(
        "a stop that is stuck never becomes Stalled",
        "stuck",
        "suspending",
        "    if left > 0 and not is_late:\n",
        "    if not is_late:\n",
    ),
    Mutant(
        "a deadline says nothing when it has passed",
        "deadline",
        "suspending",
        "    if is_past_deadline(draft, stop):\n        return\n",
        "",
    ),
    Mutant(
        "an eviction with a checkpoint counts as a failure",
        "endings",
        "ending",
        "        _restart(draft, pod, counted=None)\n",
        "        _fail_or_restart(draft, pod, _describe(exit_))\n",
    ),
    Mutant(
        "a suspension shows Stopped as where it leads",
        "life",
        "conclusion",
        "        return CombinedDesiredStatus.SUSPENDED\n",
        "        return CombinedDesiredStatus.STOPPED\n",
    ),
    Mutant(
        "the volume goes with every deletion",
        "life",
        "deleting",
        "storage.on_delete is VolumePolicy.DELETE",
        "storage.on_delete is not None",
    ),
    Mutant(
        "the object is released while its pod is there",
        "life",
        "stopping",
        "        _delete_once(draft, pod)\n        draft.say(Reason.STOPPING)\n",
        "        _delete_once(draft, pod)\n"
        "        if draft.intent.is_deleting:\n            finalize(draft)\n",
    ),
)
MUTANTS = (*ALIVE, *STARTING, *ERRORS)
