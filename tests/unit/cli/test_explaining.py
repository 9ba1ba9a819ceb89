"""No state and no reason leaves a person without an answer: all of them are walked through."""

import re
from typing import Any

import pytest

from sluice.api.element_status import BatchStatus
from sluice.api.errors import OVER_HTTP, ErrorCode
from sluice.api.reasons import Reason, RequestReason, StopReason
from sluice.api.statuses import CombinedStatus, RuntimeStatus
from sluice.cli.program import people
from sluice.telling import explanations, outcomes
from sluice.telling.explaining import Account, explain, hint_for
from sluice.telling.subject import Subject

from .stage import STAMP, START, WORDS, Stage, conditions, pipeline, status

STATUSES = [*CombinedStatus, *RuntimeStatus, *BatchStatus]
COMMAND = re.compile(r"`sluice ([a-z-]+) orders")

IN_STATUS = [code for code in ErrorCode if code not in OVER_HTTP]


def account_of(told: dict[str, Any], **fields: Any) -> Account:
    return explain(Subject(pipeline(status=told, **fields)), WORDS, START)


def must_answer(account: Account) -> None:
    """Each question has a sentence, nothing is left open in one, and each command exists."""
    for lines in (account.why, account.awaits, account.do):
        assert lines
        assert all(line.strip() and "{" not in line for line in lines)
    named = COMMAND.findall(" ".join([*account.why, *account.awaits, *account.do]))
    assert set(named) <= set(people.commands)


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_in_every_status_is_explained(reason: Reason) -> None:
    for deployment_status in STATUSES:
        account = account_of(status(deployment_status, reason))

        must_answer(account)
        assert explanations.UNKNOWN_STATUS not in " ".join(account.why), deployment_status
        assert explanations.UNKNOWN.awaits not in " ".join(account.awaits), deployment_status


@pytest.mark.parametrize("reason", StopReason)
def test_every_end_of_a_stop_without_a_checkpoint_is_explained(reason: StopReason) -> None:
    stop = {"mode": "Graceful", "requestedAt": STAMP, "finishedAt": STAMP, "reason": reason}

    account = account_of(status("Stopped", "Stopped", stop=stop))

    must_answer(account)
    assert outcomes.STOP_REASONS[reason] in " ".join(account.why)


@pytest.mark.parametrize("code", [*IN_STATUS, *RequestReason])
def test_every_code_has_a_hint(code: str) -> None:
    error = {"message": "it broke", "errorCode": code}

    account = account_of(status("Stopped", "Failed", is_stalled=True, deploymentError=error))

    must_answer(account)
    assert hint_for(code, WORDS) == account.do[0]
    assert f"deploymentError {code}: It broke." in account.why


@pytest.mark.parametrize("code", IN_STATUS)
def test_every_change_that_is_held_has_a_hint(code: ErrorCode) -> None:
    pending = {**conditions(code, "it has to wait")[0], "type": "ChangesPending", "status": "True"}
    told = status("Running", "Running")
    told["conditions"].append(pending)

    account = account_of(told)

    assert "It has to wait." in account.why
    assert hint_for(code, WORDS) in account.do


def test_a_stop_that_hangs_tells_its_blockers_its_error_and_the_way_out() -> None:
    stop = {
        "mode": "Graceful",
        "requestedAt": STAMP,
        "attempt": 4,
        "lastError": "no space left on device",
        "blockers": ["input orders is in a transaction"],
        "report": {"code": 3, "output": "not now", "durationSeconds": 2},
    }

    account = account_of(status("Suspending", "StopStuck", stop=stop, is_stalled=True))

    assert "Attempt 4 at the checkpoint failed: no space left on device." in account.why
    assert "Its last attempt ended with code 3 after 2 s, and said: not now." in account.why
    assert "The checkpoint is held up: input orders is in a transaction." in account.awaits
    assert any("stop orders --force" in line for line in account.do)


def test_a_pipeline_that_nobody_has_looked_at_yet_is_explained() -> None:
    must_answer(account_of({}))


def test_words_of_a_newer_operator_are_said_to_be_so() -> None:
    account = account_of(status("Levitating", "Levitation"))

    must_answer(account)
    assert explanations.UNKNOWN_STATUS in " ".join(account.why)
    assert "update sluice" in " ".join(account.do)


def test_a_pause_of_the_operator_is_what_counts() -> None:
    told = status("Running", "Running")
    told["conditions"][2] |= {"reason": "ReconciliationPaused", "status": "False"}

    assert "sluice.dev/paused-" in " ".join(account_of(told).do)


def test_explain_prints_the_three_answers() -> None:
    stage = Stage(pipeline(status=status("Suspending", "Suspending")))

    result = stage.run("explain", "orders", "-n", "shop")

    assert result.exit_code == 0
    for heading in ("Why it is so", "What it waits for", "What you can do"):
        assert heading in result.stdout
    assert "`sluice stop orders -n shop --force`" in result.stdout
