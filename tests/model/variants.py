"""What the numbers in a spec stand for: the few texts of it that are varied."""

from functools import cache
from typing import Any, NamedTuple

from sluice.api.json_values import Json
from sluice.api.kinds import PIPELINE
from sluice.manifests import revision_name

from .setting import Setting
from .world import User

NAME = "pipeline"
TEMPLATES = ("image-a", "image-b", "no image at all")
BAD = 2
"""The template that the API server does not take."""
BOOTSTRAPS = ("AwaitApproval", "Allow")
CLASSES = ("slow", "fast")
SIZES = ("10Gi", "20Gi")
STARTS = ("Latest", "Fresh")


class Variant(NamedTuple):
    """One spec, without what people want of the pipeline."""

    has_storage: bool
    template: int = 0
    bootstrap: int = 0
    storage_class: int = 0
    size: int = 0
    start: int = 0


def variant_of(user: User) -> Variant:
    """The spec that a person wrote."""
    return Variant(user.has_storage, user.template, user.bootstrap, user.storage_class, user.size, user.start)


ALL = tuple(
    Variant(bool(storage), template, bootstrap, storage_class, size, start)
    for start in range(len(STARTS))
    for size in range(len(SIZES))
    for storage_class in range(len(CLASSES))
    for bootstrap in range(len(BOOTSTRAPS))
    for template in range(len(TEMPLATES))
    for storage in range(2)
)


def number_of_variant(variant: Variant) -> int:
    """Its number, from 1 on: 1 is the plain spec without storage, 2 the one with it."""
    return ALL.index(variant) + 1


def variant_with(number: int) -> Variant:
    """The opposite."""
    return ALL[number - 1]


@cache
def raw_spec(variant: Variant, setting: Setting) -> Json:
    """The spec as a person writes it."""
    spec: Json = {
        "feldera": {},
        "template": {"spec": {"containers": [{"name": "main", "image": TEMPLATES[variant.template]}]}},
        "bootstrapPolicy": BOOTSTRAPS[variant.bootstrap],
        "startFrom": STARTS[variant.start],
        **setting.policies(),
    }
    if variant.has_storage:
        spec["storage"] = _storage(variant, setting)
    return spec


def _storage(variant: Variant, setting: Setting) -> Json:
    storage: dict[str, Any] = {
        "size": SIZES[variant.size],
        "storageClassName": CLASSES[variant.storage_class],
        "onDelete": setting.on_delete.value,
    }
    if "standby" in setting.happens:
        storage["sync"] = {"url": "s3://bucket/folder"}
    if setting.existing_claim:
        storage["existingClaim"] = "claim"
    return storage


@cache
def revisions(setting: Setting) -> tuple[str, ...]:
    """The real names of the revisions of all variants."""
    return tuple(revision_name(PIPELINE, NAME, raw_spec(variant, setting)) for variant in ALL)


@cache
def numbers(setting: Setting) -> dict[str, int]:
    """The opposite: the number of the variant whose revision has a name."""
    return {name: number for number, name in enumerate(revisions(setting), 1)}
