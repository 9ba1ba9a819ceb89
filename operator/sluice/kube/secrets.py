"""One value of a Secret, read when it is needed and never kept."""

import base64
import binascii

from sluice.api.engine_blocks import SecretKey
from sluice.api.json_values import child
from sluice.kube import paths
from sluice.kube.client import Kube


class SecretMissingError(LookupError):
    """The value is not there, or is empty. The message says what to do, and holds nothing of any value."""


async def read_secret(kube: Kube, namespace: str, reference: SecretKey) -> str:
    """The value under a key.

    Raises :class:`SecretMissingError`, and ``ApiError`` and ``ApiUnreachableError``.
    """
    where = f"Secret {reference.name} in namespace {namespace}"
    body = await kube.get(paths.secret(namespace, reference.name))
    if body is None:
        raise SecretMissingError(f"there is no {where}: make it, with a key {reference.key}")
    try:
        encoded: object = child(body, "data").get(reference.key)
        value = base64.b64decode(encoded, validate=True).decode() if isinstance(encoded, str) else ""
    except (binascii.Error, UnicodeDecodeError):
        raise SecretMissingError(f"{reference.key} of {where} is no text: write it anew") from None
    if not value:
        raise SecretMissingError(f"{where} has no {reference.key}, or an empty one: write it")
    return value
