"""Two storages that share a folder of an object store."""

import json
from typing import Any

from .harness import FIRST_ID, SECOND_ID, JobProcess, Jobs, verify, wait_for


class Site:
    """The processes of one pipeline: they share a storage, and the folder with the other site."""

    def __init__(self, jobs: Jobs, url: str, **environment: str) -> None:
        self.jobs = jobs
        self.url = url
        self._environment = environment

    def start(self, deployment_id: str, *arguments: str, **environment: str) -> JobProcess:
        return self.jobs.start(
            *("--deployment-id", deployment_id),
            *arguments,
            **{
                "SLUICE_SYNC_URL": self.url,
                "SLUICE_SYNC_INTERVAL_SECONDS": "1",
                **self._environment,
                **environment,
            },
        )

    def standby(self, deployment_id: str = SECOND_ID, **environment: str) -> JobProcess:
        job = self.start(deployment_id, "--initial", "standby", **environment)
        job.wait_status("Standby")
        return job


def verified(job: JobProcess) -> int:
    """Let the example's own verifier judge, and return how many records it judged."""
    stats = job.get("/stats").body
    code, sentence = verify(json.dumps(stats))
    assert code == 0, sentence
    return int(stats["job"]["total"])


def copied(job: JobProcess, uuid: str) -> None:
    wait_for(lambda: job.get("/checkpoint/sync_status").body["periodic"], lambda seen: seen == uuid, "copy")


def followed(job: JobProcess, uuid: str) -> None:
    wait_for(job.checkpoint_ids, lambda seen: uuid in seen, "followed checkpoint")


def checkpointed(primary: Site, records: int = 100) -> tuple[JobProcess, dict[str, Any]]:
    first = primary.start(FIRST_ID)
    first.wait_processed(records)
    made = first.checkpoint()
    copied(first, made["uuid"])
    return first, made
