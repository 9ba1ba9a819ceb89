"""A gateway that is asked without a network, before an API server in memory."""

import asyncio
import functools
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote, urlsplit

from fastapi import FastAPI
from starlette.types import Message

from sluice.api.constants import REQUESTS_PREFIX
from sluice.api.json_values import Json
from sluice.api.kinds import DEPLOYMENT, PIPELINE, Kind
from sluice.gateway.app import build_app
from sluice.gateway.plumbing import Gateway
from sluice.gateway.settings import GatewaySettings
from sluice.kube import ApiError, ApiUnreachableError, Callers, Kube, paths

from ..reconcile.fake_kube import FakeKube

UID = "3f0c7f9e-6a52-4c57-9d1e-8d3a5c1b2a10"
DEPLOYMENT_ID = "0199a6c4-0000-7000-8000-000000000001"
CREATED = "2026-03-01T12:00:00Z"
TOKEN = "a-very-secret-token"
SPEC: Json = {
    "desiredStatus": "Running",
    "storage": {"size": "1Gi"},
    "template": {"spec": {"containers": [{"name": "main", "image": "example.com/job:1"}]}},
    "feldera": {},
}


@dataclass(frozen=True)
class Answer:
    """What a client got."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The error's code."""
        assert set(self.json) == {"message", "error_code", "details"}
        return str(self.json["error_code"])


@dataclass
class Nodes:
    """What is behind the API server: processes and logs."""

    answers: dict[str, tuple[int, bytes]] = field(default_factory=dict[str, tuple[int, bytes]])
    asked: list[str] = field(default_factory=list[str])
    pieces: list[bytes] = field(default_factory=list[bytes])
    log_status: int = 200
    error: Exception | None = None
    is_log_open: bool = False
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    opened: asyncio.Event = field(default_factory=asyncio.Event)
    is_endless: bool = False
    """The log goes on after its pieces, and nothing is written."""
    breaks: bool = False


@dataclass
class Rights:
    """Who the caller is, and which service accounts the caller may make tokens of."""

    user: str = "system:serviceaccount:shop:clerk"
    accounts: set[str] = field(default_factory=lambda: {"clerk"})
    made: int = 0
    """Tokens of service accounts that were made."""
    lifetime: float = 600.0
    """Of such a token, in seconds."""


class GatewayKube(FakeKube):
    """The fake, with proxies, logs and lists that a selector narrows down."""

    def __init__(self) -> None:
        super().__init__()
        self.nodes = Nodes()
        self.rights = Rights()
        self.put("/version", {"major": "1"})

    async def list(
        self, path: str, label_selector: str | None = None, field_selector: str | None = None
    ) -> AsyncIterator[Json]:
        async for known in super().list(path.partition("?")[0] + "/", label_selector, field_selector):
            label, _, value = (label_selector or "").partition("=")
            if not label or known["metadata"].get("labels", {}).get(label) == value:
                yield known

    async def create(self, path: str, body: Json, *, is_dry_run: bool = False) -> Json:
        """Reviews and tokens are answered and kept nowhere."""
        if path == paths.own_identity():
            self._note("ASK", path)
            return {"status": {"userInfo": {"username": self.rights.user}}}
        if path == paths.own_access_review():
            self._note("ASK", path)
            wanted = body["spec"]["resourceAttributes"]
            assert (wanted["verb"], wanted["resource"], wanted["subresource"]) == (
                "create",
                "serviceaccounts",
                "token",
            )
            return {"status": {"allowed": wanted["name"] in self.rights.accounts}}
        if path.endswith("/token"):
            self._note("POST", path)
            self.rights.made += 1
            until = datetime.now(UTC) + timedelta(seconds=self.rights.lifetime)
            return {"status": {"token": TOKEN, "expirationTimestamp": until.isoformat()}}
        return await super().create(path, body, is_dry_run=is_dry_run)

    async def raw(
        self, method: str, path: str, deadline: float, body: Json | None = None
    ) -> tuple[int, bytes]:
        self._note(method, path)
        self.nodes.asked.append(f"{method} {path}")
        assert deadline > 0
        if self.nodes.error is not None:
            raise self.nodes.error
        return self.nodes.answers.get(path.partition("/proxy")[2], (404, b"{}"))

    @asynccontextmanager
    async def stream(self, path: str, deadline: float) -> AsyncGenerator[tuple[int, AsyncIterator[bytes]]]:
        self._note("GET", path)
        self.nodes.asked.append(f"GET {path}")
        assert deadline > 0
        if self.nodes.error is not None:
            raise self.nodes.error
        self.nodes.is_log_open = True
        self.nodes.opened.set()
        try:
            yield self.nodes.log_status, self._pieces()
            if self.nodes.breaks:
                raise ApiUnreachableError("the connection was lost")
        finally:
            self.nodes.is_log_open = False
            self.nodes.closed.set()

    async def _pieces(self) -> AsyncIterator[bytes]:
        for piece in self.nodes.pieces:
            yield piece
        if self.nodes.is_endless:
            await asyncio.Event().wait()


class _StrangerKube(GatewayKube):
    def _note(self, method: str, path: str) -> None:
        raise ApiError(401, "Unauthorized", "Unauthorized")


class FakeCallers(Callers):
    """One token is known to the cluster."""

    def __init__(self, kube: Kube) -> None:
        self._kube = kube
        self.seen: list[str | None] = []

    def acting_as(self, token: str) -> Kube:
        self.seen.append(token)
        return self._kube if token == TOKEN else _StrangerKube()

    def acting_as_self(self) -> Kube:
        self.seen.append(None)
        return self._kube


@functools.cache
def _build_app() -> FastAPI:
    """It is stateless but for what it is given, and takes a while to build."""
    kube = GatewayKube()
    return build_app(Gateway(FakeCallers(kube), GatewaySettings()))


class House:
    """The gateway and its surroundings."""

    def __init__(self, settings: GatewaySettings | None = None, kube: FakeKube | None = None) -> None:
        self.settings = settings or GatewaySettings(namespace="shop", keys_namespace="keys")
        own = GatewayKube()
        self.kube = kube or own
        self.nodes = own.nodes
        self.rights = own.rights
        self.callers = FakeCallers(self.kube)
        self.app = _build_app()
        self.app.state.gateway = Gateway(self.callers, self.settings)

    def hold(self, body: Json, name: str = "orders") -> None:
        """The API server has this pipeline."""
        self.kube.put(paths.pipeline("shop", name), body)

    def hold_deployment(self, body: Json) -> None:
        """The API server has this deployment."""
        self.kube.put(paths.resource(DEPLOYMENT, "shop", body["metadata"]["name"]), body)

    def asked(self, name: str = "orders", kind: Kind = PIPELINE) -> dict[str, Json]:
        """What the object's annotations ask for, by verb."""
        metadata = self.kube.objects[paths.resource(kind, "shop", name)]["metadata"]
        found: dict[str, str] = metadata.get("annotations", {})
        return {
            key.removeprefix(REQUESTS_PREFIX): json.loads(text)
            for key, text in found.items()
            if key.startswith(REQUESTS_PREFIX)
        }

    async def call(
        self,
        method: str,
        target: str,
        *,
        token: str | None = TOKEN,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        leaves_after: int | None = None,
    ) -> Answer:
        """One request. The client leaves after so many pieces of the answer, or when it is whole."""
        given = {**({"Authorization": f"Bearer {token}"} if token else {}), **(headers or {})}
        parts = urlsplit(target)
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(parts.path),
            "raw_path": parts.path.encode(),
            "root_path": "",
            "query_string": parts.query.encode(),
            "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in given.items()],
            "client": ("192.0.2.1", 1234),
            "server": ("gateway", 80),
        }
        exchange = _Exchange(body, leaves_after)
        await self.app(scope, exchange.receive, exchange.send)
        return exchange.answer()


class _Exchange:
    """One request and its answer, as a server hands them over."""

    def __init__(self, body: bytes, leaves_after: int | None) -> None:
        self._body: bytes | None = body
        self._left = leaves_after
        self._gone = asyncio.Event()
        self._messages: list[Message] = []

    async def receive(self) -> Message:
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        self._messages.append(message)
        pieces = sum(each["type"] == "http.response.body" for each in self._messages)
        if self._left is not None and pieces >= self._left:
            self._gone.set()

    def answer(self) -> Answer:
        start, *pieces = self._messages
        assert start["type"] == "http.response.start"
        return Answer(
            start["status"],
            {name.decode(): value.decode() for name, value in start["headers"]},
            b"".join(piece.get("body", b"") for piece in pieces),
        )


# --- Pipelines -------------------------------------------------------------------------------------------


def build_pipeline(status: Json | None = None, *, name: str = "orders", **spec: Any) -> Json:
    """A pipeline whose status the operator wrote last."""
    given = {"observedGeneration": 3, **(status or {})}
    metadata: Json = {
        "namespace": "shop",
        "name": name,
        "uid": UID,
        "generation": 3,
        "creationTimestamp": CREATED,
    }
    declared = {key: value for key, value in {**SPEC, **spec}.items() if value is not None}
    return {"kind": "Pipeline", "metadata": metadata, "spec": declared, "status": given}


def stopped(*, error: bool = False, storage: str = "InUse", **status: Any) -> Json:
    """Status of a pipeline at rest."""
    failed = {"message": "it broke", "error_code": "RunnerCheckError", "details": {"exitCode": 1}}
    return {
        "deploymentStatus": "Stopped",
        "deploymentDesiredStatus": "Stopped",
        "deploymentResourcesStatus": "Stopped",
        "deploymentResourcesDesiredStatus": "Stopped",
        "storageStatus": storage,
        **({"deploymentError": failed} if error else {}),
        **status,
    }


def up(runtime: str = "Running", desired: str = "Running", **status: Any) -> Json:
    """Status of a pipeline whose process answers."""
    return {
        "deploymentStatus": runtime,
        "deploymentDesiredStatus": desired,
        "deploymentResourcesStatus": "Provisioned",
        "deploymentResourcesDesiredStatus": "Provisioned",
        "deploymentRuntimeStatus": runtime,
        "deploymentRuntimeDesiredStatus": desired,
        "deploymentId": DEPLOYMENT_ID,
        "deploymentInitial": "Running",
        "bootstrapPolicy": "AwaitApproval",
        "storageStatus": "InUse",
        "runtime": {"name": "orders-runtime-0"},
        **status,
    }


def suspending() -> Json:
    """Status of a graceful stop that waits for its checkpoint."""
    stop = {"mode": "Graceful", "cause": "Requested", "requestedAt": CREATED}
    return up(desired="Suspended", deploymentStatus="Suspending", stop=stop)


def stopping(cause: str = "Requested") -> Json:
    """Status of a stop that waits for the pod's end."""
    return stopped(
        deploymentStatus="Stopping",
        deploymentResourcesStatus="Stopping",
        stop={"mode": "Graceful", "cause": cause, "requestedAt": CREATED},
    )


def starting() -> Json:
    """Status of a start that waits for its process."""
    return up(
        deploymentStatus="Provisioning",
        deploymentResourcesStatus="Provisioning",
        deploymentRuntimeStatus=None,
        deploymentRuntimeDesiredStatus=None,
    )
