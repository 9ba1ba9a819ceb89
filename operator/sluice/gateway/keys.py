"""API keys: how they look, and what of them is kept.

A key is ``apikey:ID.SECRET``. The id names the Secret that knows it; of the secret, which has 256 random
bits, only a salted hash is kept there (scrypt, with its parameters beside it).
"""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sluice.api import constants
from sluice.api.json_values import Json, child, texts

PREFIX: Final = "apikey:"
KEY: Final = re.compile(r"^apikey:([0-9a-f]{32})\.([A-Za-z0-9_-]{43})\Z")
SECRET_PREFIX: Final = "sluice-api-key-"  # noqa: S105 - of the names of Secrets
SECRET_TYPE: Final = f"{constants.GROUP}/api-key"
SALT_BYTES: Final = 16
COST: Final = 2**14
BLOCK_SIZE: Final = 8
MAX_MEMORY: Final = 64 * 1024 * 1024


class Role(StrEnum):
    """What a key may be used for, within the rights of its service account."""

    READ = "read"
    WRITE = "write"


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """What is kept of a key."""

    id: str
    uid: str
    version: str
    name: str
    namespace: str
    account: str
    role: Role
    salt: bytes
    digest: bytes
    cost: int


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made: ``text`` is shown once and kept nowhere."""

    text: str
    secret: Json


def key_id(namespace: str, name: str) -> str:
    """Fixed by namespace and name, so that the API server itself refuses a second key of one name."""
    return hashlib.sha256(f"{namespace}/{name}".encode()).hexdigest()[:32]


def secret_name(id_: str) -> str:
    """Name of the Secret that knows the key."""
    return SECRET_PREFIX + id_


def make_key(namespace: str, name: str, account: str, role: Role) -> NewKey:
    """A new key for a service account, and the Secret that will know it."""
    id_, value, salt = key_id(namespace, name), secrets.token_urlsafe(32), secrets.token_bytes(SALT_BYTES)
    body: Json = {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": SECRET_TYPE,
        "immutable": True,
        "metadata": {
            "name": secret_name(id_),
            "labels": {
                constants.LABEL_MANAGED_BY: constants.GATEWAY_FIELD_MANAGER,
                constants.LABEL_API_KEY: namespace,
            },
            "annotations": {
                constants.ANNOTATION_API_KEY_NAME: name,
                constants.ANNOTATION_API_KEY_ROLE: role.value,
                constants.ANNOTATION_SERVICE_ACCOUNT: account,
            },
        },
        "data": {
            "salt": _encode(salt),
            "scrypt": _encode(_scrypt(value, salt, COST)),
            "cost": _encode(str(COST).encode()),
        },
    }
    return NewKey(f"{PREFIX}{id_}.{value}", body)


def read_key(body: Json) -> KeyRecord | None:
    """What a Secret knows of a key; ``None`` for one that is none, or was meddled with."""
    metadata, data = child(body, "metadata"), texts(body, "data")
    labels, annotations = texts(metadata, "labels"), texts(metadata, "annotations")
    namespace = labels.get(constants.LABEL_API_KEY, "")
    name = annotations.get(constants.ANNOTATION_API_KEY_NAME, "")
    id_ = key_id(namespace, name)
    if body.get("type") != SECRET_TYPE or metadata.get("name") != secret_name(id_):
        return None
    try:
        return KeyRecord(
            id=id_,
            uid=str(metadata.get("uid")),
            version=str(metadata.get("resourceVersion")),
            name=name,
            namespace=namespace,
            account=annotations[constants.ANNOTATION_SERVICE_ACCOUNT],
            role=Role(annotations[constants.ANNOTATION_API_KEY_ROLE]),
            salt=_decode(data["salt"]),
            digest=_decode(data["scrypt"]),
            cost=int(_decode(data["cost"])),
        )
    except (LookupError, ValueError, binascii.Error):
        return None


def is_right(record: KeyRecord, value: str) -> bool:
    """Whether the secret part of a key is the one that was made. Takes some 50 ms of CPU."""
    try:
        found = _scrypt(value, record.salt, record.cost)
    except ValueError:
        return False
    return hmac.compare_digest(found, record.digest)


def _scrypt(value: str, salt: bytes, cost: int) -> bytes:
    return hashlib.scrypt(value.encode(), salt=salt, n=cost, r=BLOCK_SIZE, p=1, maxmem=MAX_MEMORY, dklen=32)


def _encode(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _decode(value: str) -> bytes:
    return base64.b64decode(value, validate=True)
