"""Makes an outcome of a suite: runs its commands, keeps their output, counts, remembers."""

import os
import shlex
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from . import process
from .cluster_access import with_cluster
from .outcome import Counts, Outcome, Result, judge, read_junit
from .progress import Progress, duration, tail
from .suite import Checks, Step, Suite, Tests

TAIL_LINES = 60
_MAKE_VARIABLES = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKE_STARTED")
"""What a make that we are run by tells its own children; not the business of one that we run."""


@dataclass(frozen=True)
class Place:
    """Where suites run, and who hears of it."""

    root: Path
    console: Console
    is_streaming: bool = False

    @property
    def build(self) -> Path:
        """Everything that running leaves behind is in here."""
        return self.root / "build"

    def log(self, name: str) -> Path:
        """A suite's output."""
        return self.build / "logs" / f"{name}.log"

    def junit(self, name: str) -> Path:
        """A suite's report from pytest."""
        return self.build / "junit" / f"{name}.xml"

    def mark(self, name: str) -> Path:
        """Is there when the suite has passed in this checkout before."""
        return self.build / "warm" / name

    @property
    def summary(self) -> Path:
        """The last two lines of the last run that came to its end."""
        return self.build / "summary.txt"

    def prepare(self) -> None:
        """Make the directories."""
        for file in (self.log("any"), self.junit("any"), self.mark("any")):
            file.parent.mkdir(parents=True, exist_ok=True)


def execute(suite: Suite, place: Place, title: str) -> Outcome:
    """Run one suite to its end, whatever that is."""
    if not suite.is_present(place.root):
        note = "nothing is there to run yet"
        return Outcome(suite.name, Result.MISSING, Counts(failed=1), budget=suite.budget, note=note)
    place.prepare()
    place.log(suite.name).unlink(missing_ok=True)
    place.junit(suite.name).unlink(missing_ok=True)
    cold = not place.mark(suite.name).exists()
    started = time.monotonic()
    ends = list(_run_commands(suite, place, title))
    seconds = time.monotonic() - started
    counts = _count(suite, ends, place)
    if any(end.timed_out for end in ends):
        counts, note = counts.with_a_failure(), f"ended after {duration(seconds)}"
        outcome = Outcome(suite.name, Result.TIMED_OUT, counts, seconds, suite.budget, cold, note)
    else:
        ended_well = all(end.code == 0 for end in ends)
        outcome = judge(suite.name, ended_well, counts, seconds, suite.budget, cold=cold)
    if outcome.result is Result.PASSED:
        place.mark(suite.name).touch()
    _tell(outcome, place)
    return outcome


def _run_commands(suite: Suite, place: Place, title: str) -> Iterator[process.Ended]:
    log, until = place.log(suite.name), time.monotonic() + suite.time_limit
    environment = child_environment(os.environ, place.root)
    if suite.needs:
        environment = with_cluster(environment, place.root)
    with Progress(place.console, title, log, is_streaming=place.is_streaming) as progress:
        for command in commands_of(suite, place):
            with log.open("a") as output:
                output.write(f"$ {shlex.join(command)}\n")
            yield process.run(
                command,
                log=log,
                environment=environment,
                directory=place.root,
                time_limit=max(0.0, until - time.monotonic()),
                on_tick=progress.tick,
                may_leave_processes=isinstance(suite.work, Step),
            )
            progress.next_command()


def commands_of(suite: Suite, place: Place) -> tuple[tuple[str, ...], ...]:
    """The commands to run, in order."""
    work = suite.work
    match work:
        case Checks():
            return work.commands
        case Step():
            return (work.command,)
        case Tests():
            limit = () if work.timeout is None else (f"--timeout={work.timeout}",)
            report = f"--junitxml={place.junit(suite.name)}"
            return (("python", "-m", "pytest", *limit, report, *work.found(place.root)),)


def child_environment(parent: Mapping[str, str], root: Path) -> dict[str, str]:
    """The parent's, with the virtualenv's programs first and the cluster's tool importable."""
    environment = {name: value for name, value in parent.items() if name not in _MAKE_VARIABLES}
    programs = str(Path(sys.executable).parent)
    environment["PATH"] = os.pathsep.join([programs, parent.get("PATH", os.defpath)])
    environment["PYTHONPATH"] = str(root / "cluster")
    environment["PYTHONUNBUFFERED"] = "1"
    return environment


def _count(suite: Suite, ends: list[process.Ended], place: Place) -> Counts:
    match suite.work:
        case Checks():
            good = sum(end.code == 0 for end in ends)
            return Counts(passed=good, failed=len(ends) - good)
        case Step():
            return Counts(failed=sum(end.code != 0 for end in ends))
        case Tests():
            return read_junit(place.junit(suite.name))


def _tell(outcome: Outcome, place: Place) -> None:
    console, log = place.console, place.log(outcome.name)
    if outcome.result is Result.PASSED:
        console.print(f"  {outcome.name} passed in {duration(outcome.seconds)}", highlight=False)
        return
    shown = log.relative_to(place.root)
    if not place.is_streaming:
        console.rule(f"{outcome.name}: the end of {shown}", characters="-")
        for line in tail(log, TAIL_LINES, size=TAIL_LINES * 400):
            console.print(line, markup=False, highlight=False, soft_wrap=True)
        console.rule(characters="-")
    console.print(f"  {outcome.shortfall}; all of its output is in {shown}", highlight=False)
