"""The storage of ``Pipeline.spec``: the volume, and the object store that it is copied to."""

from typing import Annotated

from pydantic import Field

from sluice.api.model import ApiModel, Rule
from sluice.api.policies import PositiveSeconds
from sluice.api.statuses import VolumePolicy

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
StoreUrl = Annotated[
    str,
    Field(max_length=1024),
    Rule(
        r"self.matches('^[a-z][a-z0-9+.-]*://[^\\s]+$')",
        "not the folder of an object store: write a URL such as s3://bucket/folder",
    ),
]


class SyncSpec(ApiModel):
    """An object store that every checkpoint is copied to, and that a pipeline in Standby follows."""

    url: StoreUrl = Field(description="Folder of the object store, for example s3://bucket/folder.")
    options: dict[str, str] = Field(
        default_factory=dict,
        description="Further options of the object store's client, for example endpoint_url. Never a secret.",
    )
    secret_name: ObjectName | None = Field(
        default=None,
        description="Secret whose keys become environment variables of the runtime, for example"
        " AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
    )
    interval_seconds: PositiveSeconds = Field(
        default=10, description="How often a pipeline in Standby looks for a newer checkpoint, in seconds."
    )


class StorageSpec(ApiModel):
    """The volume that outlives stops. Without it a pipeline cannot make checkpoints."""

    size: Quantity = Field(
        default="10Gi",
        description="Size of the claim, as a Kubernetes quantity. Raising it grows the claim where its"
        " storage class allows that; it never shrinks.",
    )
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
    sync: SyncSpec | None = Field(
        default=None,
        description="Copy every checkpoint to an object store. Needed for Standby.",
    )
