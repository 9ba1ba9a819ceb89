"""Pod templates, as people write them: passed on as they are, and checked by the API server."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from sluice.api.model import ApiModel


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
