"""A thin client over ``kubernetes.aio``.

Objects are plain dicts as the API server sent them: typed models would drop the fields that a newer server
knows. Nothing is retried here. The work queue looks at the world again instead, and decides anew.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, cast
from urllib.request import getproxies_environment

import aiohttp
import orjson
import yaml
from kubernetes.aio import client
from kubernetes.aio.config.config_exception import ConfigException

from sluice.api.constants import FIELD_MANAGER
from sluice.api.json_values import Json, child, children
from sluice.kube.cluster import Cluster
from sluice.kube.errors import ApiError, ApiUnreachableError, NoClusterError
from sluice.kube.paths import with_query

MERGE_PATCH = "application/merge-patch+json"
DEADLINE_SECONDS = 15.0
CONNECTIONS = 64
LIST_CHUNK = 500
RAW_LIMIT_BYTES = 1024 * 1024
OWN_TIMEOUT = aiohttp.ClientTimeout(total=None)
"""Ours is the only deadline; the library's own is five minutes."""
HEARTBEAT_SECONDS = 20.0
"""Keeps a WebSocket open on which nothing is said for long, and notices one that is broken."""
CLOSING = aiohttp.ClientWSTimeout(ws_close=1.0)  # pyright: ignore[reportCallIssue] - attrs makes the parameter


class Kube:
    """Reads and writes of single objects, each with a deadline.

    Raises :class:`ApiError` for an answer that is an error and :class:`ApiUnreachableError` for none.
    """

    def __init__(self, api: client.ApiClient, field_manager: str = FIELD_MANAGER) -> None:
        # The generated client has no annotations on what is used of it here.
        self._api: Any = api
        self._field_manager = field_manager
        self._patient: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close what was opened beside the client's own session."""
        if self._patient is not None:
            await self._patient.close()

    async def get(self, path: str) -> Json | None:
        """The object at ``path``, or ``None`` when there is none."""
        try:
            return await self._call("GET", path)
        except ApiError as error:
            if error.is_not_found:
                return None
            raise

    async def list(
        self, path: str, label_selector: str | None = None, field_selector: str | None = None
    ) -> AsyncIterator[Json]:
        """All objects of a collection, read in chunks."""
        selectors = {"labelSelector": label_selector, "fieldSelector": field_selector}
        token: str | None = None
        while True:
            query = with_query(path, **selectors, limit=LIST_CHUNK, **{"continue": token})
            page = await self._call("GET", query)
            for item in children(page, "items"):
                yield item
            token = child(page, "metadata").get("continue")
            if not token:
                return

    async def create(self, path: str, body: Json, *, is_dry_run: bool = False) -> Json:
        """Create, or only try to; 409 with reason ``AlreadyExists`` when the name is taken."""
        query = with_query(path, fieldManager=self._field_manager, dryRun="All" if is_dry_run else None)
        return await self._call("POST", query, body)

    async def merge(self, path: str, patch: Json) -> Json:
        """JSON merge patch. A ``metadata.resourceVersion`` in it makes it conditional (409)."""
        query = with_query(path, fieldManager=self._field_manager)
        return await self._call("PATCH", query, patch, content_type=MERGE_PATCH)

    async def delete(self, path: str, *, uid: str | None = None, grace_seconds: int | None = None) -> bool:
        """Delete the object with this uid and no other. False when it is not there any more."""
        options: Json = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background"}
        if uid is not None:
            options["preconditions"] = {"uid": uid}
        if grace_seconds is not None:
            options["gracePeriodSeconds"] = grace_seconds
        try:
            await self._call("DELETE", path, options)
        except ApiError as error:
            # A conflict on the uid: the object that was meant is gone, another has its name.
            if error.is_not_found or error.is_conflict:
                return False
            raise
        return True

    async def delete_all(self, path: str, label_selector: str) -> None:
        """Delete every object of a collection that the selector matches."""
        await self._call("DELETE", with_query(path, labelSelector=label_selector))

    async def raw(
        self, method: str, path: str, deadline: float, body: Json | None = None
    ) -> tuple[int, bytes]:
        """Status code and body as they came, at most :data:`RAW_LIMIT_BYTES` of it."""
        async with self._answer(method, path, body, None, deadline) as answer:
            content = await answer.content.read(RAW_LIMIT_BYTES + 1)
            while len(content) <= RAW_LIMIT_BYTES and (more := await answer.content.read(RAW_LIMIT_BYTES)):
                content += more
            return answer.status, content

    @asynccontextmanager
    async def open_socket(
        self, path: str, protocols: Sequence[str]
    ) -> AsyncGenerator[aiohttp.ClientWebSocketResponse]:
        """A WebSocket. What goes wrong with it is aiohttp's to say; the deadline is the caller's."""
        headers: dict[str, str] = {}
        await self._api.update_params_for_auth(headers, [], ["BearerToken"], path, "GET", None)
        async with self._patient_session().ws_connect(
            self._api.configuration.host + path,
            protocols=protocols,
            headers=headers,
            heartbeat=HEARTBEAT_SECONDS,
            timeout=CLOSING,
            proxy=self._api.rest_client.proxy,
            server_hostname=self._api.configuration.tls_server_name,
        ) as socket:
            yield socket

    async def _call(
        self, method: str, path: str, body: Json | None = None, content_type: str | None = None
    ) -> Json:
        async with self._answer(method, path, body, content_type, DEADLINE_SECONDS) as answer:
            content = await answer.read()
            status, retry_after = answer.status, answer.headers.get("Retry-After")
        parsed = _parse(content)
        if status >= HTTPStatus.BAD_REQUEST:
            raise ApiError.from_answer(status, parsed, retry_after)
        if not isinstance(parsed, dict):
            raise ApiUnreachableError(f"{method} {path}: the answer is not a JSON object")
        return cast("Json", parsed)

    @asynccontextmanager
    async def _answer(
        self, method: str, path: str, body: Json | None, content_type: str | None, deadline: float
    ) -> AsyncGenerator[aiohttp.ClientResponse]:
        headers: dict[str, str] = {"Content-Type": content_type or "application/json"}
        try:
            async with asyncio.timeout(deadline):
                await self._api.update_params_for_auth(headers, [], ["BearerToken"], path, method, body)
                content = None if body is None else orjson.dumps(body)
                session = self._session() if deadline <= DEADLINE_SECONDS else self._patient_session()
                async with session.request(
                    method,
                    self._api.configuration.host + path,
                    data=content,
                    headers=headers,
                    # What is behind the pod proxy must not send the operator's token to another place.
                    allow_redirects=False,
                    proxy=self._api.rest_client.proxy,
                    server_hostname=self._api.configuration.tls_server_name,
                    timeout=OWN_TIMEOUT,
                ) as response:
                    yield response
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            kind = type(error).__name__
            raise ApiUnreachableError(f"{method} {path}: {error or 'no answer in time'} ({kind})") from error

    def _session(self) -> aiohttp.ClientSession:
        """The client's own session: its TLS, its pool, and none of its other habits."""
        rest = self._api.rest_client
        if rest.pool_manager is None:
            rest.pool_manager = rest._create_pool_manager()
        session: aiohttp.ClientSession = rest.pool_manager
        return session

    def _patient_session(self) -> aiohttp.ClientSession:
        """The same again, so that what takes long takes no connection away from everything else."""
        if self._patient is None:
            session: aiohttp.ClientSession = self._api.rest_client._create_pool_manager()
            self._patient = session
        return self._patient


def _parse(content: bytes) -> Any:
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        return content.decode("utf-8", "replace")[:2048]


@asynccontextmanager
async def connect(cluster: Cluster | None = None, field_manager: str = FIELD_MANAGER) -> AsyncGenerator[Kube]:
    """A client for the cluster that was chosen.

    Raises :class:`NoClusterError` when there is none.
    """
    configuration = client.Configuration()
    try:
        await (cluster or Cluster()).load(configuration)
    # The loader checks little: a file that is no kubeconfig shows up as whatever breaks first.
    except (
        ConfigException,
        OSError,
        yaml.YAMLError,
        TypeError,
        LookupError,
        ValueError,
        AttributeError,
    ) as error:
        raise NoClusterError(" ".join(str(error).split()) or "the kubeconfig cannot be read") from error
    configuration.connection_pool_maxsize = CONNECTIONS
    # A runtime behind the pod proxy must not set cookies for the API server.
    settings: Any = configuration
    settings.client_session_kwargs = {
        "cookie_jar": aiohttp.DummyCookieJar(),
        # Otherwise each request reads netrc and looks up proxies anew: a third of the operator's time.
        "trust_env": any(getproxies_environment()),
    }
    api = client.ApiClient(configuration)
    kube = Kube(api, field_manager)
    try:
        yield kube
    finally:
        await kube.close()
        await api.close()
