"""One value of a Secret: had, or told why not, and never with any of it in the words."""

import base64
from typing import Any

import pytest

from sluice.api.engine_blocks import SecretKey
from sluice.kube import SecretMissingError, paths, read_secret

from ..reconcile.fake_kube import FakeKube

REFERENCE = SecretKey(name="clore", key="CLORE_API_KEY")
VALUE = "a-very-secret-token"


async def read(data: Any, *, is_there: bool = True) -> str:
    kube = FakeKube()
    if is_there:
        kube.put(paths.secret("shop", "clore"), {"data": data})
    return await read_secret(kube, "shop", REFERENCE)


def encoded(value: bytes) -> str:
    return base64.b64encode(value).decode()


async def test_a_value_is_read_as_it_was_written() -> None:
    assert await read({"CLORE_API_KEY": encoded(VALUE.encode())}) == VALUE


@pytest.mark.parametrize(
    ("data", "is_there", "words"),
    [
        (None, False, ("no Secret clore in namespace shop", "make it", "CLORE_API_KEY")),
        (None, True, ("has no CLORE_API_KEY", "write it")),
        ({"OTHER": encoded(b"x")}, True, ("has no CLORE_API_KEY", "write it")),
        ({"CLORE_API_KEY": ""}, True, ("or an empty one", "write it")),
        ({"CLORE_API_KEY": 5}, True, ("has no CLORE_API_KEY",)),
        ({"CLORE_API_KEY": VALUE + "!"}, True, ("is no text", "write it anew")),
        ({"CLORE_API_KEY": encoded(b"\xff\xfe")}, True, ("is no text",)),
    ],
    ids=["no Secret", "no data", "another key", "empty", "a number", "not base64", "bytes"],
)
async def test_a_value_that_cannot_be_had_is_told_with_what_to_do_and_without_any_of_it(
    data: Any, is_there: bool, words: tuple[str, ...]
) -> None:
    with pytest.raises(SecretMissingError) as caught:
        await read(data, is_there=is_there)

    assert [word for word in words if word not in str(caught.value)] == []
    assert VALUE not in str(caught.value)
