"""Decides what runs next: cheap stages first, and nothing on ground that has already given way."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import catalogue
from .execution import Place, execute
from .outcome import Outcome, Result
from .suite import Budget, Part, Stage, Suite

ALL, CHECK, END_TO_END = "all", "check", "e2e"
GROUPS = (ALL, CHECK, END_TO_END)


class UnknownSuiteError(Exception):
    """Somebody asked for a suite that is not in the table."""


@dataclass(frozen=True)
class Plan:
    """What a run consists of."""

    suites: tuple[Suite, ...]
    absent: tuple[str, ...] = ()
    """Suites of a group that have no files yet: they are named, and not run."""
    budget: Budget | None = None
    """For the whole run."""


def make_plan(names: Sequence[str], suites: Sequence[Suite], root: Path) -> Plan:
    """Resolve names of suites and groups, and add what they need, in the table's order."""
    known = {suite.name: suite for suite in suites}
    chosen, absent = set[str](), list[str]()
    for name in names:
        if name in GROUPS:
            present, missing = _members(name, suites, root)
            chosen.update(present)
            absent.extend(missing)
        elif name in known:
            chosen.add(name)
        else:
            raise UnknownSuiteError(f"there is no suite {name!r}; there are: {', '.join(known)}")
    for suite in [known[name] for name in sorted(chosen)]:
        if suite.is_present(root):
            chosen.update(suite.needs)
    budgets = {ALL: catalogue.TOTAL, CHECK: catalogue.CHECK_TOTAL}
    budget = budgets.get(names[0]) if len(names) == 1 else None
    ordered = tuple(suite for suite in suites if suite.name in chosen)
    return Plan(ordered, tuple(name for name in absent if name not in chosen), budget)


def _members(group: str, suites: Sequence[Suite], root: Path) -> tuple[list[str], list[str]]:
    if group == CHECK:
        return list(catalogue.CHECK), []
    if group == ALL:
        members = [suite for suite in suites if suite.part is not Part.BY_NAME]
    else:
        members = [suite for suite in suites if suite.name.startswith(f"{END_TO_END}-")]
    present = [suite for suite in members if suite.part is Part.ALWAYS or suite.is_present(root)]
    return [one.name for one in present], [one.name for one in members if one not in present]


def run_plan(plan: Plan, place: Place, *, keep_going: bool = False) -> list[Outcome]:
    """Run the suites in order, and say of each that did not run why it did not."""
    outcomes, failed = list[Outcome](), dict[str, Stage]()
    for number, suite in enumerate(plan.suites, start=1):
        reason = _reason_not_to_run(suite, failed, keep_going=keep_going)
        if reason:
            outcome = Outcome(suite.name, Result.NOT_RUN, budget=suite.budget, note=reason)
        else:
            outcome = execute(suite, place, f"[{number}/{len(plan.suites)}] {suite.name}")
        outcomes.append(outcome)
        if outcome.result is not Result.PASSED:
            failed[suite.name] = suite.stage
    return outcomes


def _reason_not_to_run(suite: Suite, failed: Mapping[str, Stage], *, keep_going: bool) -> str:
    broken = [name for name in suite.needs if name in failed]
    if broken:
        return f"it needs {broken[0]}"
    earlier = [name for name, stage in failed.items() if stage < suite.stage]
    if earlier and not keep_going:
        return f"{earlier[0]} comes first"
    return ""


def environment_outcome(environment: Mapping[str, str], root: Path) -> Outcome | None:
    """The time that make took to build the virtualenv before this program could start."""
    started = environment.get("MAKE_STARTED", "")
    if not started.isdecimal():
        return None
    made = root / ".venv" / ".made"
    cold = made.exists() and made.stat().st_mtime >= int(started)
    seconds = max(0.0, time.time() - int(started))
    return Outcome(
        "environment", Result.PASSED, seconds=seconds, budget=catalogue.ENVIRONMENT, cold=cold, is_suite=False
    )
