"""``Pipeline.spec``: what a person declares. The CRD's schema is generated from these models.

Descriptions are what ``kubectl explain`` shows. No default depends on the operator's version and
none rewrites a field that a manifest sets: a Git tool must see no drift.
"""

from typing import Annotated, ClassVar

from pydantic import Field

from sluice.api.batch import ELEMENTS_MAX, BatchSpec, ElementSpec, OptionsSpec
from sluice.api.engine_blocks import FelderaSpec, FlinkSpec, HookSpec
from sluice.api.model import ApiModel, Rule
from sluice.api.pod_template import PodTemplate
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


class PipelineSpec(ApiModel):
    """The state you want, and how to get there."""

    desired_status: DesiredStatus = Field(
        default=DesiredStatus.RUNNING,
        description="The state you want: Running, Paused (provisioned, processes nothing), Standby"
        " (provisioned, follows the object store of storage.sync until it is to run),"
        " Stopped (no compute; a checkpoint is made first unless force is set) or, with elements,"
        " Canceled (whatever has not ended is canceled). Write it even"
        " where it is the default: Git tools guard only fields that a manifest names.",
    )
    force: bool = Field(
        default=False,
        description="Only with Stopped and Canceled: stop now, without a checkpoint. It replaces a graceful"
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
        description="A start that does not serve after so many seconds ends in Stopped with deploymentError."
        " Of elements: one that has a node and does not start, or that the cluster refuses, fails then.",
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
    elements: Annotated[list[ElementSpec], Field(min_length=1, max_length=ELEMENTS_MAX)] | None = Field(
        default=None,
        description="A batch pipeline: a graph of elements, each of which runs once, as a Job. A run keeps"
        " the elements that it began with; an edit counts from the next run on, which a restart request"
        " begins.",
        json_schema_extra={
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"],
        },
    )
    batch: BatchSpec | None = Field(default=None, description="Only with elements: how they are run.")
    options: OptionsSpec | None = Field(default=None, description="Only with elements: further options.")

    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "[has(self.feldera), has(self.flink), has(self.hook), has(self.elements)]"
            ".filter(present, present).size() == 1",
            "write exactly one engine block: feldera, flink, hook or elements",
        ),
        Rule(
            "has(self.elements) == has(oldSelf.elements)",
            "a pipeline with elements cannot become one without them, nor the other way round: delete it, and"
            " write another",
        ),
        Rule(
            "!has(self.elements) || self.desiredStatus in ['Running', 'Canceled']",
            "elements run or are canceled: write desiredStatus Running or Canceled",
            field=".desiredStatus",
        ),
        Rule(
            "has(self.elements) || (!has(self.batch) && !has(self.options))",
            "batch and options go only with elements: remove them",
        ),
        Rule(
            "!has(self.elements) || !has(self.storage) || !has(self.storage.sync)",
            "elements make no checkpoints that could be copied: remove storage.sync",
            field=".storage",
        ),
        Rule(
            "!has(self.elements) || !has(self.checkpoint)"
            " || (!has(self.checkpoint.intervalSeconds) && !has(self.checkpoint.schedule))",
            "elements make their own checkpoints: remove checkpoint.intervalSeconds and checkpoint.schedule",
            field=".checkpoint",
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
            "has(self.template) || (has(self.elements) && self.elements.all(each, has(each.template)))",
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
