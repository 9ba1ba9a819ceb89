"""``decide`` with one thing changed: the real modules, loaded once more from an edited source.

The change is textual and must match exactly once, so that a mutant cannot silently mutate nothing after the
code has moved on. The value classes of ``decision`` are shared with the original: actions stay comparable.
"""

import importlib
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import spec_from_file_location
from types import CodeType, ModuleType
from typing import NamedTuple

import sluice.decide

from .judging import Decide

PACKAGE = "sluice.decide"
SHARED = f"{PACKAGE}.decision"


class Mutant(NamedTuple):
    """One change. ``sentence`` says what the changed operator does wrong."""

    sentence: str
    setting: str
    """The small setting in which it is caught soonest."""
    module: str
    before: str
    after: str


class StaleMutantError(Exception):
    """The text that a mutant changes does not stand exactly once in its module."""


class _Loader(SourceFileLoader):
    """Compiles a module's source, changed if it is the mutant's. Reads and writes no cache."""

    mutant: Mutant

    def get_code(self, fullname: str) -> CodeType:
        source = self.get_data(self.path).decode()
        if fullname == f"{PACKAGE}.{self.mutant.module}":
            source = self._change(source)
        return compile(source, self.path, "exec")

    def _change(self, source: str) -> str:
        mutant = self.mutant
        times = source.count(mutant.before)
        if times != 1:
            raise StaleMutantError(
                f"{mutant.sentence!r}: its text stands {times} times in {mutant.module}.py"
            )
        return source.replace(mutant.before, mutant.after)


class _Finder:
    """Finds the state machine's modules for the one import that loads the mutant."""

    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        found = PathFinder.find_spec(fullname, path, target)
        if not fullname.startswith(f"{PACKAGE}.") or found is None or found.origin is None:
            return None
        loader = _Loader(fullname, found.origin)
        loader.mutant = self._mutant
        return spec_from_file_location(fullname, found.origin, loader=loader)


def decide_of(mutant: Mutant) -> Decide:
    """The changed ``decide``. Nobody else gets to see it."""
    originals = {
        name: module
        for name, module in sys.modules.items()
        if name.startswith(f"{PACKAGE}.") and name != SHARED
    }
    finder = _Finder(mutant)
    sys.meta_path.insert(0, finder)
    try:
        for name in originals:
            # Also from the package, where "from sluice.decide import ..." finds a module first.
            del sys.modules[name]
            if name.count(".") == PACKAGE.count(".") + 1:
                delattr(sluice.decide, name.rpartition(".")[2])
        changed: Decide = importlib.import_module(f"{PACKAGE}.lifecycle").decide
    finally:
        sys.meta_path.remove(finder)
        sys.modules.update(originals)
        for name, module in originals.items():
            if name.count(".") == PACKAGE.count(".") + 1:
                setattr(sluice.decide, name.rpartition(".")[2], module)
    return changed
