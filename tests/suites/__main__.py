"""The command line: ``python -m suites [NAME ...]``, where a name is a suite's or a group's."""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from rich.console import Console

from . import catalogue
from .execution import Place
from .report import print_report
from .runner import ALL, GROUPS, UnknownSuiteError, environment_outcome, make_plan, run_plan

ROOT = Path(__file__).resolve().parents[2]
WIDTH_WITHOUT_TERMINAL = 110
EXIT_FAILED = 1
EXIT_INTERRUPTED = 130
EXIT_BAD_ARGUMENTS = 2


def main(arguments: Sequence[str]) -> int:
    """Run what was asked for, and return the exit code."""
    options = _parse(arguments)
    names: list[str] = options.names or [ALL]
    console = Console(width=None if sys.stdout.isatty() else WIDTH_WITHOUT_TERMINAL)
    if options.list:
        _print_catalogue(console)
        return 0
    try:
        plan = make_plan(names, catalogue.SUITES, ROOT)
    except UnknownSuiteError as error:
        console.print(f"error: {error}", highlight=False, markup=False, soft_wrap=True)
        return EXIT_BAD_ARGUMENTS
    before = environment_outcome(os.environ, ROOT) if names == [ALL] else None
    place = Place(ROOT, console, is_streaming=len(plan.suites) == 1)
    place.summary.unlink(missing_ok=True)
    # Explicitly: a shell in the background starts its jobs with the signal ignored, which every child would
    # inherit, and none could then be ended politely.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGHUP, _interrupt)
    try:
        outcomes = run_plan(plan, place, keep_going=options.keep_going)
    except KeyboardInterrupt:
        console.print("Interrupted; everything that was started has been ended.")
        return EXIT_INTERRUPTED
    rows = [before, *outcomes] if before else outcomes
    good = print_report(console, rows, plan.absent, plan.budget, place.summary)
    return 0 if good else EXIT_FAILED


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="suites", description="Run test suites.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"a suite, or {', '.join(GROUPS)}")
    parser.add_argument("--list", action="store_true", help="print the suites and end")
    parser.add_argument(
        "--keep-going", action="store_true", help="start a stage even if the one before it failed"
    )
    return parser.parse_args(arguments)


def _print_catalogue(console: Console) -> None:
    for suite in catalogue.SUITES:
        there = "" if suite.is_present(ROOT) else "  (nothing there yet)"
        line = f"{suite.name:16} {suite.budget.cold:5} s cold {suite.budget.warm:5} s warm{there}"
        console.print(line, highlight=False, markup=False)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
