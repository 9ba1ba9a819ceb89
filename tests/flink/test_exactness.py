"""Nothing is lost and nothing doubled, whatever way a run ends, and people see what each run began with."""

import signal

from sluice import contract

from .application import SECOND, Applications, stop, verdict


def test_stops_kills_and_terminations_in_turn_leave_an_exact_result(applications: Applications) -> None:
    scaled = ("--parallelism", "2")
    first = applications.start(options=scaled)
    assert first.wait_event("resume_point")["reason"] == "the volume holds no checkpoint"
    first.wait_checkpoints(1)
    first.call(stop(1))
    stopped = first.wait_status("Suspended", stop(1))

    assert stopped.desired == "Suspended"
    assert stopped.checkpoints is not None
    savepoint = stopped.checkpoints[-1].uuid
    assert savepoint.startswith("1-savepoint-")
    assert first.wait_event("stopped_with_savepoint")["checkpoint"] == savepoint
    assert first.exit_code() is None, "the process stays, so that the savepoint can be read and recorded"
    assert first.call(stop(2)) is None, "there is nothing left to stop"
    assert first.terminate() == contract.EXIT_CHECKPOINTED_ON_SIGTERM
    assert first.words == {"checkpoint": savepoint, "error": None}

    second = applications.start(deployment=SECOND, options=scaled)
    begun = second.wait_event("resume_point")
    assert begun["checkpoint"] == savepoint
    assert begun["reason"] == "the last savepoint is the newest; there is no checkpoint"
    checkpoints = second.wait_checkpoints(2)
    second.signal(signal.SIGKILL)
    second.wait_exit()

    third = applications.start(deployment=SECOND, options=scaled)
    begun = third.wait_event("resume_point")
    assert begun["checkpoint"].startswith("2-chk-")
    assert begun["checkpoint"] >= checkpoints[-1]
    assert begun["reason"].endswith(
        f"the last checkpoint is the newest; newer than the last savepoint, {savepoint}"
    )
    third.wait_checkpoints(1)
    assert third.terminate() == contract.EXIT_CHECKPOINTED_ON_SIGTERM
    assert third.words["checkpoint"].startswith("3-savepoint-")

    assert verdict(applications.output)[0] == 0, verdict(applications.output)[1]


def test_the_end_of_the_input_is_exit_code_0_and_is_not_run_twice(applications: Applications) -> None:
    run = applications.start("--count", "150")

    assert run.wait_exit() == contract.EXIT_END_OF_INPUT
    assert run.words["error"] is None
    assert verdict(applications.output) == (0, "150 numbers: nothing is lost and nothing doubled.")

    again = applications.start("--count", "150", deployment=SECOND)

    assert again.wait_exit() == contract.EXIT_END_OF_INPUT
    assert again.wait_event("resume_point")["reason"] == "run 1 reached the end of its input"
    assert verdict(applications.output)[0] == 0
