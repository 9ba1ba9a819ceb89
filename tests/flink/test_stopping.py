"""What a stop with a savepoint does when it cannot succeed at once."""

import signal

from sluice import contract
from sluice.engines import Call, EngineRefusedError
from sluice.observation import EngineVerb, RuntimeAnswer

from .application import Application, Applications, stop, verdict


def refusal(run: Application) -> str:
    try:
        run.call(stop(0))
    except EngineRefusedError as error:
        return str(error)
    return ""


def failure_of(run: Application, call: Call) -> RuntimeAnswer:
    """The first answer that tells why a stop failed."""
    return run.wait_observed(lambda seen: seen.checkpoint_error, f"failure of {call}", call)


def ids(seen: RuntimeAnswer) -> list[str]:
    return [one.uuid for one in seen.checkpoints or ()]


def test_a_stop_survives_every_failure_that_can_pass(applications: Applications) -> None:
    # One process goes through them in turn: each start costs more than all of this.
    blocked = applications.storage / "savepoints"
    applications.storage.mkdir()
    blocked.write_text("a file where the folder has to be")
    failing = applications.storage / "snapshots-fail"
    run = applications.start(
        "--test-open-millis",
        "2000",
        "--test-snapshot-millis",
        "700",
        "--test-snapshot-fails-while",
        str(failing),
    )

    # While tasks open, Flink says RUNNING and would fail every savepoint.
    opening = run.wait_observed(
        lambda seen: (seen.details or {}).get("tasks", {}).get("initializing"), "opening"
    )
    assert opening.status == "Initializing"
    assert "not all of its tasks run" in refusal(run)
    run.wait_checkpoints(1)

    # A target that cannot be written fails the savepoint and nothing else.
    ticket = run.call(stop(1))
    failed = failure_of(run, stop(1))
    assert (failed.status, failed.desired) == ("Running", "Running")
    assert str(failed.checkpoint_error).endswith(f"FileAlreadyExistsException: {blocked}")
    assert run.call(stop(1)) == ticket, "the same call is the same operation, also after it failed"
    assert failure_of(run, stop(1)).checkpoint_error == failed.checkpoint_error
    blocked.unlink()

    # A snapshot that throws fails the stop and makes Flink restart the tasks, from the last checkpoint.
    failing.touch()
    run.call(stop(2))
    failure_of(run, stop(2))
    failing.unlink()
    run.wait_status("Running", stop(2))

    # An on-demand savepoint leaves the job running.
    asked = Call(EngineVerb.CHECKPOINT, id="savepoint")
    run.call(asked)
    made = run.wait_observed(lambda seen: "-savepoint-" in str(ids(seen)), "the savepoint", asked)
    assert (made.status, made.desired, made.checkpoint_error) == ("Running", "Running", None)
    (savepoint,) = (one for one in ids(made) if "-savepoint-" in one)

    # SIGTERM in the middle of the operator's own stop waits for that one: a second would fail both.
    ticket = run.call(stop(3))
    assert run.call(stop(3)) in (ticket, None)
    run.wait_observed(lambda seen: seen.desired == "Suspended", "the stop under way", stop(3))
    run.signal(signal.SIGTERM)
    assert run.wait_exit() == contract.EXIT_CHECKPOINTED_ON_SIGTERM
    stopped = run.words["checkpoint"]
    assert stopped.startswith("1-savepoint-")
    assert stopped != savepoint
    assert not run.events("savepoint_failed")
    assert verdict(applications.output)[0] == 0, verdict(applications.output)[1]
