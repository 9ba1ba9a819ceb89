"""Asking again while the API server is in trouble, and not where that is of no use."""

import asyncio

import pytest

from sluice.kube import ApiError, ApiUnreachableError, patiently
from sluice.kube.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.looptime
TROUBLE = [
    ApiError(500, "InternalError", "oh"),
    ApiError(503, "ServiceUnavailable", "oh"),
    ApiError(429, "TooManyRequests", "oh"),
    ApiUnreachableError("connection reset"),
]


class Asking:
    def __init__(self, *errors: Exception) -> None:
        self._errors = list(errors)
        self.times = 0

    async def __call__(self) -> str:
        self.times += 1
        if self._errors:
            raise self._errors.pop(0)
        return "answer"


@pytest.mark.parametrize("error", TROUBLE, ids=str)
async def test_trouble_is_outlasted(error: Exception) -> None:
    asking = Asking(error, error, error)

    assert await patiently(asking) == "answer"
    assert asking.times == 4


@pytest.mark.parametrize("code", [401, 403, 404, 409, 422])
async def test_what_would_come_again_is_told_at_once(code: int) -> None:
    asking = Asking(ApiError(code, "No", "no"))

    with pytest.raises(ApiError):
        await patiently(asking)
    assert asking.times == 1


async def test_patience_has_an_end() -> None:
    asking = Asking(*TROUBLE * 1000)

    with pytest.raises((ApiError, ApiUnreachableError)):
        await patiently(asking)
    assert PATIENCE_SECONDS <= asyncio.get_running_loop().time() <= PATIENCE_SECONDS + 2
