"""Several pieces of work side by side."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any


async def do_each(at_once: int, work: Iterable[Coroutine[Any, Any, object]]) -> None:
    """Do all of it, so much at once; the first failure is raised once all has come to an end."""
    places = asyncio.Semaphore(at_once)

    async def one(piece: Coroutine[Any, Any, object]) -> None:
        async with places:
            await piece

    outcomes = await asyncio.gather(*(one(piece) for piece in work), return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
