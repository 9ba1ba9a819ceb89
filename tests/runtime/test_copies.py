"""Checkpoints in an object store, from a running process: copied, waited for, and never lost in silence."""

import json
from pathlib import Path
from typing import Any

import pytest

from sluice import contract

from .harness import FIRST_ID, SECOND_ID, JobProcess, Jobs, wait_for
from .sites import copied


class Store:
    """A folder as an object store. Blocked, it refuses everything, as a store that is away does."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._hidden = folder.with_name("hidden")
        self.url = f"file://{folder}"

    def block(self) -> None:
        if self._folder.exists():
            self._folder.rename(self._hidden)
        self._folder.touch()

    def unblock(self) -> None:
        self._folder.unlink()
        if self._hidden.exists():
            self._hidden.rename(self._folder)

    def checkpoints(self) -> list[str]:
        """The ids of the complete copies, oldest first."""
        read = [json.loads(path.read_text()) for path in self._folder.glob("checkpoints/*.json")]
        return [each["uuid"] for each in sorted(read, key=lambda each: each["sequence"])]

    def states(self) -> list[str]:
        return sorted(path.name.partition("-")[2] for path in self._folder.glob("states/*"))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def start(jobs: Jobs, store: Store, *arguments: str, **environment: str) -> JobProcess:
    return jobs.start("--deployment-id", FIRST_ID, *arguments, SLUICE_SYNC_URL=store.url, **environment)


def activity(job: JobProcess) -> dict[str, Any]:
    activity: dict[str, Any] = job.get("/stats").body["checkpoint_activity"]
    return activity


def wait_delayed(job: JobProcess, part: str) -> dict[str, Any]:
    return wait_for(
        lambda: activity(job), lambda seen: part in str(seen.get("reasons", "")), f"delay because of {part}"
    )


def test_every_checkpoint_is_copied_and_retention_holds_in_the_store_too(jobs: Jobs, store: Store) -> None:
    job = start(jobs, store, "--checkpoint-retain", "2")
    job.wait_status("Running")
    made = [job.checkpoint()["uuid"] for _ in range(4)]
    copied(job, made[-1])
    wait_for(store.checkpoints, lambda seen: seen == made[-2:], "retention in the store")
    wait_for(store.states, lambda seen: seen == sorted(made[-2:]), "retention of states")
    assert job.get("/checkpoints/remote").body == job.get("/checkpoints").body


def test_a_sync_that_is_asked_for_has_an_outcome(jobs: Jobs, store: Store) -> None:
    job = start(jobs, store)
    job.wait_status("Running")
    refused = job.post("/checkpoint/sync")
    assert refused.status == 400
    assert refused.body["message"].startswith("no checkpoints found; make a POST request to `/checkpoint`")
    assert job.get("/checkpoint/sync_status").body == {"success": None, "failure": None, "periodic": None}
    made = job.checkpoint()

    answer = job.post("/checkpoint/sync")

    assert answer.status == 202
    assert answer.body["checkpoint_uuid"] == made["uuid"]
    assert answer.body["incarnation_uuid"] == job.get("/stats").body["global_metrics"]["incarnation_uuid"]
    seen = wait_for(
        lambda: job.get("/checkpoint/sync_status").body, lambda seen: seen["success"], "success of the sync"
    )
    assert seen == {"success": made["uuid"], "failure": None, "periodic": made["uuid"]}


def test_a_sync_that_fails_says_why_and_is_tried_again(jobs: Jobs, store: Store) -> None:
    store.block()
    job = start(jobs, store)
    job.wait_status("Running")
    made = job.checkpoint()
    job.post("/checkpoint/sync")
    seen = wait_for(
        lambda: job.get("/checkpoint/sync_status").body, lambda seen: seen["failure"], "failure of the sync"
    )
    assert seen["failure"]["uuid"] == made["uuid"]
    assert "Error" in seen["failure"]["error"]
    assert job.get("/checkpoints/remote").body["error_code"] == "ObjectStoreUnreachable"
    job.wait_processed(job.processed() + 100)

    store.unblock()

    wait_for(
        lambda: job.get("/checkpoint/sync_status").body["success"], lambda seen: seen == made["uuid"], "retry"
    )


def test_a_store_that_is_away_delays_neither_the_job_nor_its_checkpoints(jobs: Jobs, store: Store) -> None:
    store.block()
    job = start(jobs, store)
    job.wait_processed(100)
    made = [job.checkpoint()["uuid"] for _ in range(3)]
    assert activity(job) == {"status": "idle"}

    store.unblock()

    wait_for(store.checkpoints, lambda seen: seen == made, "all copies")
    copies = [event["uuid"] for event in job.events("copied")]
    assert copies == made[::-1], "the newest goes first"


def test_a_suspend_is_complete_only_once_its_checkpoint_is_in_the_store(jobs: Jobs, store: Store) -> None:
    store.block()
    job = start(jobs, store)
    job.wait_processed(100)
    job.post("/suspend")

    delayed = wait_delayed(job, "Error")

    (made,) = job.checkpoint_ids()
    assert delayed["status"] == "delayed"
    assert delayed["reasons"][0].startswith(f"copying checkpoint {made} to the object store: ")
    assert delayed["delayed_since"]
    assert job.get("/stats").body["suspend_error"] == {"Temporary": delayed["reasons"]}
    status = job.get("/status").body
    assert (status["runtime_status"], status["runtime_desired_status"]) == ("Running", "Suspended")
    assert job.last_words() == {"checkpoint": made, "error": None}

    store.unblock()

    job.wait_status("Suspended")
    assert store.checkpoints() == [made]


def test_a_suspend_that_was_killed_before_its_copy_is_finished_by_the_restart(
    jobs: Jobs, store: Store
) -> None:
    store.block()
    first = start(jobs, store)
    first.wait_status("Running")
    first.post("/suspend")
    wait_delayed(first, "copying")
    (made,) = first.checkpoint_ids()
    first.kill()

    second = start(jobs, store)
    wait_for(lambda: second.events("copy_failed"), bool, "failed copy")
    assert second.get("/status").body["runtime_status"] == "Initializing"
    store.unblock()

    second.wait_status("Suspended")
    assert store.checkpoints() == [made]


def test_sigterm_while_a_suspend_waits_for_the_store_ends_with_its_checkpoint(
    jobs: Jobs, store: Store
) -> None:
    store.block()
    job = start(jobs, store)
    job.wait_status("Running")
    job.post("/suspend")
    wait_delayed(job, "copying")
    (made,) = job.checkpoint_ids()

    assert job.stop() == contract.EXIT_CHECKPOINTED_ON_SIGTERM
    assert job.last_words() == {"checkpoint": made, "error": None}


def test_the_checkpoint_on_sigterm_reaches_the_store(jobs: Jobs, store: Store) -> None:
    job = start(jobs, store)
    job.wait_processed(100)
    assert job.stop() == contract.EXIT_CHECKPOINTED_ON_SIGTERM
    assert store.checkpoints() == [job.last_words()["checkpoint"]]


def test_a_store_that_is_away_does_not_hold_up_a_sigterm_and_the_next_start_copies(
    jobs: Jobs, store: Store
) -> None:
    store.block()
    job = start(jobs, store)
    job.wait_status("Running")
    assert job.stop() == contract.EXIT_CHECKPOINTED_ON_SIGTERM
    store.unblock()

    again = start(jobs, store)

    again.wait_status("Running")
    wait_for(store.checkpoints, lambda seen: seen == [job.last_words()["checkpoint"]], "late copy")


def test_the_end_of_the_input_waits_for_the_store(jobs: Jobs, store: Store) -> None:
    store.block()
    job = start(jobs, store, "--laps", "1")
    wait_for(lambda: job.events("copy_failed"), bool, "failed copy")
    assert job.exit_code() is None
    store.unblock()
    assert job.wait_exit() == contract.EXIT_END_OF_INPUT
    assert store.checkpoints() == [job.last_words()["checkpoint"]]


def test_a_folder_with_another_writer_is_not_taken_over_in_passing(
    jobs: Jobs, store: Store, tmp_path: Path
) -> None:
    first = start(jobs, store)
    first.wait_status("Running")
    made = first.checkpoint()["uuid"]
    copied(first, made)

    jobs.storage = tmp_path / "another"
    intruder = start(jobs, store)

    assert intruder.wait_exit() == contract.EXIT_FENCED
    assert "has another writer already" in intruder.last_words()["error"]["message"]
    newer = first.checkpoint()["uuid"]
    copied(first, newer)


def test_a_fresh_start_leaves_the_folder_s_checkpoints_behind(
    jobs: Jobs, store: Store, tmp_path: Path
) -> None:
    first = start(jobs, store, SLUICE_RUN_NUMBER="9")
    first.wait_processed(100)
    copied(first, first.checkpoint()["uuid"])

    jobs.storage = tmp_path / "another"
    fresh = jobs.start(
        *("--deployment-id", SECOND_ID, "--start-from", "fresh"),
        SLUICE_SYNC_URL=store.url,
        SLUICE_RUN_NUMBER="1",
    )
    fresh.wait_status("Running")
    own = fresh.checkpoint()["uuid"]
    copied(fresh, own)

    assert fresh.get("/checkpoints/remote").body[-1]["uuid"] == own, "it is the newest one now"
    first.post("/checkpoint")
    assert first.wait_exit() == contract.EXIT_FENCED


def test_a_url_that_cannot_be_one_is_a_bad_configuration_and_not_quoted(jobs: Jobs) -> None:
    job = jobs.start(SLUICE_SYNC_URL="nowhere://user:secret@host/folder")
    assert job.wait_exit() == contract.EXIT_BAD_CONFIGURATION
    words = job.last_words()["error"]["message"]
    assert "SLUICE_SYNC_URL" in words
    assert "secret" not in job.output.read_text() + words
