"""``Pipeline.spec``: what a person declares. The CRD's schema is generated from these models.

Descriptions are what ``kubectl explain`` shows. No default depends on the operator's version and
none rewrites a field that a manifest sets: a Git tool must see no drift.
"""

from typing import Annotated, Any, ClassVar

from pydantic import ConfigDict, Field

from sluice.api.model import ApiModel, Rule
from sluice.api.statuses import DesiredStatus, RestartPolicy, StopTimeoutPolicy, VolumePolicy
from sluice.contract import DEFAULT_PORT

Seconds = Annotated[int, Field(ge=0, le=31_536_000)]
PositiveSeconds = Annotated[int, Field(ge=1, le=31_536_000)]
Quantity = Annotated[
    str,
    Field(max_length=20),
    Rule(
        "isQuantity(self) && quantity(self).isGreaterThan(quantity('0'))",
        "not a size: write a Kubernetes quantity above zero, for example 10Gi or 500Mi",
    ),
]
ObjectName = Annotated[
    str,
    Field(max_length=253),
    Rule(
        r"self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')",
        "not the name of a Kubernetes object: write lowercase letters, digits, hyphens and dots,"
        " with a letter or a digit at both ends",
    ),
]
MountPath = Annotated[
    str,
    Field(max_length=1024),
    Rule(
        "self.matches('^/[^:]+$')",
        "not a mount path: write an absolute path below / and without a colon, for example /var/lib/sluice",
    ),
]

ENGINES = ("feldera", "flink", "hook", "elements")


class StopSpec(ApiModel):
    """How a graceful stop behaves when it takes long."""

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


class CheckpointSpec(ApiModel):
    """When checkpoints are made, and how many are kept."""

    interval_seconds: PositiveSeconds | None = Field(
        default=None,
        description="The runtime makes a checkpoint every so many seconds. Unset means only at a stop.",
    )
    retain: RetainSpec = Field(
        default_factory=RetainSpec, description="Which checkpoints are kept on the volume."
    )
    before_delete: bool = Field(
        default=True,
        description="Deleting a running pipeline makes a last checkpoint first (a graceful stop)."
        " False deletes it like a force stop.",
    )


class StorageSpec(ApiModel):
    """The volume that outlives stops. Without it a pipeline cannot make checkpoints."""

    size: Quantity = Field(default="10Gi", description="Size of the claim, as a Kubernetes quantity.")
    storage_class_name: ObjectName | None = Field(
        default=None,
        description="Storage class of the claim; unset means the cluster's default class.",
    )
    mount_path: MountPath = Field(
        default="/var/lib/sluice",
        description="Where the volume is mounted in the runtime's container.",
    )
    on_delete: VolumePolicy = Field(
        default=VolumePolicy.RETAIN,
        description="Retain keeps the claim when the pipeline is deleted; Delete removes it and"
        " its data. An existingClaim is always kept.",
    )
    existing_claim: ObjectName | None = Field(
        default=None,
        description="Use this claim instead of making one, for example the one that a deleted"
        " pipeline left behind: the pipeline then resumes from the checkpoint on it.",
    )


class TemplateMetadata(ApiModel):
    """Labels and annotations that the runtime's pods get beside the operator's own."""

    labels: dict[str, str] = Field(default_factory=dict, description="Further labels of the pods.")
    annotations: dict[str, str] = Field(default_factory=dict, description="Further annotations of the pods.")


class PodSpecTemplate(ApiModel):
    """A pod's spec, passed on as it is written: the API server checks it when the pod is made."""

    model_config = ConfigDict(extra="allow")

    containers: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=100)] = Field(
        description="The pod's containers, one of which is the runtime."
    )


class PodTemplate(ApiModel):
    """Pod template, as in a StatefulSet."""

    metadata: TemplateMetadata | None = Field(default=None, description="Labels and annotations of the pods.")
    spec: PodSpecTemplate = Field(description="Spec of the pods.")


class FelderaSpec(ApiModel):
    """A process that speaks the Feldera pipeline HTTP contract (status, suspend and so on)."""

    port: Annotated[int, Field(ge=1, le=65535)] = Field(
        default=DEFAULT_PORT, description="Port on which the process serves the contract."
    )
    container: Annotated[str, Field(min_length=1, max_length=63)] | None = Field(
        default=None,
        description="Name of the template's container that is the runtime; unset means the first one.",
    )


class PipelineSpec(ApiModel):
    """The state you want, and how to get there."""

    desired_status: DesiredStatus = Field(
        default=DesiredStatus.RUNNING,
        description="The state you want: Running, Paused (provisioned, processes nothing) or"
        " Stopped (no compute; a checkpoint is made first unless force is set). Write it even"
        " where it is the default: Git tools guard only fields that a manifest names.",
    )
    force: bool = Field(
        default=False,
        description="Only with Stopped: stop now, without a checkpoint. It replaces a graceful"
        " stop that is under way and cannot be cancelled; the next start resumes from the latest"
        " checkpoint.",
    )
    provisioning_timeout_seconds: PositiveSeconds = Field(
        default=600,
        description="A start that does not serve after so many seconds ends in Stopped with deploymentError.",
    )
    stop: StopSpec = Field(default_factory=StopSpec, description="How a graceful stop behaves.")
    restart: RestartSpec = Field(
        default_factory=RestartSpec, description="What happens when the process ends by itself."
    )
    checkpoint: CheckpointSpec = Field(
        default_factory=CheckpointSpec,
        description="When checkpoints are made and how many are kept.",
    )
    storage: StorageSpec | None = Field(
        default=None,
        description="The volume for checkpoints. Unset means none: every stop is then without a checkpoint.",
    )
    template: PodTemplate | None = Field(
        default=None,
        description="Pod template of the runtime (metadata and spec, as in a StatefulSet). The"
        " operator adds the volume, the environment of the contract, probes where there are none,"
        " and restartPolicy Never. Edits take effect at the next start.",
    )
    feldera: FelderaSpec | None = Field(
        default=None, description="The runtime speaks the Feldera pipeline HTTP contract."
    )
    flink: dict[str, Any] | None = Field(
        default=None, description="Reserved for Apache Flink; this version refuses it."
    )
    hook: dict[str, Any] | None = Field(
        default=None, description="Reserved for checkpoints by a hook; this version refuses it."
    )
    elements: Annotated[list[dict[str, Any]], Field(max_length=1000)] | None = Field(
        default=None, description="Reserved for batch pipelines; this version refuses it."
    )

    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "[has(self.feldera), has(self.flink), has(self.hook), has(self.elements)]"
            ".filter(present, present).size() == 1",
            "write exactly one engine block: feldera, flink, hook or elements",
        ),
        Rule(
            "!has(self.flink) && !has(self.hook) && !has(self.elements)",
            "this version runs feldera pipelines only: write a feldera block instead of flink,"
            " hook or elements",
        ),
        Rule(
            "!self.force || self.desiredStatus in ['Stopped', 'Canceled']",
            "force goes only with desiredStatus Stopped (or Canceled, for batch pipelines): remove force,"
            " or set desiredStatus to Stopped",
            field=".force",
        ),
        Rule(
            "self.desiredStatus != 'Canceled' || has(self.elements)",
            "desiredStatus Canceled is for batch pipelines (elements): write Stopped instead",
            field=".desiredStatus",
        ),
        Rule(
            "self.desiredStatus != 'Standby'",
            "desiredStatus Standby needs a storage that is synchronised with an object store,"
            " which this version does not have: write Paused or Running",
            field=".desiredStatus",
        ),
        Rule(
            "!has(self.feldera) || has(self.template)",
            "a feldera pipeline needs a pod template with at least one container: write"
            " template.spec.containers",
            field=".template",
        ),
    )
