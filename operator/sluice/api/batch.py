"""The batch blocks of ``Pipeline.spec``: a graph of elements, each of which runs as a Job.

An element has no defaults in the schema: a default inside a list would rewrite what a manifest set. Rules
that the API server would have to run over a thousand elements are kept cheap; what they cannot say (paths,
cycles, unknown dependencies) the operator finds before it starts anything.
"""

from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field

from sluice.api.model import ApiModel, Rule
from sluice.api.pod_template import PodTemplate
from sluice.api.policies import PositiveSeconds, Seconds

ELEMENTS_MAX: Final = 1000
ELEMENT_NAME_MAX_LENGTH: Final = 63
HOOK_SECONDS: Final = 60

ElementName = Annotated[
    str,
    Field(min_length=1, max_length=ELEMENT_NAME_MAX_LENGTH),
    Rule(
        "self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
        "the name of an element is part of the names of its Job and pods: write lowercase letters, digits and"
        " hyphens, with a letter or a digit at both ends",
    ),
]
Reference = Annotated[str, Field(max_length=ELEMENT_NAME_MAX_LENGTH)]
Argument = Annotated[str, Field(max_length=4096)]
Path = Annotated[str, Field(max_length=1024)]


class FailurePolicy(StrEnum):
    """What becomes of a run when an element of it has failed."""

    FAIL_FAST = "FailFast"
    CONTINUE = "Continue"


class ElementExec(ApiModel):
    """A command in the element's container."""

    command: Annotated[list[Argument], Field(min_length=1, max_length=100)] = Field(
        description="The command and its arguments. No shell is involved."
    )


class ElementHook(ApiModel):
    """What makes an element's checkpoint before it is canceled."""

    exec: ElementExec = Field(description="A command in the element's container.")
    timeout_seconds: PositiveSeconds | None = Field(
        default=None,
        description=f"The cancel waits so long for the hook, {HOOK_SECONDS} s if it is left out, and"
        " goes on without it then.",
    )


class ElementSpec(ApiModel):
    """One element of the graph."""

    name: ElementName = Field(description="Name of the element; no two have the same.")
    depends_on: Annotated[list[Reference], Field(max_length=ELEMENTS_MAX)] | None = Field(
        default=None, description="Elements that have to be Completed before this one starts."
    )
    args: Annotated[list[Argument], Field(max_length=100)] | None = Field(
        default=None, description="Arguments of the container, instead of the template's."
    )
    env: Annotated[dict[str, Argument], Field(max_length=100)] | None = Field(
        default=None, description="Further environment variables of the container, name and value."
    )
    template: PodTemplate | None = Field(
        default=None, description="Pod template of this element, instead of the shared one."
    )
    retries: Annotated[int, Field(ge=0, le=100)] | None = Field(
        default=None,
        description="So often it is tried again after it failed, 0 if it is left out. Kubernetes waits 10 s"
        " before the first retry and twice as long before each further one. A pod that was drained or evicted"
        " is made again without counting.",
    )
    timeout_seconds: PositiveSeconds | None = Field(
        default=None,
        description="It has failed when it has not ended after so many seconds, retries and waiting for a"
        " node included.",
    )
    hook: ElementHook | None = Field(
        default=None, description="Makes a checkpoint of the running element before it is canceled."
    )
    inputs: Annotated[list[Path], Field(max_length=100)] | None = Field(
        default=None,
        description="Paths below the shared volume that it reads. Each has to be an output of something that"
        " it depends on, directly or not, or to stand in batch.inputs.",
    )
    outputs: Annotated[list[Path], Field(max_length=100)] | None = Field(
        default=None,
        description="Paths below the shared volume that it makes. It has failed when one of them is not there"
        " at its end.",
    )


class BatchSpec(ApiModel):
    """How a graph of elements is run."""

    parallelism: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=10, description="So many elements are under way at once at most."
    )
    failure_policy: FailurePolicy = Field(
        default=FailurePolicy.FAIL_FAST,
        description="FailFast cancels everything else when an element has failed; Continue runs all that does"
        " not depend on it.",
    )
    ttl_seconds_after_finished: Seconds | None = Field(
        default=None,
        description="So many seconds after the end of a run its Jobs and pods are removed; status and the"
        " tails of the logs stay. Unset keeps them until the next run or the deletion. The pipeline itself is"
        " never removed: a Git tool would make it, and so run it, again.",
    )
    inputs: Annotated[list[Path], Field(max_length=100)] | None = Field(
        default=None, description="Paths below the shared volume that are there before anything runs."
    )


class OptionsSpec(ApiModel):
    """Options of the execution, as in the published API."""

    live_progress_updates: bool | None = Field(
        default=None,
        description="Whether progress that an element reports is shown in status while it runs: true shows it"
        " of every element, false of none. Unset: of those that have run for half a minute.",
    )
