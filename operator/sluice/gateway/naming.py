"""Names over HTTP and names in Kubernetes.

The published API allows capitals and underscores and 63 characters, Kubernetes does not. Such a name becomes
one that Kubernetes allows, always the same, and an annotation keeps it as it was written.
"""

import hashlib
import re
from typing import Final

from sluice.api.constants import ANNOTATION_API_NAME, NAME_MAX_LENGTH
from sluice.api.errors import ErrorCode
from sluice.api.json_values import Json, texts
from sluice.gateway.errors import refusal

PATTERN: Final = r"^([A-Za-z0-9][-A-Za-z0-9_]*)?[A-Za-z0-9]$"
"""Of the published API (reference 1.4)."""
MAX_LENGTH: Final = 63
API_NAME: Final = re.compile(PATTERN.replace("$", r"\Z"))
OBJECT_NAME: Final = re.compile(r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?\Z")
DIGEST_LENGTH: Final = 10
RESOURCE_MAX_LENGTH: Final = 253


def object_name(name: str) -> str:
    """The name in Kubernetes: the same where it can be, else one that only this name leads to."""
    if is_object_name(name):
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:DIGEST_LENGTH]
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower())[: NAME_MAX_LENGTH - DIGEST_LENGTH - 1].strip("-")
    return f"{plain}-{digest}"


def is_object_name(name: str) -> bool:
    """Whether an object can have this very name."""
    return len(name) <= NAME_MAX_LENGTH and OBJECT_NAME.match(name) is not None


def is_resource_name(name: str) -> bool:
    """Whether a service account or a ConfigMap can have this name."""
    return len(name) <= RESOURCE_MAX_LENGTH and OBJECT_NAME.match(name) is not None


def can_be_name(name: str) -> bool:
    """Whether there can be a pipeline of this name; whatever else stands there becomes no part of a path."""
    return is_object_name(name) or (len(name) <= MAX_LENGTH and API_NAME.match(name) is not None)


def api_name(metadata: Json) -> str:
    """The name as it was written, if the annotation that keeps it is true."""
    own = str(metadata["name"])
    kept = texts(metadata, "annotations").get(ANNOTATION_API_NAME)
    return kept if kept is not None and can_be_name(kept) and object_name(kept) == own else own


def check_new_name(name: str) -> None:
    """Raises for a name that the published API does not allow."""
    if not name:
        raise refusal(ErrorCode.EMPTY_NAME)
    if len(name) > MAX_LENGTH:
        raise refusal(ErrorCode.LONG_NAME, length=len(name), maximum=MAX_LENGTH)
    if API_NAME.match(name) is None:
        raise refusal(ErrorCode.ILLEGAL_NAME, pattern=PATTERN)
