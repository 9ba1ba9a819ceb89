"""Every way in which an API server can answer, and what the callers see of it."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from kubernetes.aio import client

from sluice.kube import ApiError, ApiUnreachableError, Kube, paths
from sluice.kube import client as kube_client

from ..loopback import Handler, serve

POD = paths.pod("shop", "orders-runtime-0")
TOKEN = "a-very-secret-token"


@asynccontextmanager
async def kube_at(port: int) -> AsyncGenerator[Kube]:
    configuration = client.Configuration()
    configuration.host = f"http://127.0.0.1:{port}"
    configuration.api_key = {"BearerToken": f"Bearer {TOKEN}"}
    api = client.ApiClient(configuration)
    try:
        yield Kube(api)
    finally:
        await api.close()


@asynccontextmanager
async def server(handler: Handler) -> AsyncGenerator[Kube]:
    async with serve(handler) as port, kube_at(port) as kube:
        yield kube


def status_of(code: int, reason: str, message: str = "because", **headers: str) -> Handler:
    body = {"kind": "Status", "apiVersion": "v1", "reason": reason, "message": message, "code": code}

    async def handle(_: web.Request) -> web.StreamResponse:
        return web.json_response(body, status=code, headers=headers)

    return handle


CALLS: dict[str, Callable[[Kube], Awaitable[Any]]] = {
    "get": lambda kube: kube.get(POD),
    "create": lambda kube: kube.create(paths.pod("shop"), {"kind": "Pod"}),
    "merge": lambda kube: kube.merge(POD, {"metadata": {}}),
    "delete": lambda kube: kube.delete(POD, uid="uid-1"),
    "delete_all": lambda kube: kube.delete_all(paths.revision("shop"), "a=b"),
}
EVERY_CALL = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())


async def test_an_object_that_is_not_there_is_none() -> None:
    async with server(status_of(404, "NotFound")) as kube:
        assert await kube.get(POD) is None
        assert await kube.delete(POD, uid="uid-1") is False
        with pytest.raises(ApiError) as caught:
            await kube.merge(POD, {})

    assert caught.value.is_not_found


@pytest.mark.parametrize(
    ("code", "reason", "kind"),
    [
        (409, "AlreadyExists", "is_conflict"),
        (409, "Conflict", "is_conflict"),
        (422, "Invalid", "is_invalid"),
        (400, "BadRequest", "is_invalid"),
        (403, "Forbidden", "is_forbidden"),
    ],
)
async def test_an_error_has_the_reason_and_the_message_of_the_api_server(
    code: int, reason: str, kind: str
) -> None:
    async with server(status_of(code, reason, "spec.size: too small")) as kube:
        with pytest.raises(ApiError) as caught:
            await kube.create(paths.pod("shop"), {})

    error = caught.value
    assert (error.status, error.reason, error.message) == (code, reason, "spec.size: too small")
    kinds = ("is_not_found", "is_conflict", "is_invalid", "is_forbidden")
    assert [name for name in kinds if getattr(error, name)] == [kind]


@pytest.mark.parametrize(
    ("header", "seconds"), [("7", 7.0), ("Wed, 21 Oct 2026 07:28:00 GMT", None), ("-1", None), ("", None)]
)
@EVERY_CALL
async def test_too_many_requests_says_when_to_come_again(
    call: Callable[[Kube], Awaitable[Any]], header: str, seconds: float | None
) -> None:
    async with server(status_of(429, "TooManyRequests", **{"Retry-After": header})) as kube:
        with pytest.raises(ApiError) as caught:
            await call(kube)

    assert (caught.value.status, caught.value.retry_after) == (429, seconds)


@pytest.mark.parametrize("body", ["", "upstream failed", "<html>502</html>", "[]", '"text"'])
@EVERY_CALL
async def test_an_error_that_is_no_status_object_is_still_one_line(
    call: Callable[[Kube], Awaitable[Any]], body: str
) -> None:
    async def handle(_: web.Request) -> web.StreamResponse:
        return web.Response(text=body, status=500)

    async with server(handle) as kube:
        with pytest.raises(ApiError) as caught:
            await call(kube)

    assert (caught.value.status, caught.value.reason) == (500, "InternalServerError")
    assert caught.value.message


async def test_the_message_of_an_error_is_bounded() -> None:
    async with server(status_of(500, "InternalError", "x" * 100_000)) as kube:
        with pytest.raises(ApiError) as caught:
            await kube.get(POD)

    assert len(caught.value.message) <= 2048


@EVERY_CALL
async def test_a_connection_that_is_reset_leaves_the_outcome_unknown(
    call: Callable[[Kube], Awaitable[Any]],
) -> None:
    async def reset(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    async with server(reset) as kube:
        with pytest.raises(ApiUnreachableError):
            await call(kube)


@EVERY_CALL
async def test_a_call_that_takes_too_long_is_given_up(
    call: Callable[[Kube], Awaitable[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kube_client, "DEADLINE_SECONDS", 0.1)

    async def wait(_: web.Request) -> web.StreamResponse:
        await asyncio.Event().wait()
        raise AssertionError

    async with server(wait) as kube:
        with pytest.raises(ApiUnreachableError):
            await call(kube)


async def test_a_server_that_is_not_there_is_unreachable() -> None:
    async with serve(status_of(200, "")) as port:
        pass
    async with kube_at(port) as kube:
        with pytest.raises(ApiUnreachableError, match=POD):
            await kube.get(POD)


async def test_an_answer_that_is_no_object_is_as_good_as_none() -> None:
    async def handle(_: web.Request) -> web.StreamResponse:
        return web.Response(text="ok")

    async with server(handle) as kube:
        with pytest.raises(ApiUnreachableError, match="not a JSON object"):
            await kube.get(POD)


@EVERY_CALL
async def test_no_error_tells_the_token(call: Callable[[Kube], Awaitable[Any]]) -> None:
    async def refuse(request: web.Request) -> web.StreamResponse:
        assert request.headers["Authorization"] == f"Bearer {TOKEN}"
        return web.json_response({"message": "no"}, status=401)

    async with server(refuse) as kube:
        with pytest.raises(ApiError) as answered:
            await call(kube)
    async with serve(refuse) as port:
        pass
    async with kube_at(port) as kube:
        with pytest.raises(ApiUnreachableError) as unanswered:
            await call(kube)

    for caught in (answered, unanswered):
        assert TOKEN not in f"{caught.value!s} {caught.value!r} {caught.getrepr()}"


async def test_a_deletion_is_of_one_object_and_no_other_of_its_name() -> None:
    seen: list[Any] = []

    async def handle(request: web.Request) -> web.StreamResponse:
        seen.append(await request.json())
        return web.json_response({"kind": "Status"})

    async with server(handle) as kube:
        assert await kube.delete(POD, uid="uid-1", grace_seconds=1)
        assert await kube.delete(POD, uid="uid-1")

    forced, own = seen
    assert forced["preconditions"] == own["preconditions"] == {"uid": "uid-1"}
    assert forced["gracePeriodSeconds"] == 1
    assert "gracePeriodSeconds" not in own


async def test_a_deletion_that_meets_another_object_of_the_name_has_nothing_to_do() -> None:
    async with server(status_of(409, "Conflict", "the UID in the precondition does not match")) as kube:
        assert await kube.delete(POD, uid="uid-1") is False


async def test_a_long_list_is_read_in_chunks() -> None:
    async def handle(request: web.Request) -> web.StreamResponse:
        assert request.query["labelSelector"] == "a=b"
        assert int(request.query["limit"]) > 0
        start = int(request.query.get("continue", "0"))
        following = str(start + 2) if start < 4 else ""
        page = {"items": [{"n": start}, {"n": start + 1}], "metadata": {"continue": following}}
        return web.json_response(page)

    async with server(handle) as kube:
        found = [item["n"] async for item in kube.list(paths.pod("shop"), "a=b")]

    assert found == [0, 1, 2, 3, 4, 5]


async def test_a_list_whose_continuation_expired_is_an_error_and_not_a_short_list() -> None:
    async def handle(request: web.Request) -> web.StreamResponse:
        if "continue" in request.query:
            return web.json_response({"reason": "Expired", "message": "too old"}, status=410)
        return web.json_response({"items": [{"n": 0}], "metadata": {"continue": "more"}})

    async with server(handle) as kube:
        with pytest.raises(ApiError, match="Expired"):
            [item async for item in kube.list(paths.pod("shop"))]


async def test_a_patch_is_a_merge_patch_under_the_operators_name() -> None:
    async def handle(request: web.Request) -> web.StreamResponse:
        assert request.content_type == "application/merge-patch+json"
        assert request.query["fieldManager"] == "sluice"
        return web.json_response({"got": json.loads(await request.text())})

    async with server(handle) as kube:
        assert await kube.merge(POD, {"status": {"a": None}}) == {"got": {"status": {"a": None}}}


async def test_a_raw_answer_is_bounded_and_kept_whatever_its_code() -> None:
    async def handle(request: web.Request) -> web.StreamResponse:
        size = kube_client.RAW_LIMIT_BYTES * 3 if request.path.endswith("big") else 3
        return web.Response(body=b"x" * size, status=503)

    async with server(handle) as kube:
        assert await kube.raw("GET", "/small", 5) == (503, b"xxx")
        _, body = await kube.raw("GET", "/big", 5)

    assert kube_client.RAW_LIMIT_BYTES < len(body) <= 2 * kube_client.RAW_LIMIT_BYTES + 1


async def test_a_runtime_behind_the_proxy_cannot_send_the_operator_elsewhere() -> None:
    visited: list[str] = []

    async def redirect(request: web.Request) -> web.StreamResponse:
        visited.append(request.path)
        if request.path == "/secrets":
            return web.Response(text="secrets")
        return web.Response(status=302, headers={"Location": "/secrets"})

    async with server(redirect) as kube:
        code, _ = await kube.raw("GET", paths.pod_proxy("shop", "orders-runtime-0", 8080, "/status"), 5)

    assert (code, len(visited)) == (302, 1)
