"""Asking again where the API server is in trouble, for what happens before there is a queue that does it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from sluice.kube.errors import ApiError, ApiUnreachableError

Result = TypeVar("Result")

PATIENCE_SECONDS: Final = 20.0
PAUSE_SECONDS: Final = 0.5


async def patiently(ask: Callable[[], Awaitable[Result]]) -> Result:
    """What ``ask`` returns, asked again for :data:`PATIENCE_SECONDS` while nobody can answer.

    Raises what the last attempt raised, and at once what another attempt would raise again.
    """
    deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
    while True:
        try:
            return await ask()
        except (ApiError, ApiUnreachableError) as error:
            is_hopeless = isinstance(error, ApiError) and not error.is_temporary
            if is_hopeless or asyncio.get_running_loop().time() > deadline:
                raise
        await asyncio.sleep(PAUSE_SECONDS)
