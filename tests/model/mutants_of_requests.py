"""What could go wrong with what people ask for, each as the smallest edit that makes it so.

The sentence says what the changed operator does.
"""

from .mutation import Mutant

REQUESTS = (
    Mutant(
        "a token that has its outcome is begun again",
        "dismiss",
        "requests",
        "        if _find(draft, request.verb, request.token) is None:\n",
        "        if open_request(draft, request.verb) is None:\n",
    ),
    Mutant(
        "a request for another object is carried out",
        "dismiss",
        "requests",
        "    elif request.uid not in (None, draft.intent.uid):\n",
        '    elif request.uid == "":\n',
    ),
    Mutant(
        "a request that nobody understands is carried out",
        "clearing",
        "requests",
        "    if request.problem is not None:\n",
        '    if request.problem == "":\n',
    ),
    Mutant(
        "clearing is accepted of a pipeline that runs",
        "clearing",
        "requests",
        "    if is_rest:\n",
        "    if is_rest or draft.has_storage:\n",
    ),
    Mutant(
        "an error is dismissed while something runs",
        "dismiss",
        "requests",
        "    if draft.resources is not ResourcesStatus.STOPPED:\n"
        "        _refuse(draft, request, ErrorCode.DISMISS",
        "    if draft.now is None:\n        _refuse(draft, request, ErrorCode.DISMISS",
    ),
    Mutant(
        "a request that is refused is carried out in part",
        "restart",
        "requests",
        "        _refuse(draft, request, ErrorCode.NOT_WANTED)\n",
        "        draft.set(deployment_error=None)\n        _refuse(draft, request, ErrorCode.NOT_WANTED)\n",
    ),
    Mutant(
        "an outcome is overwritten by the next one",
        "checkpoints",
        "requests",
        "        if entry.verb == verb and _is_open(entry) and token in",
        "        if entry.verb == verb and token in",
    ),
    Mutant(
        "a restart is accepted of a pipeline that is to be stopped",
        "restart",
        "requests",
        "    if draft.is_stop_wanted:\n        _refuse",
        "    if draft.now is None:\n        _refuse",
    ),
    Mutant(
        "an override that is over stays in status",
        "override",
        "requests",
        "    draft.set(override=now)\n",
        "    draft.set(override=now or before)\n",
    ),
    Mutant(
        "the end of an override is not recorded",
        "override",
        "requests",
        "    if before is not None and (now is None or now.token != before.token):\n",
        "    if before is not None and now is not None and now.token != before.token:\n",
    ),
    Mutant(
        "a restart that was begun is forgotten when the pipeline is to stay stopped",
        "restart",
        "resting",
        "        finish(draft, RequestVerb.RESTART, RequestState.FAILED, message,"
        " reason=ErrorCode.NOT_WANTED)\n",
        "",
    ),
    Mutant(
        "a restart ends without a word when its start begins",
        "restart",
        "starting",
        "    finish(draft, RequestVerb.RESTART, RequestState.SUCCEEDED)\n",
        "",
    ),
    Mutant(
        "the process is approved although nobody asked for it",
        "approval",
        "approving",
        "    if open_request(draft, RequestVerb.APPROVE) is not None:\n",
        "    if draft.now is not None:\n",
    ),
    Mutant(
        "an approval that was asked for never ends",
        "approval",
        "approving",
        "        finish(draft, RequestVerb.APPROVE, RequestState.SUCCEEDED)\n",
        "",
    ),
    Mutant(
        "an approval is forgotten by a stop",
        "approval",
        "stopping",
        "    finish(draft, RequestVerb.APPROVE, RequestState.FAILED, message, reason=RequestReason.RUN_ENDED)"
        "\n",
        "",
    ),
    Mutant(
        "a pipeline that is to be left alone is looked after",
        "halted",
        "lifecycle",
        "    if intent.is_paused:\n",
        "    if intent.is_paused and status.runtime is None:\n",
    ),
)
CHECKPOINTS = (
    Mutant(
        "a checkpoint counts as made although none came",
        "checkpoints",
        "checkpointing",
        "    if made is not None:\n",
        "    if draft.now is not None:\n",
    ),
    Mutant(
        "what was there before a checkpoint is not recorded",
        "checkpoints",
        "checkpointing",
        "requested_at=draft.now, known_checkpoints=known_ids(draft)\n",
        "requested_at=draft.now, known_checkpoints=[]\n",
    ),
    Mutant(
        "a checkpoint that failed is waited for",
        "checkpoints",
        "checkpointing",
        "    elif answer.checkpoint_error is not None:\n",
        '    elif answer.checkpoint_error == "":\n',
    ),
    Mutant(
        "a checkpoint under way outlives its run",
        "checkpoints of runs that end",
        "ending",
        "    give_up_checkpoint(draft)\n",
        "",
    ),
    Mutant(
        "a checkpoint is asked for before that is recorded",
        "checkpoints",
        "checkpointing",
        "    draft.set(checkpointing=under_way.model_copy(update=changes))\n    draft.act",
        "    draft.act",
    ),
    Mutant(
        "a request for a checkpoint that got lost is never repeated",
        "checkpoints",
        "checkpointing",
        "    if draft.observed.ticket is None and is_due:\n",
        "    if draft.observed.ticket is None and is_due and under_way.attempt < 1:\n",
    ),
    Mutant(
        "the time of a schedule is not noted",
        "schedule",
        "checkpointing",
        "        draft.set(last_schedule_time=draft.now)\n",
        "",
    ),
    Mutant(
        "a schedule is followed at any time",
        "schedule",
        "checkpointing",
        "    if due is None or due <= draft.now:\n        return due is not None\n",
        "    if due is not None:\n        return True\n",
    ),
)
EDITS = (
    Mutant(
        "a roll begins with a template that nobody can run",
        "rolling",
        "rolling",
        "    if problem is not None:\n",
        '    if problem == "":\n',
    ),
    Mutant(
        "an edit of the template takes no effect",
        "rolling",
        "rolling",
        "    return StopCause.SPEC_CHANGED\n",
        "    return None\n",
    ),
    Mutant(
        "nobody is told that the template cannot be run",
        "rolling",
        "rolling",
        "        draft.stall(Reason.INVALID_TEMPLATE, problem)\n",
        "",
    ),
    Mutant(
        "a stop that is wanted counts as a restart",
        "restart",
        "serving",
        "    cause = None if draft.is_stop_wanted else roll_cause(draft)\n    if draft",
        "    cause = roll_cause(draft)\n    if draft",
    ),
    Mutant(
        "nobody is told of an edit that is held back",
        "held",
        "conclusion",
        "[*draft.intent.pending, *draft.pending,",
        "[*draft.pending,",
    ),
    Mutant(
        "a start begins elsewhere every time",
        "elsewhere",
        "starting",
        "    if draft.spec.start_from != taken:\n",
        "    if draft.spec.start_from != LATEST:\n",
    ),
    Mutant(
        "where a start began is not noted",
        "elsewhere",
        "starting",
        "        last_start_from=draft.spec.start_from,\n",
        "",
    ),
    Mutant(
        "the run has a volume of the wrong size and nobody is told",
        "growing",
        "growing",
        '        draft.hold(pending_edits(["storage.size"]))\n',
        "        draft.look_again_in(1)\n",
    ),
    Mutant(
        "a volume is resized that has the right size",
        "growing",
        "growing",
        "    elif claim.is_too_small:\n",
        "    elif not claim.is_too_small:\n",
    ),
)
STANDBY = (
    Mutant(
        "a process in Standby is never activated",
        "standby",
        "serving",
        "answer.desired == RuntimeStatus.STANDBY and wanted in VERBS:",
        "answer.desired == RuntimeStatus.STANDBY and wanted is None:",
    ),
    Mutant(
        "a process in Standby is asked for a checkpoint",
        "standby",
        "suspending",
        "    RuntimeStatus.STANDBY: StopReason.STANDBY,\n",
        "",
    ),
    Mutant(
        "a process that runs is stopped like one in Standby",
        "standby",
        "suspending",
        "    RuntimeStatus.STANDBY: StopReason",
        "    RuntimeStatus.RUNNING: StopReason",
    ),
)
MUTANTS = (*REQUESTS, *CHECKPOINTS, *EDITS, *STANDBY)
