"""The commands that change something: each says what it wrote, and waits for what becomes of it."""

import secrets
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import click

from sluice.api.statuses import DesiredStatus, RequestVerb
from sluice.cli.exits import Exit, Problem
from sluice.cli.goals import Goal, RequestGoal, StateGoal
from sluice.cli.options import (
    Command,
    Duration,
    name_argument,
    output_option,
    with_target,
    words_for,
)
from sluice.cli.planning import Plan, plan_request, plan_state
from sluice.cli.printing import Printer, console
from sluice.cli.session import Session, Target, run
from sluice.cli.view import choose_view
from sluice.cli.waiting import Wait
from sluice.kube import ApiError, paths
from sluice.telling.subject import Subject, Wish
from sluice.telling.words import Words

WRITES: Final = 5
"""So often a write is planned anew when somebody else wrote in between; then people have to sort it out."""

Planner = Callable[[Subject, Words], Plan]
GoalMaker = Callable[[Subject, Subject, Plan, Words], Goal]
"""Of the pipeline before the write, the pipeline after it, and the plan."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Whether to wait, and for how long."""

    is_wanted: bool
    timeout: timedelta | None


@dataclass(frozen=True, slots=True)
class Act:
    """A command as far as it differs from the others."""

    what: str
    """The thing that goes on when nobody waits for it: "the stop"."""
    plan: Planner
    goal: GoalMaker
    suits_deletion: bool = False
    """Whether it means anything for a pipeline that is being deleted."""


def with_acting(command: Command) -> Command:
    """The argument and the options that all of these commands have."""

    def call(*, wait: bool | None, timeout: timedelta | None, **rest: object) -> object:
        is_wanted = timeout is not None or sys.stderr.isatty() if wait is None else wait
        return command(waiting=Waiting(is_wanted, timeout), **rest)

    call.__doc__ = command.__doc__
    call.__name__ = command.__name__
    for option in (
        output_option,
        click.option(
            "--timeout", type=Duration(), help="Wait no longer than this: 90s, 10m, 1h. Default: for ever."
        ),
        click.option(
            "--wait/--no-wait",
            default=None,
            help="Wait for the outcome. Default: on a terminal, or with --timeout.",
        ),
        name_argument,
    ):
        call = option(call)
    return with_target(call)


def perform(target: Target, name: str, waiting: Waiting, output: str | None, act: Act) -> None:
    """Write, say so, and wait."""
    words, printer = words_for(target, name), Printer(output)

    async def work(session: Session) -> Exit:
        before = await session.must_find(name)
        plan, after = await _write(session, before, act, words)
        printer.say(plan.did)
        if not waiting.is_wanted:
            printer.show(after.body)
            return Exit.REACHED
        goal = act.goal(before, after, plan, words)
        view = choose_view(console(is_error=True))
        gone = Exit.REACHED if after.is_deleting else Exit.NOT_FOUND
        wait = Wait(session, words, act.what, waiting.timeout, gone)
        ending = await wait.follow(after, goal, view)
        printer.say(ending.verdict.sentence)
        printer.show(ending.subject.body)
        return ending.verdict.code

    run(target, work)


async def _write(session: Session, subject: Subject, act: Act, words: Words) -> tuple[Plan, Subject]:
    """Plan and write; anew when the pipeline changed in between."""
    for _ in range(WRITES):
        if subject.is_deleting and not act.suits_deletion:
            raise Problem(
                f"{words.name} is being deleted, with the stop that belongs to it: nothing was written."
            )
        plan = act.plan(subject, words)
        if plan.patch is None:
            return plan, subject
        try:
            return plan, Subject(
                await session.kube.merge(paths.pipeline(session.namespace, words.name), plan.patch)
            )
        except ApiError as error:
            if not error.is_conflict:
                raise
        subject = await session.must_find(words.name)
    raise Problem(f"{words.name} changes faster than it can be written: nothing was written. Try again.")


def _token() -> str:
    return f"cli-{secrets.token_hex(4)}"


def _act_for_state(what: str, wish: Wish) -> Act:
    def plan(subject: Subject, words: Words) -> Plan:
        return plan_state(subject, wish, words, _token())

    def goal(before: Subject, after: Subject, plan: Plan, words: Words) -> Goal:
        stop = before.status.stop
        return StateGoal(
            wanted=wish.desired,
            words=words,
            generation=after.generation,
            request=plan.request,
            ended=plan.ended,
            stop_before=stop.requested_at if stop is not None and stop.finished_at is not None else None,
        )

    return Act(what, plan, goal, suits_deletion=wish.force)


def _act_for_request(what: str, verb: RequestVerb) -> Act:
    def plan(subject: Subject, words: Words) -> Plan:
        return plan_request(subject, verb, words, _token())

    def goal(before: Subject, after: Subject, plan: Plan, words: Words) -> Goal:
        token = plan.request[1] if plan.request else ""
        if verb is RequestVerb.RESTART:
            return StateGoal(after.wish.desired, words, after.generation, plan.request)
        return RequestGoal(verb, token, words)

    return Act(what, plan, goal)


@click.command()
@with_acting
def start(target: Target, name: str, waiting: Waiting, output: str | None) -> None:
    """Bring a pipeline to Running: from a stop, a pause, a standby, an error or the end of its input."""
    perform(target, name, waiting, output, _act_for_state("the start", Wish(DesiredStatus.RUNNING)))


@click.command()
@with_acting
def pause(target: Target, name: str, waiting: Waiting, output: str | None) -> None:
    """Keep a pipeline up and let it process nothing; a stopped one starts paused."""
    perform(target, name, waiting, output, _act_for_state("the pause", Wish(DesiredStatus.PAUSED)))


@click.command()
@click.option("--force", is_flag=True, help="Now, without a checkpoint. It cannot be taken back.")
@with_acting
def stop(target: Target, name: str, waiting: Waiting, output: str | None, force: bool) -> None:
    """Stop a pipeline: a checkpoint first, and its pod only when that is durable."""
    perform(target, name, waiting, output, _act_for_state("the stop", Wish(DesiredStatus.STOPPED, force)))


@click.command()
@click.option("--force", is_flag=True, help="Now: no hook, and one second to end.")
@with_acting
def cancel(target: Target, name: str, waiting: Waiting, output: str | None, force: bool) -> None:
    """Cancel everything of a batch pipeline that has not ended; what is completed keeps its result."""
    wish = Wish(DesiredStatus.CANCELED, force)
    perform(target, name, waiting, output, _act_for_state("the cancel", wish))


@click.command()
@with_acting
def checkpoint(target: Target, name: str, waiting: Waiting, output: str | None) -> None:
    """Make a checkpoint now."""
    perform(target, name, waiting, output, _act_for_request("the checkpoint", RequestVerb.CHECKPOINT))


@click.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_acting
def clear(target: Target, name: str, waiting: Waiting, output: str | None, yes: bool) -> None:
    """Remove the checkpoints of a stopped pipeline for good."""
    if not yes:
        if not sys.stdin.isatty():
            raise click.UsageError(
                "Clearing removes every checkpoint for good: write --yes where nobody is asked."
            )
        click.confirm(f"Remove every checkpoint of {name} for good?", abort=True, err=True)
    perform(target, name, waiting, output, _act_for_request("the clearing", RequestVerb.CLEAR_STORAGE))


@click.command()
@with_acting
def approve(target: Target, name: str, waiting: Waiting, output: str | None) -> None:
    """Let a changed program take over the state of the one that made the checkpoint."""
    perform(target, name, waiting, output, _act_for_request("the approval", RequestVerb.APPROVE))


@click.command("dismiss-error")
@with_acting
def dismiss_error(target: Target, name: str, waiting: Waiting, output: str | None) -> None:
    """Remove the error of a stopped pipeline; if it is wanted to run, it starts."""
    perform(target, name, waiting, output, _act_for_request("the dismissal", RequestVerb.DISMISS_ERROR))


@click.command()
@with_acting
def restart(target: Target, name: str, waiting: Waiting, output: str | None) -> None:
    """Stop a pipeline gracefully and start it again; one that failed or completed starts anew."""
    perform(target, name, waiting, output, _act_for_request("the restart", RequestVerb.RESTART))


COMMANDS = (start, pause, stop, cancel, checkpoint, clear, approve, dismiss_error, restart)
