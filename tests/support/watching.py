"""What happened to a pipeline, in the order in which the API server saw it."""

import json
import subprocess
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import IO

from sluice.api.json_values import child
from support.kubectl import KUBECTL, Manifest
from support.pipeline import PipelineAtWork


@dataclass
class Changes:
    """Every version of a pipeline and of its pod that a watch showed."""

    pipelines: list[Manifest] = field(default_factory=list[Manifest])
    pods: list[Manifest] = field(default_factory=list[Manifest])

    def states(self) -> list[tuple[str, str]]:
        """Status and desired status, each pair once for as long as it lasted."""
        statuses = [child(body, "status") for body in self.pipelines]
        pairs: list[tuple[str, str]] = [
            (status.get("deploymentStatus", ""), status.get("deploymentDesiredStatus", ""))
            for status in statuses
        ]
        return pairs[:1] + [after for before, after in pairwise(pairs) if after != before]

    def version_when_recorded(self, checkpoint: str) -> int:
        """The first version of the pipeline whose status names this checkpoint as its stop's."""
        return next(
            int(body["metadata"]["resourceVersion"])
            for body in self.pipelines
            if child(child(body, "status"), "stop").get("checkpoint") == checkpoint
        )

    def version_when_deleted(self) -> int:
        """The first version of the pod that somebody had asked to end."""
        return next(
            int(body["metadata"]["resourceVersion"])
            for body in self.pods
            if "deletionTimestamp" in body["metadata"]
        )


@contextmanager
def record_changes(pipeline: PipelineAtWork) -> Generator[Changes]:
    """Watch a pipeline and its pod while the block runs. What was there at the start comes first."""
    changes = Changes()
    watches = [
        _Watch(pipeline, f"slpl/{pipeline.name}", changes.pipelines),
        _Watch(pipeline, f"pod/{pipeline.pod_name}", changes.pods),
    ]
    try:
        for watch in watches:
            assert watch.has_begun.wait(20), f"the watch of {watch.what} showed nothing"
        yield changes
        # The block has seen its last state by a read; the watch may be a moment behind.
        threading.Event().wait(0.5)
    finally:
        for watch in watches:
            watch.end()


class _Watch:
    def __init__(self, pipeline: PipelineAtWork, what: str, seen: list[Manifest]) -> None:
        self.what = what
        self.has_begun = threading.Event()
        namespace = pipeline.kubectl.namespace or "default"
        self._process = subprocess.Popen(
            [KUBECTL, "-n", namespace, "get", what, "-w", "-o", "json"],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self._thread = threading.Thread(target=self._read, args=(self._process.stdout, seen), daemon=True)
        self._thread.start()

    def _read(self, stream: IO[str], seen: list[Manifest]) -> None:
        decoder, buffer = json.JSONDecoder(), ""
        while chunk := stream.readline():
            buffer += chunk
            try:
                body, _ = decoder.raw_decode(buffer)
            except json.JSONDecodeError:
                continue
            seen.append(body)
            self.has_begun.set()
            buffer = ""

    def end(self) -> None:
        self._process.kill()
        self._process.wait(10)
        self._thread.join(10)
        assert self._process.stdout is not None
        self._process.stdout.close()
