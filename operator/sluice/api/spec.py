"""``Pipeline.spec``: what a person declares. The CRD's schema is generated from these models.

Descriptions are what ``kubectl explain`` shows. No default depends on the operator's version and
none rewrites a field that a manifest sets: a Git tool must see no drift.
"""

from typing import Annotated, Any, ClassVar

from pydantic import ConfigDict, Field

from sluice.api.engine_blocks import FelderaSpec, FlinkSpec, HookSpec
from sluice.api.model import ApiModel, Rule
from sluice.api.policies import CheckpointSpec, PositiveSeconds, RestartSpec, StopSpec
from sluice.api.statuses import LATEST, BootstrapPolicy, DesiredStatus
from sluice.api.storage import StorageSpec

StartFrom = Annotated[
    str,
    Field(max_length=63),
    Rule(
        r"self.matches('^(Latest|Fresh|[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)$')",
        "not a place to start from: write Latest, Fresh, or the id of a checkpoint that status lists",
    ),
]

ENGINES = ("feldera", "flink", "hook", "elements")


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


class PipelineSpec(ApiModel):
    """The state you want, and how to get there."""

    desired_status: DesiredStatus = Field(
        default=DesiredStatus.RUNNING,
        description="The state you want: Running, Paused (provisioned, processes nothing), Standby"
        " (provisioned, follows the object store of storage.sync until it is to run) or"
        " Stopped (no compute; a checkpoint is made first unless force is set). Write it even"
        " where it is the default: Git tools guard only fields that a manifest names.",
    )
    force: bool = Field(
        default=False,
        description="Only with Stopped: stop now, without a checkpoint. It replaces a graceful"
        " stop that is under way and cannot be cancelled; the next start resumes from the latest"
        " checkpoint.",
    )
    bootstrap_policy: BootstrapPolicy = Field(
        default=BootstrapPolicy.AWAIT_APPROVAL,
        description="What the process does when its program is not the one that made the checkpoint:"
        " Allow takes the state over, Reject ends with an error, AwaitApproval waits for an approve"
        " request. It can be changed only while the pipeline is stopped; until then the change is held.",
    )
    start_from: StartFrom = Field(
        default=LATEST,
        description="Where the next start begins: Latest (the latest checkpoint), Fresh (no state) or a"
        " checkpoint's id. It counts for the first start after it was set; later ones begin from the"
        " latest checkpoint again, so that nothing is lost by accident.",
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
        " and restartPolicy Never. An edit is a graceful stop and a start.",
    )
    feldera: FelderaSpec | None = Field(
        default=None, description="The runtime speaks the Feldera pipeline HTTP contract."
    )
    flink: FlinkSpec | None = Field(
        default=None,
        description="The runtime is an Apache Flink job in an image made from Sluice's Flink image.",
    )
    hook: HookSpec | None = Field(
        default=None,
        description="The runtime is any container; a command or a request makes its checkpoints.",
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
            "!has(self.elements)",
            "this version runs no batch pipelines: write a feldera, flink or hook block instead of elements",
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
            "self.desiredStatus != 'Standby' || (has(self.storage) && has(self.storage.sync))",
            "desiredStatus Standby needs storage.sync, the object store to follow: write storage.sync.url,"
            " or desiredStatus Running or Paused",
            field=".desiredStatus",
        ),
        Rule(
            "has(self.elements) || has(self.template)",
            "a pipeline needs a pod template with at least one container: write template.spec.containers",
            field=".template",
        ),
        Rule(
            "!has(self.flink) || self.desiredStatus in ['Running', 'Stopped']",
            "Flink can neither pause a job nor keep one in standby: write desiredStatus Running or Stopped",
            field=".desiredStatus",
        ),
        Rule(
            "!has(self.flink) || !has(self.storage) || !has(self.storage.sync)",
            "Flink writes its checkpoints to the volume only: remove storage.sync",
            field=".storage",
        ),
        Rule(
            "!has(self.hook) || self.desiredStatus in ['Running', 'Stopped']",
            "a container that a hook serves can neither be paused nor follow another one: write desiredStatus"
            " Running or Stopped",
            field=".desiredStatus",
        ),
        Rule(
            "!has(self.hook) || !has(self.storage) || !has(self.storage.sync)",
            "nobody knows what a hook's container keeps on its volume, so it cannot be copied: remove"
            " storage.sync, and let the hook write to the object store",
            field=".storage",
        ),
        Rule(
            "!has(self.hook) || !has(self.checkpoint) || !has(self.checkpoint.intervalSeconds)",
            "the operator runs a hook by schedule: write checkpoint.schedule instead of"
            " checkpoint.intervalSeconds",
            field=".checkpoint",
        ),
    )
