"""When a restarted run counts as healthy, and what is remembered of the run before."""

import pytest

from sluice.api.status import PipelineStatus, RestartStatus
from sluice.observation import Observed

from .builders import (
    BOOM,
    NOW,
    RUN,
    SILENCE,
    ago,
    answer_of,
    ended,
    look,
    pod_of,
    provisioned,
    reread,
    seen_of,
    serving,
    stopped,
)


def restart_of(status: PipelineStatus) -> RestartStatus:
    assert status.restart is not None
    return status.restart


def test_an_automatic_restart_keeps_the_last_error_until_the_next_start() -> None:
    crashed = look(RUN, provisioned(), seen_of(ended(1, error=BOOM)))
    back = look(RUN, reread(crashed.status), serving_run(2), after=30)
    healthy = look(RUN, reread(back.status), serving_run(2), after=400)
    again = look(RUN, stopped(restart=healthy.status.restart), after=500)

    assert restart_of(back.status).last_error == BOOM
    assert restart_of(healthy.status).last_error == BOOM
    assert restart_of(again.status).last_error is None


def serving_run(number: int) -> Observed:
    return seen_of(pod_of(run_number=number, uid="next"), runtime=answer_of())


@pytest.mark.parametrize(("seconds", "count"), [(299, 2), (300, 0)])
def test_a_run_that_served_long_enough_begins_a_new_count(seconds: int, count: int) -> None:
    before = provisioned(restart=RestartStatus(count=2, serving_since=ago(seconds)))

    assert restart_of(look(RUN, before, serving()).status).count == count


def test_the_time_to_be_healthy_is_looked_at_when_it_comes() -> None:
    decision = look(RUN, provisioned(restart=RestartStatus(count=1)), serving())

    assert restart_of(decision.status).serving_since == NOW
    assert decision.requeue_after == pytest.approx(300)


def test_a_run_is_healthy_only_if_it_served_without_a_break() -> None:
    before = provisioned(restart=RestartStatus(count=2, serving_since=ago(200)))
    broken = look(RUN, before, serving("Initializing", desired="Running"))
    back = look(RUN, reread(broken.status), serving(), after=100)

    assert restart_of(broken.status).serving_since is None
    assert restart_of(back.status).count == 2


def test_a_single_silence_is_no_break() -> None:
    before = provisioned(restart=RestartStatus(count=2, serving_since=ago(200)))
    silent = look(RUN, before, seen_of(pod_of(), runtime=SILENCE))

    assert restart_of(silent.status).serving_since == ago(200)
