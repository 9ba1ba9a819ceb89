"""Kill, terminate, suspend and resume in random order: nothing is ever lost or doubled."""

import json
import random

import pytest

from sluice import contract

from .harness import JobProcess, Jobs, verify

RATE = ("--rows-per-second", "20000")
LIVES = 6


def stored_records(job: JobProcess) -> int:
    return max((each["processed_records"] for each in job.get("/checkpoints").body), default=0)


def kill_at_once(job: JobProcess) -> int:
    saved = stored_records(job)
    job.kill()
    return saved


def kill_after_a_checkpoint(job: JobProcess) -> int:
    saved = int(job.checkpoint()["processed_records"])
    job.kill()
    return saved


def kill_while_a_checkpoint_is_written(job: JobProcess) -> int:
    saved = stored_records(job)
    job.post("/checkpoint")
    job.kill()
    return saved


def kill_while_suspending(job: JobProcess) -> int:
    saved = stored_records(job)
    job.post("/suspend")
    job.kill()
    return saved


def terminate(job: JobProcess) -> int:
    processed = job.processed()
    assert job.stop() == contract.EXIT_CHECKPOINTED_ON_SIGTERM
    return processed


def suspend_then_terminate(job: JobProcess) -> int:
    job.post("/suspend")
    status = job.wait_status("Suspended")
    assert job.stop() == contract.EXIT_CHECKPOINTED_ON_SIGTERM
    return int(status["storage_status_details"]["checkpoints"][-1]["processed_records"])


def pause_then_kill(job: JobProcess) -> int:
    job.get("/pause")
    job.wait_status("Paused")
    return kill_after_a_checkpoint(job)


ENDINGS = (
    kill_at_once,
    kill_after_a_checkpoint,
    kill_while_a_checkpoint_is_written,
    kill_while_suspending,
    terminate,
    suspend_then_terminate,
    pause_then_kill,
)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_sequence_of_endings_loses_or_doubles_a_record(jobs: Jobs, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a repeatable sequence is the point
    acknowledged = 0
    for life in range(LIVES):
        deployment_id = f"0199e000-0000-7000-8000-{life:012x}"
        job = jobs.start(*RATE, "--deployment-id", deployment_id, "--initial", "paused")
        job.wait_status("Paused")
        stats = job.get("/stats").body
        code, sentence = verify(json.dumps(stats))
        assert code == 0, f"life {life}: {sentence}"
        assert stats["job"]["total"] >= acknowledged, f"life {life}: acknowledged records are lost"
        job.get("/start")
        job.wait_processed(stats["job"]["total"] + chance.randrange(2_000))
        acknowledged = chance.choice(ENDINGS)(job)
