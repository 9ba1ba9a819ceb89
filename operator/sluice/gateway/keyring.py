"""Turns an API key into a token of the service account that it stands for.

What is kept in memory is a convenience and can be lost at any time: which keys were found right, and tokens
until shortly before they expire. A key that was revoked is refused at its next use, for its Secret is read
each time.
"""

import asyncio
import hashlib
import hmac
import logging
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final, TypeVar

from sluice.api.errors import ErrorCode
from sluice.api.json_values import Json, child
from sluice.gateway.errors import refusal, unauthorized
from sluice.gateway.keys import KEY, KeyRecord, Role, is_right, read_key, secret_name
from sluice.gateway.limits import Buckets
from sluice.kube import ApiError, ApiUnreachableError, Kube, paths

logger = logging.getLogger("sluice.gateway")

TOKEN_SECONDS: Final = 600
"""The shortest that the API server makes."""
MARGIN_SECONDS: Final = 120
REMEMBERED: Final = 4096
HASHES_AT_ONCE: Final = 2
GUESSES_A_SECOND: Final = 1.0
GUESSES_AT_ONCE: Final = 10
_Key = TypeVar("_Key")
_Value = TypeVar("_Value")
UNKNOWN_KEY: Final = "The API key is not known here, or was revoked."


@dataclass(frozen=True, slots=True)
class Login:
    """Whom an API key stands for."""

    namespace: str
    account: str
    role: Role
    token: str


class Keyring:
    """The API keys of one namespace of Secrets, read with the gateway's own rights."""

    def __init__(self, own: Callable[[], Kube], namespace: str) -> None:
        """``own`` gives a client with the gateway's own rights."""
        self._own = own
        self.namespace = namespace
        self._pepper = secrets.token_bytes(32)
        self._right: OrderedDict[str, tuple[str, bytes]] = OrderedDict()
        self._tokens: OrderedDict[tuple[str, str], tuple[str, float]] = OrderedDict()
        self._hashing = asyncio.Semaphore(HASHES_AT_ONCE)
        self._guesses = Buckets(GUESSES_A_SECOND, GUESSES_AT_ONCE)

    async def log_in(self, text: str) -> Login:
        """Whom the key stands for. Raises a refusal for a key that is not in force."""
        found = KEY.match(text)
        body = None if found is None else await self._observe(secret_name(found[1]))
        record = None if body is None else read_key(body)
        if found is None or record is None or not await self._is_right(record, found[2]):
            raise unauthorized(UNKNOWN_KEY)
        token = await self._observe_token(record)
        return Login(record.namespace, record.account, record.role, token)

    def forget(self, login: Login) -> None:
        """The cluster did not accept the token: its account was made anew, or its keys were."""
        self._tokens.pop((login.namespace, login.account), None)

    async def _observe(self, name: str) -> Json | None:
        try:
            return await self._own().get(paths.secret(self.namespace, name))
        except ApiError as error:
            raise _misconfigured(error, f"read the Secrets of namespace {self.namespace}") from error

    async def _is_right(self, record: KeyRecord, value: str) -> bool:
        fingerprint = hashlib.blake2b(value.encode(), key=self._pepper).digest()
        version, known = self._right.get(record.id, ("", b""))
        if version == f"{record.uid}/{record.version}" and hmac.compare_digest(known, fingerprint):
            return True
        wait = self._guesses.take(record.id)
        if wait:
            raise too_many(wait)
        async with self._hashing:
            is_it = await asyncio.to_thread(is_right, record, value)
        if is_it:
            _remember(self._right, record.id, (f"{record.uid}/{record.version}", fingerprint))
        return is_it

    async def _observe_token(self, record: KeyRecord) -> str:
        place = (record.namespace, record.account)
        token, until = self._tokens.get(place, ("", 0.0))
        if time.monotonic() < until:
            return token
        token, seconds = await self._make_token(*place)
        _remember(self._tokens, place, (token, time.monotonic() + max(0.0, seconds - MARGIN_SECONDS)))
        return token

    async def _make_token(self, namespace: str, account: str) -> tuple[str, float]:
        request: Json = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"expirationSeconds": TOKEN_SECONDS},
        }
        try:
            answer = await self._own().create(paths.service_account_token(namespace, account), request)
        except ApiError as error:
            if error.is_not_found:
                raise unauthorized("The service account of the API key is no more.") from error
            what = f"make tokens of service account {account} in namespace {namespace}"
            raise _misconfigured(error, what) from error
        status = child(answer, "status")
        expires = datetime.fromisoformat(str(status["expirationTimestamp"]))
        return str(status["token"]), (expires - datetime.now(UTC)).total_seconds()


def too_many(wait: float) -> Exception:
    """A caller asks too often."""
    seconds = max(1, round(wait + 0.5))
    return refusal(ErrorCode.TOO_MANY, seconds=seconds, headers={"Retry-After": str(seconds)})


def _misconfigured(error: ApiError, what: str) -> Exception:
    """The gateway's own rights do not do: nothing that the caller could mend by another token."""
    if error.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        logger.error("the gateway may not %s: see docs/gateway.md on API keys", what)
        return refusal(ErrorCode.FORBIDDEN, reason=f"the gateway itself may not {what}")
    if error.status == HTTPStatus.TOO_MANY_REQUESTS or error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ApiUnreachableError(str(error))
    return error


def _remember(kept: OrderedDict[_Key, _Value], key: _Key, value: _Value) -> None:
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > REMEMBERED:
        kept.popitem(last=False)
