"""Requests: what people ask for once, by an annotation that a Git tool leaves alone.

``requests.sluice.dev/<verb>`` holds a JSON object with a ``token``, the object's ``uid`` and the arguments of
the verb. A bare token, as a person types it, is enough for verbs that destroy nothing. Reading is tolerant:
whatever stands there becomes a request, if need be one with a ``problem``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from sluice.api.constants import REQUESTS_PREFIX
from sluice.api.json_values import Json, as_object
from sluice.api.statuses import RequestVerb

TOKEN_MAX_LENGTH: Final = 64
NEEDS_UID: Final = frozenset({RequestVerb.CLEAR_STORAGE, RequestVerb.OVERRIDE})
"""A restored backup, or a copied manifest, must not clear or stop another object of the same name."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request. ``problem`` says, as a sentence, why it cannot be understood."""

    verb: RequestVerb
    token: str
    uid: str | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict[str, Any], hash=False)
    problem: str | None = None


def read_requests(annotations: Mapping[str, str]) -> tuple[Request, ...]:
    """Every request among the annotations of an object, in the order of the verbs."""
    found = ((verb, annotations.get(REQUESTS_PREFIX + verb)) for verb in RequestVerb)
    return tuple(_read(verb, text) for verb, text in found if text is not None)


def build_request(verb: RequestVerb, token: str, uid: str, arguments: Json | None = None) -> tuple[str, str]:
    """Name and value of the annotation that asks for ``verb``."""
    return REQUESTS_PREFIX + verb, orjson.dumps({**(arguments or {}), "token": token, "uid": uid}).decode()


def _read(verb: RequestVerb, text: str) -> Request:
    if not text.lstrip().startswith("{"):
        token = text.strip()
        problem = _problem_of_token(token)
        if problem is None and verb in NEEDS_UID:
            problem = f'{verb} needs the object\'s uid: write {{"token": "{token}", "uid": "..."}}'
        return Request(verb, token[:TOKEN_MAX_LENGTH], problem=problem)
    try:
        fields = as_object(orjson.loads(text))
    except orjson.JSONDecodeError as error:
        return Request(verb, text[:TOKEN_MAX_LENGTH], problem=f"it is not JSON ({error})")
    token, uid = fields.pop("token", None), fields.pop("uid", None)
    if not isinstance(token, str):
        return Request(
            verb, text[:TOKEN_MAX_LENGTH], problem="it has no token: write a new one for each request"
        )
    uid = uid if isinstance(uid, str) else None
    problem = _problem_of_token(token)
    if problem is None and uid is None and verb in NEEDS_UID:
        problem = f"{verb} needs the object's uid"
    return Request(verb, token[:TOKEN_MAX_LENGTH], uid, fields, problem)


def _problem_of_token(token: str) -> str | None:
    if not token:
        return "its token is empty: write a new one for each request"
    if len(token) > TOKEN_MAX_LENGTH:
        return f"its token has more than {TOKEN_MAX_LENGTH} characters"
    return None
