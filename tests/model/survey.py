"""One exploration with its check of wishes, and what is worth keeping of it."""

from functools import cache
from typing import NamedTuple

from . import liveness
from .explorer import Finding, explore
from .setting import Setting


class Survey(NamedTuple):
    """What an exploration came to. The worlds themselves are let go: they fill gigabytes."""

    states: int
    transitions: int
    wishes: int
    """Steps that were walked in kind worlds."""
    findings: tuple[Finding, ...]
    edges: frozenset[tuple[str, str]]
    """Changes of the combined status."""


@cache
def survey(setting: Setting) -> Survey:
    """Walk a setting and follow every wish in it; once in a process."""
    found = explore(setting)
    wishes = liveness.check(found)
    edges = frozenset((before, after) for before, after in found.edges if before != after)
    return Survey(len(found.parents), found.transitions, wishes, tuple(found.findings), edges)
