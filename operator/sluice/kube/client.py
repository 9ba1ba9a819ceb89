"""A thin client over ``kubernetes.aio``.

Objects are plain dicts as the API server sent them: typed models would drop the fields that a newer server
knows. Nothing is retried here. The work queue looks at the world again instead, and decides anew.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
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

NoteCall = Callable[[str, int | None, float], None]
"""Told of each request: its method, the answer's status code or ``None``, and the seconds until it came."""


class Sessions:
    """The connections of one API client: its TLS, its pool, and none of its other habits."""

    def __init__(self, api: client.ApiClient) -> None:
        self._rest: Any = api.rest_client
        self._patient: aiohttp.ClientSession | None = None

    def usual(self) -> aiohttp.ClientSession:
        """The client's own session, for what is answered soon."""
        if self._rest.pool_manager is None:
            self._rest.pool_manager = self._rest._create_pool_manager()
        session: aiohttp.ClientSession = self._rest.pool_manager
        return session

    def patient(self) -> aiohttp.ClientSession:
        """The same again, so that what takes long takes no connection away from everything else."""
        if self._patient is None:
            session: aiohttp.ClientSession = self._rest._create_pool_manager()
            self._patient = session
        return self._patient

    async def close(self) -> None:
        """Close the patient one; the usual one is the client's to close."""
        if self._patient is not None:
            await self._patient.close()


class Kube:
    """Reads and writes of single objects, each with a deadline.

    Raises :class:`ApiError` for an answer that is an error and :class:`ApiUnreachableError` for none.
    """

    def __init__(
        self,
        api: client.ApiClient,
        field_manager: str = FIELD_MANAGER,
        token: str | None = None,
        sessions: Sessions | None = None,
        note_call: NoteCall | None = None,
    ) -> None:
        """``token`` is whom the calls are made for; unset means whoever this process is.

        ``sessions`` are those of another client for the same cluster, which then are that one's to close.
        """
        # The generated client has no annotations on what is used of it here.
        self._api: Any = api
        self._field_manager = field_manager
        self._token = token
        self._sessions = sessions or Sessions(api)
        self._note_call = note_call

    async def close(self) -> None:
        """Close what was opened beside the client's own session."""
        await self._sessions.close()

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

    async def delete(
        self,
        path: str,
        *,
        uid: str | None = None,
        grace_seconds: int | None = None,
        resource_version: str | None = None,
    ) -> bool:
        """Delete the object with this uid, in this version if one is given. False when it is not there."""
        options: Json = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background"}
        conditions = {"uid": uid, "resourceVersion": resource_version}
        if any(conditions.values()):
            options["preconditions"] = {name: value for name, value in conditions.items() if value}
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

    async def delete_all(self, path: str, label_selector: str, *, grace_seconds: int | None = None) -> None:
        """Delete every object of a collection that the selector matches, and what they own after them."""
        query = with_query(
            path,
            labelSelector=label_selector,
            propagationPolicy="Background",
            gracePeriodSeconds=grace_seconds,
        )
        await self._call("DELETE", query)

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
        await self._authorize(headers)
        async with self._sessions.patient().ws_connect(
            self._api.configuration.host + path,
            protocols=protocols,
            headers=headers,
            heartbeat=HEARTBEAT_SECONDS,
            timeout=CLOSING,
            proxy=self._api.rest_client.proxy,
            server_hostname=self._api.configuration.tls_server_name,
        ) as socket:
            yield socket

    @asynccontextmanager
    async def stream(self, path: str, deadline: float) -> AsyncGenerator[tuple[int, AsyncIterator[bytes]]]:
        """Status code, and the body piece by piece as it comes, for ``deadline`` seconds at most."""
        async with self._answer("GET", path, None, None, deadline) as answer:
            yield answer.status, answer.content.iter_any()

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
        begun, code = time.monotonic(), None
        try:
            async with asyncio.timeout(deadline):
                await self._authorize(headers)
                content = None if body is None else orjson.dumps(body)
                is_quick = deadline <= DEADLINE_SECONDS
                session = self._sessions.usual() if is_quick else self._sessions.patient()
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
                    code = response.status
                    self._tell(method, code, begun)
                    yield response
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            if code is None:
                self._tell(method, None, begun)
            kind = type(error).__name__
            raise ApiUnreachableError(f"{method} {path}: {error or 'no answer in time'} ({kind})") from error

    def _tell(self, method: str, code: int | None, begun: float) -> None:
        if self._note_call is not None:
            self._note_call(method, code, time.monotonic() - begun)

    async def _authorize(self, headers: dict[str, str]) -> None:
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token}"
        else:
            await self._api.update_params_for_auth(headers, [], ["BearerToken"], "", "", None)


def _parse(content: bytes) -> Any:
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        return content.decode("utf-8", "replace")[:2048]


@asynccontextmanager
async def connect(
    cluster: Cluster | None = None, field_manager: str = FIELD_MANAGER, note_call: NoteCall | None = None
) -> AsyncGenerator[Kube]:
    """A client for the cluster that was chosen.

    Raises :class:`NoClusterError` when there is none.
    """
    api = client.ApiClient(await load_configuration(CONNECTIONS, cluster))
    kube = Kube(api, field_manager, note_call=note_call)
    try:
        yield kube
    finally:
        await kube.close()
        await api.close()


async def load_configuration(connections: int, cluster: Cluster | None = None) -> client.Configuration:
    """Which cluster to work with, and as whom. Raises :class:`NoClusterError`."""
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
    protect(configuration, connections)
    return configuration


def protect(configuration: client.Configuration, connections: int) -> None:
    """Bound the connections, and keep the session's other habits away from the API server."""
    configuration.connection_pool_maxsize = connections
    # A runtime behind the pod proxy must not set cookies for the API server.
    settings: Any = configuration
    settings.client_session_kwargs = {
        "cookie_jar": aiohttp.DummyCookieJar(),
        # Otherwise each request reads netrc and looks up proxies anew: a third of the operator's time.
        "trust_env": any(getproxies_environment()),
    }
