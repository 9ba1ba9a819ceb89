"""Explorations side by side, one on each core: they have nothing in common but the code."""

import multiprocessing
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

from .setting import Setting
from .settings import SIZES
from .survey import Survey, survey

Key = TypeVar("Key", bound=str)
Result = TypeVar("Result")


def side_by_side(work: Callable[[Key], Result], keys: Iterable[Key]) -> dict[Key, Result]:
    """What comes of the work for each of the keys."""
    known = list(keys)
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(os.cpu_count() or 1, mp_context=context) as pool:
        return dict(zip(known, pool.map(work, known), strict=True))


def survey_all(settings: Sequence[Setting]) -> dict[str, Survey]:
    """The survey of each of the default size's settings, by their names."""
    return side_by_side(_survey, [setting.name for setting in settings])


def _survey(name: str) -> Survey:
    # A setting is itself only in its own process.
    return survey(next(setting for setting in SIZES["default"] if setting.name == name))
