"""The values that a client of the published API knows (section 1.1), and no other."""

import functools
from enum import StrEnum
from typing import Final, TypeVar

from sluice.api.statuses import ResourcesStatus, RuntimeStatus

ELSEWHERE: Final = ResourcesStatus.PROVISIONED
"""Where a pipeline is whose resources stand at a word of a newer version: not stopped."""
RUNTIME_DESIRED: Final = frozenset(
    {
        RuntimeStatus.UNAVAILABLE,
        RuntimeStatus.COORDINATION,
        RuntimeStatus.STANDBY,
        RuntimeStatus.PAUSED,
        RuntimeStatus.RUNNING,
        RuntimeStatus.SUSPENDED,
    }
)
"""What a runtime can be asked to be."""


_Value = TypeVar("_Value", bound=StrEnum)


def known(kind: type[_Value], said: object, otherwise: _Value) -> _Value:
    """``said`` if a client knows it."""
    return kind(said) if isinstance(said, str) and said in _values(kind) else otherwise


@functools.cache
def _values(kind: type[StrEnum]) -> frozenset[str]:
    return frozenset(kind)
