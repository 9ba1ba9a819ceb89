"""The policies of ``Pipeline.spec``: how it stops, restarts and makes checkpoints."""

from typing import Annotated, ClassVar

from cronsim import CronSim, CronSimError
from pydantic import AfterValidator, Field

from sluice.api.model import ApiModel, Rule
from sluice.api.statuses import RestartPolicy, StopErrorPolicy, StopTimeoutPolicy
from sluice.api.timing import EPOCH

Seconds = Annotated[int, Field(ge=0, le=31_536_000)]
PositiveSeconds = Annotated[int, Field(ge=1, le=31_536_000)]


def _readable_schedule(text: str) -> str:
    try:
        CronSim(text, EPOCH)
    except CronSimError as error:
        raise ValueError(f"{text!r} is not a cron expression: {error}") from error
    return text


CronExpression = Annotated[
    str,
    Field(min_length=9, max_length=100),
    AfterValidator(_readable_schedule),
    Rule(
        r"self.matches('^\\s*(\\S+\\s+){4}\\S+\\s*$')",
        "not a cron expression: write five fields (minute, hour, day of month, month, day of week),"
        " for example '*/30 * * * *'",
    ),
]


class StopSpec(ApiModel):
    """How a graceful stop behaves when it takes long or fails."""

    timeout_seconds: PositiveSeconds | None = Field(
        default=None,
        description="Deadline of a graceful stop in seconds, counted from the moment it was seen."
        " Without it the stop waits for its checkpoint as long as it takes.",
    )
    on_timeout: StopTimeoutPolicy = Field(
        default=StopTimeoutPolicy.KEEP_TRYING,
        description="What happens at the deadline: KeepTrying goes on and says so in the Stalled"
        " condition; Force stops without a checkpoint and records that in deploymentError.",
    )
    on_error: StopErrorPolicy = Field(
        default=StopErrorPolicy.FORCE,
        description="What happens when the process cannot make the checkpoint, or ends without it: Force"
        " stops without one and records the error in deploymentError; KeepTrying starts the process again"
        " from its latest checkpoint and asks anew; KeepRunning starts it again, gives this stop up and"
        " says so in the Stalled condition.",
    )


class RestartSpec(ApiModel):
    """Which ends of the process are answered with a restart, and how soon."""

    policy: RestartPolicy = Field(
        default=RestartPolicy.ON_FAILURE,
        description="Always restarts whatever the process ended with; OnFailure restarts unless it"
        " reached the end of its input (exit code 0); Never leaves it stopped with deploymentError"
        " set.",
    )
    backoff_seconds: PositiveSeconds = Field(
        default=10,
        description="Wait before the first restart, in seconds; doubles with each further one.",
    )
    max_backoff_seconds: PositiveSeconds = Field(
        default=300, description="Longest wait between two restarts, in seconds."
    )
    max_restarts: Annotated[int, Field(ge=0, le=1_000_000)] | None = Field(
        default=None,
        description="After so many restarts in a row the pipeline is left stopped with"
        " deploymentError set and the Stalled condition. Unset means no limit.",
    )
    healthy_after_seconds: PositiveSeconds = Field(
        default=300,
        description="A runtime that served for so many seconds starts a new count and a new back-off.",
    )

    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            # The API server runs this on the bare default {} too, before nested defaults are in.
            "!has(self.backoffSeconds) || !has(self.maxBackoffSeconds)"
            " || self.maxBackoffSeconds >= self.backoffSeconds",
            "maxBackoffSeconds is less than backoffSeconds: raise maxBackoffSeconds or lower backoffSeconds",
            field=".maxBackoffSeconds",
        ),
    )


class RetainSpec(ApiModel):
    """Which checkpoints are kept: always the newest, where the pipeline resumes from."""

    count: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=3, description="How many checkpoints to keep, the newest first."
    )
    max_age_seconds: PositiveSeconds | None = Field(
        default=None,
        description="Checkpoints older than so many seconds are removed, except the newest. Unset means"
        " that age does not matter.",
    )


class CheckpointSpec(ApiModel):
    """When checkpoints are made, and how many are kept."""

    interval_seconds: PositiveSeconds | None = Field(
        default=None,
        description="The runtime makes a checkpoint every so many seconds. Unset means only at a stop, by"
        " schedule and on request.",
    )
    schedule: CronExpression | None = Field(
        default=None,
        description="The operator asks for a checkpoint at the times of this cron expression: minute, hour,"
        " day of month, month, day of week, in UTC.",
    )
    retain: RetainSpec = Field(
        default_factory=RetainSpec,
        description="Which checkpoints are kept on the volume, also while the pipeline is stopped.",
    )
    before_delete: bool = Field(
        default=True,
        description="Deleting a running pipeline makes a last checkpoint first (a graceful stop)."
        " False deletes it like a force stop.",
    )
