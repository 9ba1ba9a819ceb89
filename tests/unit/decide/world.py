"""A cluster of one pod, one claim and one process, small enough to read, in which decisions take effect."""

import dataclasses
from datetime import datetime, timedelta

from sluice.api.status import CheckpointStatus, PipelineStatus
from sluice.decide import (
    Action,
    AddFinalizer,
    ApplyClaim,
    CreatePod,
    DeleteClaim,
    DeletePod,
    DeleteRevisions,
    EngineCall,
    RemoveFinalizer,
    decide,
)
from sluice.observation import Claim, EngineVerb, Exit, Intent, LastWords, Observed, Pod, RuntimeAnswer

from .builders import NODE, NOW, RUN, reread, stored

STEPS_MAX = 200
WORDS = {EngineVerb.RESUME: "Running", EngineVerb.PAUSE: "Paused", EngineVerb.SUSPEND: "Suspended"}


class World:
    """Time passes only in :meth:`settle`, from one look to the next."""

    def __init__(self, intent: Intent = RUN) -> None:
        self.now: datetime = NOW
        self.intent = dataclasses.replace(intent, has_finalizer=False)
        self.status: PipelineStatus = stored()
        self.pod: Pod | None = None
        self.last_seen: Pod | None = None
        self.claim: Claim | None = None
        self.process: tuple[str, str] = "Initializing", "Running"
        self.checkpoints: list[str] = []
        self.is_gone = False
        self.pods_made: list[tuple[int, str]] = []
        self.trace: list[tuple[str | None, str | None]] = []
        self.writes = 0
        self.looks = 0
        self.death: int | None = None
        """The look in which the operator dies between its status write and its actions."""

    def want(self, intent: Intent) -> None:
        """Somebody edits the spec."""
        generation = self.intent.generation + 1
        finalizer = self.intent.has_finalizer
        self.intent = dataclasses.replace(intent, generation=generation, has_finalizer=finalizer)

    def end_process(self, code: int, *, is_disruption: bool = False, makes_checkpoint: bool = False) -> None:
        """The process ends by itself or is killed."""
        assert self.pod is not None
        if makes_checkpoint:
            self._make_checkpoint()
        words = LastWords(self.checkpoints[-1] if self.checkpoints else None)
        exit_ = Exit(code, "Error", is_disruption=is_disruption, words=words)
        self.pod = dataclasses.replace(self.pod, has_ended=True, is_started=False, exit=exit_)

    def settle(self) -> None:
        """Look again and again, as often as is asked for, until the pipeline is at rest."""
        for _ in range(STEPS_MAX):
            delay = self.look()
            if self.is_gone or delay is None or delay >= 60:
                return
            self.now += timedelta(seconds=delay)
            self._pass_time()
        raise AssertionError(f"no rest after {STEPS_MAX} looks: {self.trace[-5:]}")

    def look(self) -> float | None:
        """One look: decide, write the status, then act."""
        self.looks += 1
        decision = decide(self._roll(), self.status, self._observe(), self.now)
        written = reread(decision.status)
        if written != self.status:
            self.writes += 1
            self.status = written
        place = written.deployment_desired_status, written.deployment_status
        if not self.trace or self.trace[-1] != place:
            self.trace.append(place)
        if self.looks == self.death:
            return 0.0
        for action in decision.actions:
            self._carry_out(action)
        return 0.2 if decision.actions else decision.requeue_after

    def _roll(self) -> Intent:
        """The intent, which knows whether the run was started with another spec."""
        is_up = self.status.deployment_resources_status in ("Provisioning", "Provisioned")
        is_other = self.status.revision not in (None, self.intent.revision)
        return dataclasses.replace(self.intent, is_roll_needed=is_up and is_other)

    def _observe(self) -> Observed:
        answer = None
        if self.pod is not None and self.pod.is_started:
            listed = tuple(CheckpointStatus(uuid=uuid) for uuid in self.checkpoints)
            answer = RuntimeAnswer(*self.process, checkpoints=listed)
        return Observed(
            pod=self.pod,
            last_seen=self.last_seen if self.pod is None else None,
            claim=self.claim,
            runtime=answer,
            new_id=f"start-{self.looks}",
        )

    def _pass_time(self) -> None:
        """What the cluster and the process do meanwhile."""
        if self.pod is None:
            return
        if self.pod.is_deleting:
            self._remove_pod(self.pod)
        elif not self.pod.is_started and not self.pod.has_ended:
            self.pod = dataclasses.replace(self.pod, node_name=NODE, is_started=True)
        elif self.process == ("Running", "Suspended") or self.process == ("Paused", "Suspended"):
            self._make_checkpoint()
            self.process = "Suspended", "Suspended"
        else:
            self.process = self.process[1], self.process[1]

    def _remove_pod(self, pod: Pod) -> None:
        if not pod.has_ended and pod.is_started:
            has_time = (pod.grace_seconds or 0) > 1 and self.process[0] != "Suspended"
            self.end_process(143, is_disruption=True, makes_checkpoint=has_time)
        self.last_seen, self.pod = dataclasses.replace(self.pod or pod, has_ended=True), None

    def _make_checkpoint(self) -> None:
        self.checkpoints.append(f"c{len(self.checkpoints) + 1}")

    def _carry_out(self, action: Action) -> None:
        match action:
            case AddFinalizer():
                self.intent = dataclasses.replace(self.intent, has_finalizer=True)
            case RemoveFinalizer():
                assert self.pod is None, "the finalizer went before the pod"
                self.intent = dataclasses.replace(self.intent, has_finalizer=False)
                self.is_gone = self.intent.is_deleting
            case ApplyClaim():
                self.claim = Claim(is_ours=True, run_number=action.run_number)
            case DeleteClaim():
                assert self.pod is None, "the data went before the pod"
                self.claim = None
            case CreatePod():
                self._create_pod(action)
            case DeletePod():
                self._delete_pod(action)
            case EngineCall(verb=EngineVerb.CHECKPOINT):
                self._make_checkpoint()
            case EngineCall():
                self.process = self.process[0], WORDS[action.verb]
            case DeleteRevisions():
                pass
            case _:
                raise AssertionError(f"this world knows nothing of {action}")

    def _create_pod(self, action: CreatePod) -> None:
        if self.pod is not None:
            return
        assert action.run_number not in dict(self.pods_made), "two pods with one run number"
        self.pods_made.append((action.run_number, action.deployment_id))
        self.pod = Pod(
            uid=f"pod-{len(self.pods_made)}",
            is_ours=True,
            run_number=action.run_number,
            deployment_id=action.deployment_id,
            node_name=None,
            is_deleting=False,
            grace_seconds=None,
            has_ended=False,
            is_started=False,
        )
        self.process = "Initializing", action.initial

    def _delete_pod(self, action: DeletePod) -> None:
        assert action.grace_seconds != 0, "grace 0 hides a container that may still run"
        if self.pod is not None and self.pod.uid == action.uid:
            grace = 600 if action.grace_seconds is None else action.grace_seconds
            self.pod = dataclasses.replace(self.pod, is_deleting=True, grace_seconds=grace)
