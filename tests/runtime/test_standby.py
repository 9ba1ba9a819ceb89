"""Standby: a second storage follows the folder of the first one, and takes over."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sluice import contract

from .harness import FIRST_ID, REPOSITORY, SECOND_ID, Answer, Jobs, Nursery, wait_for
from .sites import Site, checkpointed, copied, followed, verified

THIRD_ID = "0199e000-0000-7000-8000-000000000003"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def primary(jobs: Jobs, folder: Path) -> Site:
    return Site(jobs, f"file://{folder}")


@pytest.fixture
def second(nursery: Nursery, tmp_path: Path, folder: Path) -> Any:
    jobs = Jobs(nursery, tmp_path / "second")
    yield Site(jobs, f"file://{folder}")
    jobs.kill_all()


def assert_refused(answer: Answer, action: str) -> None:
    assert answer.status == 400
    assert answer.body["error_code"] == "InvalidTransition"
    assert answer.body["message"] == f"Cannot execute {action} transition starting from Standby"


def test_a_standby_follows_and_processes_nothing(primary: Site, second: Site) -> None:
    first, made = checkpointed(primary)
    standby = second.standby()
    followed(standby, made["uuid"])

    status = wait_for(
        lambda: standby.get("/status").body,
        lambda seen: made["uuid"] in seen["runtime_status_details"]["reason"],
        "followed checkpoint in the details",
    )

    assert (status["runtime_status"], status["runtime_desired_status"]) == ("Standby", "Standby")
    assert standby.get("/stats").body["error_code"] == "Initializing"
    assert standby.get("/checkpoints/remote").body == first.get("/checkpoints").body
    newer = first.checkpoint()
    followed(standby, newer["uuid"])
    assert not standby.events("started_fresh")
    assert not standby.events("resumed")


def test_a_standby_refuses_everything_but_activation(primary: Site, second: Site) -> None:
    del primary
    standby = second.standby()
    assert_refused(standby.get("/start"), "start")
    assert_refused(standby.get("/pause"), "pause")
    assert_refused(standby.post("/suspend"), "suspend")
    assert standby.post("/checkpoint").body["error_code"] == "Initializing"
    assert standby.post("/activate?initial=standby").body["error_code"] == "InvalidActivateStatus"
    assert standby.wait_status("Standby")["runtime_desired_status"] == "Standby"


def test_sigterm_ends_a_standby_without_a_checkpoint(primary: Site, second: Site) -> None:
    first, made = checkpointed(primary)
    standby = second.standby()
    followed(standby, made["uuid"])
    assert standby.stop() == contract.EXIT_CHECKPOINTED_ON_SIGTERM
    assert standby.last_words() == {"checkpoint": made["uuid"], "error": None}
    first.checkpoint()


@pytest.mark.parametrize(("initial", "status"), [("running", "Running"), ("paused", "Paused")])
def test_an_activated_standby_goes_on_from_the_newest_checkpoint(
    primary: Site, second: Site, initial: str, status: str
) -> None:
    first, _ = checkpointed(primary)
    # The interval is long: only the last pull of the activation can bring the newest one.
    standby = second.standby(SLUICE_SYNC_INTERVAL_SECONDS="3600")
    newest = first.checkpoint()
    copied(first, newest["uuid"])
    first.kill()

    answer = standby.post(f"/activate?initial={initial}")

    assert answer == (202, f"Pipeline transitioning from Standby to {status}")
    assert standby.wait_status(status)["runtime_desired_status"] == status
    assert standby.events("resumed")[0]["uuid"] == newest["uuid"]
    assert verified(standby) >= newest["processed_records"]


def test_what_an_activated_one_writes_ranks_above_what_it_followed(primary: Site, second: Site) -> None:
    """Its run number may be lower than the one of the process that it followed."""
    first = primary.start(FIRST_ID, SLUICE_RUN_NUMBER="9")
    first.wait_processed(100)
    copied(first, first.checkpoint()["uuid"])
    standby = second.standby(SLUICE_RUN_NUMBER="1")
    standby.post("/activate")
    standby.wait_status("Running")
    own = standby.checkpoint()
    assert standby.checkpoint_ids()[-1] == own["uuid"]
    copied(standby, own["uuid"])
    standby.kill()

    again = second.start(SECOND_ID, SLUICE_RUN_NUMBER="2")

    again.wait_status("Running")
    assert again.events("resumed")[0]["uuid"] == own["uuid"]
    assert again.get("/checkpoints/remote").body[-1]["uuid"] == own["uuid"]
    assert verified(again) >= own["processed_records"]


def test_an_activation_survives_an_automatic_restart(primary: Site, second: Site) -> None:
    first, made = checkpointed(primary)
    first.kill()
    standby = second.standby()
    standby.post("/activate?initial=paused")
    standby.wait_status("Paused")
    standby.kill()

    again = second.start(SECOND_ID, "--initial", "standby")

    again.wait_status("Paused")
    assert again.processed() == made["processed_records"]
    assert not again.events("activated"), "it took over once"


def test_an_automatic_restart_of_a_standby_is_a_standby(primary: Site, second: Site) -> None:
    del primary
    second.standby().kill()
    second.start(SECOND_ID, "--initial", "running").wait_status("Standby")


def test_an_activation_that_was_killed_is_finished_by_the_restart(
    primary: Site, second: Site, folder: Path
) -> None:
    first, _ = checkpointed(primary)
    standby = second.standby(SLUICE_SYNC_INTERVAL_SECONDS="3600")
    newest = first.checkpoint()
    copied(first, newest["uuid"])
    first.kill()
    hidden = folder.with_name("hidden")
    folder.rename(hidden)
    folder.touch()
    assert standby.post("/activate").status == 202
    standby.wait_event("activation_delayed")
    reason = standby.wait_status("Initializing")["runtime_status_details"]["reason"]
    assert reason.startswith("activating: ")
    standby.kill()
    folder.unlink()
    hidden.rename(folder)

    again = second.start(SECOND_ID, "--initial", "standby")

    again.wait_status("Running")
    assert again.events("resumed")[0]["uuid"] == newest["uuid"], "the last pull was left out"


def test_an_activation_waits_for_the_store(primary: Site, second: Site, folder: Path) -> None:
    first, made = checkpointed(primary)
    first.kill()
    standby = second.standby()
    followed(standby, made["uuid"])
    hidden = folder.with_name("hidden")
    folder.rename(hidden)
    folder.touch()
    standby.post("/activate")
    standby.wait_event("activation_delayed")
    folder.unlink()
    hidden.rename(folder)
    standby.wait_status("Running")


def test_a_replaced_process_makes_nothing_visible_and_exits(primary: Site, second: Site) -> None:
    first, _ = checkpointed(primary)
    standby = second.standby()
    standby.post("/activate")
    standby.wait_status("Running")
    before = standby.get("/checkpoints/remote").body

    first.post("/checkpoint")

    assert first.wait_exit() == contract.EXIT_FENCED
    words = first.last_words()
    assert words["error"]["error_code"] == "Fenced"
    assert "taken over" in words["error"]["message"]
    assert standby.get("/checkpoints/remote").body == before
    again = primary.start(FIRST_ID)
    assert again.wait_exit() == contract.EXIT_FENCED, "a restart does not take the folder back"
    copied(standby, standby.checkpoint()["uuid"])


def test_the_first_one_comes_back_as_standby_once_its_storage_is_cleared(primary: Site, second: Site) -> None:
    first, _ = checkpointed(primary)
    first.kill()
    standby = second.standby()
    standby.post("/activate")
    standby.wait_status("Running")
    made = standby.checkpoint()
    copied(standby, made["uuid"])
    clear(primary.jobs.storage)

    back = primary.standby(THIRD_ID)
    followed(back, made["uuid"])
    standby.kill()
    back.post("/activate")
    back.wait_status("Running")

    assert back.events("resumed")[0]["uuid"] == made["uuid"]
    assert verified(back) >= made["processed_records"]


def clear(storage: Path) -> None:
    environment = {**os.environ, "SLUICE_STORAGE": str(storage), "PYTHONPATH": str(REPOSITORY / "operator")}
    subprocess.run([sys.executable, "-m", "sluice.runtime.maintenance", "clear"], env=environment, check=True)


def test_a_new_start_of_a_standby_as_running_is_an_activation(primary: Site, second: Site) -> None:
    first, made = checkpointed(primary)
    first.kill()
    standby = second.standby()
    followed(standby, made["uuid"])
    standby.stop()

    job = second.start(THIRD_ID, "--initial", "running")

    job.wait_status("Running")
    assert job.events("activated")
    assert job.events("resumed")[0]["uuid"] == made["uuid"]


def test_a_standby_whose_store_is_lost_can_be_started_without_it(primary: Site, second: Site) -> None:
    first = primary.start(FIRST_ID, SLUICE_RUN_NUMBER="9")
    first.wait_processed(100)
    made = first.checkpoint()
    copied(first, made["uuid"])
    first.kill()
    standby = second.standby(SLUICE_RUN_NUMBER="1")
    followed(standby, made["uuid"])
    standby.stop()

    job = second.jobs.start("--deployment-id", THIRD_ID, SLUICE_RUN_NUMBER="2")
    job.wait_status("Running")
    assert job.events("resumed")[0]["uuid"] == made["uuid"]
    own = job.checkpoint()
    assert job.checkpoint_ids()[-1] == own["uuid"], "its own ranks above what it followed"


def test_a_stored_standby_without_a_store_cannot_go_on(second: Site) -> None:
    second.standby().kill()
    job = second.jobs.start("--deployment-id", SECOND_ID)
    assert job.wait_exit() == contract.EXIT_FAILED
    assert job.last_words()["error"]["details"]["error"]["error_code"] == "InitialStandbyNotAllowed"


@pytest.mark.parametrize("missing", ["url", "storage"])
def test_standby_needs_a_storage_and_a_store(second: Site, missing: str) -> None:
    arguments = ("--initial", "standby")
    if missing == "url":
        job = second.jobs.start(*arguments)
    else:
        job = second.jobs.start_without_storage(*arguments, SLUICE_SYNC_URL=second.url)
    assert job.wait_exit() == contract.EXIT_FAILED
    error = job.last_words()["error"]
    assert error["error_code"] == "InitializationError"
    assert error["details"]["error"]["error_code"] == "InitialStandbyNotAllowed"
    assert "Initial desired runtime status can only be set to Standby if" in error["message"]


def test_a_running_pipeline_cannot_become_a_standby(primary: Site) -> None:
    first, _ = checkpointed(primary)
    first.kill()
    job = primary.start(THIRD_ID, "--initial", "standby")
    assert job.wait_exit() == contract.EXIT_FAILED
    assert job.last_words()["error"]["details"]["error"]["error_code"] == "InvalidStartupTransition"


def test_an_activated_program_that_changed_awaits_its_approval(primary: Site, second: Site) -> None:
    first, made = checkpointed(primary)
    first.kill()
    standby = second.standby(ZONE_CENSUS_TEST_VERSION="2", SLUICE_BOOTSTRAP_POLICY="await_approval")
    standby.post("/activate?initial=paused")
    standby.wait_status("AwaitingApproval")
    standby.post("/approve")
    standby.wait_status("Paused")
    assert standby.processed() == made["processed_records"]
