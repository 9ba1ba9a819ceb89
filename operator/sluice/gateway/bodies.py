"""Bodies of requests: bounded in size and in time, and read only where they mean something."""

import asyncio
from typing import Final

import orjson
from fastapi import Request
from starlette.requests import ClientDisconnect

from sluice.api.errors import ErrorCode
from sluice.api.json_values import Json, as_object
from sluice.gateway.errors import refusal
from sluice.gateway.settings import MAX_BODY_BYTES

BODY_SECONDS: Final = 10.0


async def read_object(request: Request) -> Json:
    """The JSON object that the client sends. Raises a refusal for whatever is none."""
    content = await _read(request)
    try:
        parsed: object = orjson.loads(content)
    except orjson.JSONDecodeError:
        raise refusal(ErrorCode.INVALID_REQUEST, problem="the body is no JSON") from None
    found = as_object(parsed)
    if found is not parsed:
        raise refusal(ErrorCode.INVALID_REQUEST, problem="the body is no JSON object")
    return found


async def _read(request: Request) -> bytes:
    content = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for piece in request.stream():
                content += piece
                if len(content) > MAX_BODY_BYTES:
                    close = {"Connection": "close"}
                    raise refusal(ErrorCode.TOO_LARGE, limit=MAX_BODY_BYTES, headers=close)
    except (TimeoutError, ClientDisconnect):
        raise refusal(
            ErrorCode.TOO_SLOW, seconds=int(BODY_SECONDS), headers={"Connection": "close"}
        ) from None
    return bytes(content)


def declare_body(schema: Json, example: Json) -> Json:
    """What OpenAPI says of a body. Read by hand, it is looked at only once the caller is known."""
    content = {"application/json": {"schema": schema, "example": example}}
    return {"requestBody": {"required": True, "content": content}}
