"""The end of a run: the table, the reasons for skips, a sentence, and a line for machines."""

from collections.abc import Sequence
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from .outcome import Counts, Outcome, Result, total
from .progress import duration
from .suite import LIMIT_OVER_BUDGET, Budget


def print_report(
    console: Console,
    outcomes: Sequence[Outcome],
    absent: Sequence[str],
    budget: Budget | None,
    summary: Path,
) -> bool:
    """Print everything, keep the last two lines in ``summary``, say whether the run was good."""
    whole = sum_up(outcomes, budget)
    if any(outcome.result is not Result.MISSING for outcome in outcomes):
        console.print(_table([*outcomes, whole]))
    _print_skips(console, whole.counts)
    lines = closing_lines(outcomes, absent, whole)
    summary.parent.mkdir(parents=True, exist_ok=True)
    summary.write_text("".join(f"{line}\n" for line in lines))
    for line in lines:
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    return whole.result is Result.PASSED


def sum_up(outcomes: Sequence[Outcome], budget: Budget | None) -> Outcome:
    """The last row. A run has failed when a suite has, or when it took far too long as a whole."""
    cold = any(outcome.cold for outcome in outcomes)
    seconds = sum(outcome.seconds for outcome in outcomes)
    if budget is None:
        ran = [outcome.budget for outcome in outcomes]
        budget = Budget(sum(one.cold for one in ran), sum(one.warm for one in ran))
    counts = total(outcomes)
    good = bool(outcomes) and all(outcome.result is Result.PASSED for outcome in outcomes)
    result = Result.PASSED if good else Result.FAILED
    if good and seconds > budget.seconds(cold=cold) * LIMIT_OVER_BUDGET:
        result = Result.TOO_SLOW
    if result is not Result.PASSED:
        counts = counts.with_a_failure()
    return Outcome("the whole run", result, counts, seconds, budget, cold)


def closing_lines(outcomes: Sequence[Outcome], absent: Sequence[str], whole: Outcome) -> tuple[str, str]:
    """The sentence that says what ran and fell short, and the counts alone on the last line."""
    return _sentence(outcomes, absent, whole), count_line(whole.counts)


def _sentence(outcomes: Sequence[Outcome], absent: Sequence[str], whole: Outcome) -> str:
    suites = [outcome for outcome in outcomes if outcome.is_suite]
    missing = [suite.name for suite in suites if suite.result is Result.MISSING]
    if missing and len(missing) == len(suites):
        return f"Nothing is there to run yet for {', '.join(missing)}: it falls short."
    not_run = [suite.name for suite in suites if suite.result is Result.NOT_RUN]
    ran = len(suites) - len(missing) - len(not_run)
    sentence = f"Ran {ran} of {len(suites)} suites in {duration(whole.seconds)}"
    short = [outcome.shortfall for outcome in outcomes if outcome.shortfall]
    if whole.is_over_budget and len(outcomes) > 1:
        allowed = duration(whole.budget.seconds(cold=whole.cold))
        short.append(f"the whole run took {duration(whole.seconds)} of {allowed}")
    sentence += f"; fell short: {', '.join(short)}." if short else "; nothing fell short."
    if not_run:
        sentence += f" Not run: {', '.join(not_run)}."
    if absent:
        sentence += f" Not there yet: {', '.join(absent)}."
    return sentence


def count_line(counts: Counts) -> str:
    """The line that continuous integration reads."""
    line = f"{counts.passed} passed, {counts.failed} failed"
    return f"{line}, {counts.skipped} skipped" if counts.skipped else line


def _print_skips(console: Console, counts: Counts) -> None:
    for reason in counts.skips:
        console.print(f"skipped: {reason}", highlight=False, markup=False, soft_wrap=True)


_COLOURS = {Result.PASSED: "green", Result.NOT_RUN: "yellow"}


def _table(rows: Sequence[Outcome]) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("suite", no_wrap=True)
    table.add_column("result", no_wrap=True)
    for heading in ("passed", "failed", "skipped", "seconds", "cold", "warm"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("budget", no_wrap=True)
    for row in rows:
        if row is rows[-1]:
            table.add_section()
        colour = _COLOURS.get(row.result, "red")
        numbers = (row.counts.passed, row.counts.failed, row.counts.skipped)
        table.add_row(
            row.name,
            f"[{colour}]{row.result.value}[/{colour}]",
            *(str(number) if number else "" for number in numbers),
            f"{row.seconds:.1f}",
            str(row.budget.cold),
            str(row.budget.warm),
            _against_budget(row),
        )
    return table


def _against_budget(row: Outcome) -> str:
    if row.result in (Result.NOT_RUN, Result.MISSING):
        return row.note
    kind = "cold" if row.cold else "warm"
    return f"[yellow]over {kind}[/yellow]" if row.is_over_budget else f"under {kind}"
