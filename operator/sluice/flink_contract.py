"""What the operator and the entrypoint of a Flink job both know of Flink. Pure.

What its REST answers mean, how its checkpoints are named, and which of its options are taken. The operator's
engine and the entrypoint in the pod read the same answers; neither imports the other. Every reader takes a
decoded body and raises one of ``UNREADABLE`` when it is not what Flink 2.3 answers.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

UNREADABLE: Final = (KeyError, TypeError, AttributeError, ValueError, IndexError)
TEXT_MAX_LENGTH: Final = 1024
"""Root causes are cut to so many characters: they end up in a status and in a termination message."""

CHECKPOINTS_FOLDER: Final = "checkpoints"
"""On the volume, ``checkpoints/RUN/JOB/chk-N``: one folder a run, so that ids of two runs never meet."""
SAVEPOINTS_FOLDER: Final = "savepoints"
"""On the volume, ``savepoints/RUN/savepoint-JOB-RANDOM``."""

OWNED_OPTIONS: Final = (
    r"jobmanager\.(rpc|bind-host|memory)|rest\.(port|address|bind|cache)"
    r"|taskmanager\.(host|bind-host|numberOfTaskSlots|memory\.(process|flink|task|network|framework|jvm))"
    r"|execution\.(target|state-recovery|savepoint\.|savepoint-restore-mode|shutdown)"
    r"|execution\.checkpointing\.(dir|savepoint-dir|create-subdir|externalized|num-retained|interval$)"
    r"|state\.(checkpoints|savepoints)\.dir|kubernetes\.|high-availability|parallelism\.default|io\.tmp\.dirs"
    r"|env\.|sluice\."
)
"""How options begin that nobody but the operator and the entrypoint set, as a regular expression. Flink still
honours the older names of some, and others would silently do nothing in one pod."""
RESUME_OPTIONS: Final = ("sluice.resume.checkpoint", "sluice.resume.reason")
"""Options without a meaning for Flink, under which its REST API tells what a run began with and why."""

_PATH: Final = re.compile(
    rf"(?:^|/)(?:{CHECKPOINTS_FOLDER}/(\d+)/[0-9a-f]{{32}}/(chk-\d+)"
    rf"|{SAVEPOINTS_FOLDER}/(\d+)/(savepoint-[0-9a-f]+-[0-9a-f]+))/?$"
)


def checkpoint_id(path: str) -> str:
    """The id that people see and name, such as ``3-chk-34``, from a path or URI below the volume.

    Raises ``ValueError`` for a path that no run of ours can have written.
    """
    found = _PATH.search(path)
    if found is None:
        raise ValueError(f"{path} is no checkpoint of a run on the volume")
    return "-".join(part for part in found.groups() if part)


class JobState(StrEnum):
    """Flink's job states; ``RUNNING`` says nothing about the tasks."""

    INITIALIZING = "INITIALIZING"
    CREATED = "CREATED"
    RUNNING = "RUNNING"
    FAILING = "FAILING"
    FAILED = "FAILED"
    CANCELLING = "CANCELLING"
    CANCELED = "CANCELED"
    FINISHED = "FINISHED"
    RESTARTING = "RESTARTING"
    SUSPENDED = "SUSPENDED"
    RECONCILING = "RECONCILING"


@dataclass(frozen=True, slots=True)
class Job:
    """One entry of ``/jobs/overview``."""

    id: str
    state: JobState
    started: int
    """Milliseconds since the epoch."""
    tasks: dict[str, int]
    """Number of subtasks by their state, and ``total``."""

    @property
    def is_serving(self) -> bool:
        """Every task runs: only then does the job work, and only then can a savepoint be made.

        A task that has read its whole input stays finished while the others go on.
        """
        done = self.tasks["running"] + self.tasks["finished"]
        return self.state is JobState.RUNNING and 0 < done == self.tasks["total"] > self.tasks["finished"]


def read_job(overview: Any) -> Job | None:
    """The job of ``/jobs/overview``, the last started one; ``None`` while there is none yet.

    An application here runs one job: a second one could not be stopped together with the first.
    """
    jobs = [
        Job(
            id=str(entry["jid"]),
            state=JobState(entry["state"]),
            started=int(entry["start-time"]),
            tasks={str(name): int(count) for name, count in entry["tasks"].items()},
        )
        for entry in overview["jobs"]
    ]
    return max(jobs, key=lambda job: job.started, default=None)


def read_failed_application(overview: Any) -> str | None:
    """Id of an application of ``/applications/overview`` that failed, be it before it had a job."""
    failed = (str(entry["id"]) for entry in overview["applications"] if entry["status"] == "FAILED")
    return next(failed, None)


@dataclass(frozen=True, slots=True)
class Completed:
    """A completed checkpoint or savepoint that still exists."""

    number: int
    """Flink's own id: it rises within a run, savepoints included."""
    path: str
    size: int
    """Bytes."""
    created: int
    """Milliseconds since the epoch."""
    is_savepoint: bool
    ended_job: bool
    """The savepoint of a stop-with-savepoint: nothing was processed after it."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How making checkpoints went so far in this run, savepoints included."""

    completed: int
    failed: int
    last_duration: int | None
    """Of the last completed one, in milliseconds."""
    last_failure: str | None
    """Flink's message about the last one that failed, cut to its bound."""


@dataclass(frozen=True, slots=True)
class Checkpoints:
    """What ``/jobs/ID/checkpoints`` tells: this run's history, which Flink bounds."""

    completed: tuple[Completed, ...]
    """Those that still exist, the newest last."""
    restored: str | None
    """Path of the checkpoint that the job, or Flink's last restart of it, began with."""
    restored_at: int
    """When that was, in milliseconds since the epoch; 0 if it never was."""
    is_stopping: bool
    """A stop-with-savepoint is under way, whoever asked for it."""
    counts: Counts

    @property
    def final(self) -> Completed | None:
        """The savepoint with which the job was stopped.

        Its tasks may still fail before they end; then Flink restarts the job as though it had not been asked.
        """
        newest = self.completed[-1] if self.completed else None
        is_final = newest is not None and newest.ended_job and newest.created > self.restored_at
        return newest if is_final else None


_STOP: Final = "SYNC_SAVEPOINT"


def read_checkpoints(body: Any) -> Checkpoints:
    """Read ``/jobs/ID/checkpoints``."""
    latest = body["latest"]
    restored = latest["restored"]
    # The history is short: a savepoint leaves it after a few checkpoints, while it is still on the volume.
    entries = {int(entry["id"]): entry for entry in body["history"]}
    if latest["savepoint"] is not None:
        entries.setdefault(int(latest["savepoint"]["id"]), latest["savepoint"])
    found = [
        Completed(
            number=number,
            path=str(entry["external_path"]),
            size=int(entry["state_size"]),
            created=int(entry["trigger_timestamp"]),
            is_savepoint=bool(entry["is_savepoint"]),
            ended_job=entry["checkpoint_type"] == _STOP,
        )
        for number, entry in sorted(entries.items())
        if entry["status"] == "COMPLETED" and not entry["discarded"]
    ]
    return Checkpoints(
        completed=tuple(found),
        restored=None if restored is None else str(restored["external_path"]),
        restored_at=0 if restored is None else int(restored["restore_timestamp"]),
        is_stopping=any(
            entry["status"] == "IN_PROGRESS" and entry["checkpoint_type"] == _STOP
            for entry in entries.values()
        ),
        counts=_read_counts(body),
    )


def _read_counts(body: Any) -> Counts:
    latest = [body["latest"][kind] for kind in ("completed", "savepoint")]
    made = max((one for one in latest if one is not None), key=lambda one: int(one["id"]), default=None)
    failed = body["latest"]["failed"]
    message = None if failed is None else failed.get("failure_message")
    return Counts(
        completed=int(body["counts"]["completed"]),
        failed=int(body["counts"]["failed"]),
        last_duration=None if made is None else int(made["end_to_end_duration"]),
        last_failure=None if message is None else root_cause(str(message)),
    )


@dataclass(frozen=True, slots=True)
class Operation:
    """A savepoint, stop or checkpoint that was triggered. Neither location nor failure: under way."""

    is_done: bool
    location: str | None = None
    failure: str | None = None


def read_operation(body: Any) -> Operation:
    """Read the status of a trigger; a failure is a completed operation with a cause."""
    if body["status"]["id"] != "COMPLETED":
        return Operation(is_done=False)
    result = body["operation"]
    # Savepoints say it with a hyphen, checkpoints in camel case.
    cause = result.get("failure-cause") or result.get("failureCause")
    if cause is not None:
        return Operation(is_done=True, failure=root_cause(str(cause["stack-trace"])))
    location = result.get("location")
    return Operation(is_done=True, location=None if location is None else str(location))


def read_resume(body: Any) -> dict[str, str]:
    """What a run began with and why, from ``/jobmanager/config``."""
    options = {str(entry["key"]): str(entry["value"]) for entry in body}
    return {name.rpartition(".")[2]: options[name] for name in RESUME_OPTIONS if name in options}


def read_exception(body: Any) -> str:
    """Root cause of ``/jobs/ID/exceptions`` or ``/applications/ID/exceptions``, cut to its bound."""
    entries = body["exceptionHistory"]["entries"]
    return root_cause(str(entries[0]["stacktrace"])) if entries else "Flink recorded no exception"


def root_cause(stacktrace: str) -> str:
    """The innermost exception of a Java stack trace with its message, in one line and cut to its bound."""
    said, cause = "", ""
    for line in stacktrace.splitlines():
        if line.startswith(("\tat ", "\t...", "\tSuppressed:")):
            said, cause = "", cause or said
        elif line.startswith("Caused by: "):
            said = cause = line.removeprefix("Caused by: ")
        elif said:
            # A message of several lines belongs to the exception above it, up to its first frame.
            said = cause = f"{said} {line.strip()}"
        elif not cause:
            said = cause = line
    text = " ".join(cause.split()) or "unknown"
    return text if len(text) <= TEXT_MAX_LENGTH else text[: TEXT_MAX_LENGTH - 1] + "…"
