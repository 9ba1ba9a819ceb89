"""The table of API writes in ``docs/controller-flow.md``, counted again on the reconciler itself."""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from unit.reconcile.bench import PIPELINE, POD, Bench

PAGE = Path(__file__).resolve().parents[2] / "docs" / "controller-flow.md"
ROW = re.compile(r"^\| ([^|]+) \| (\d+) \| ([^|]+) \| (\d+) \| (\d+) \| (\d+) \|$", re.MULTILINE)
OUTCOMES = {"/start": "Running", "/pause": "Paused", "/suspend": "Suspended"}
LOOKS_MAX = 20
REST_SECONDS = 5.0
"""A look that asks for the next one so much later has found nothing left to do."""


@dataclass(frozen=True)
class Cost:
    """What a transition costs the API server."""

    status: int
    written: int
    events: int
    reads: int


class Transitions:
    """The life of one pipeline; the cluster and the process do at once whatever is asked of them."""

    def __init__(self) -> None:
        self._bench = Bench()

    async def settle(self) -> Cost:
        """Look until nothing is left to do, and count the calls."""
        calls: Counter[str] = Counter()
        for _ in range(LOOKS_MAX):
            delay = await self._bench.look()
            calls.update(_kind(method, path) for method, path in self._bench.kube.log)
            if not self._move_world() and (delay is None or delay >= REST_SECONDS):
                written = calls["status"] + calls["other"]
                return Cost(calls["status"], written, calls["event"], calls["read"])
        raise AssertionError(f"it does not come to rest: {self._bench.status}")

    async def edited(self, **spec: object) -> Cost:
        """A person's edit, followed to its end."""
        self._bench.edit(**spec)
        return await self.settle()

    async def rested(self) -> Cost:
        """Time goes by, at rest."""
        self._bench.let_time_pass()
        return await self.settle()

    async def deleted(self) -> Cost:
        """A deletion, followed until the finalizer is gone."""
        body = self._bench.kube.objects[PIPELINE]
        self._bench.kube.put(PIPELINE, {**body, "metadata": {**body["metadata"], "deletionTimestamp": "now"}})
        self._bench.watch()
        cost = await self.settle()
        assert not self._bench.has_finalizer()
        return cost

    def _move_world(self) -> bool:
        """Between two looks, pods run and end at once and the process gets where it is asked to be."""
        process = self._bench.process
        asked = [OUTCOMES[path] for path in process.requests]
        process.requests.clear()
        for status in asked:
            process.status = process.desired = status
            process.checkpoints += [f"checkpoint-{len(process.checkpoints)}"] * (status == "Suspended")
        pod = self._bench.kube.objects.get(POD)
        if pod is not None and "deletionTimestamp" in pod["metadata"]:
            self._bench.end_pod()
            return True
        if pod is not None and "status" not in pod:
            process.status = process.desired = "Running"
            self._bench.run_pod()
            return True
        return bool(asked)


def _kind(method: str, path: str) -> str:
    if method == "GET":
        return "read"
    if path.endswith("/events"):
        return "event"
    return "status" if path.endswith("/status") else "other"


async def count_all() -> dict[str, Cost]:
    first, second, third = Transitions(), Transitions(), Transitions()
    costs = {
        "create to Running": await first.settle(),
        "Running to Paused": await first.edited(desiredStatus="Paused"),
    }
    await first.edited(desiredStatus="Running")
    costs |= {
        "graceful stop": await first.edited(desiredStatus="Stopped"),
        "start, same spec": await first.edited(desiredStatus="Running"),
        "force stop": await first.edited(desiredStatus="Stopped", force=True),
        "start, edited spec": await first.edited(
            desiredStatus="Running", force=False, stop={"timeoutSeconds": 60}
        ),
        "delete, from Running": await first.deleted(),
    }
    await second.settle()
    await second.edited(desiredStatus="Stopped")
    await third.settle()
    await third.edited(desiredStatus="Stopped")
    return costs | {
        "delete, from Stopped": await second.deleted(),
        "a minute at rest": await third.rested(),
    }


async def test_the_table_of_api_writes_is_what_the_reconciler_does() -> None:
    rows = ROW.findall(PAGE.read_text())

    table = {row[0]: Cost(int(row[1]), int(row[3]), int(row[4]), int(row[5])) for row in rows}

    assert table == await count_all()


def test_each_row_of_the_table_names_as_many_other_writes_as_it_counts() -> None:
    for name, status, other, total, _, _ in ROW.findall(PAGE.read_text()):
        named = 0 if other == "none" else len(other.split(","))

        assert int(status) + named == int(total), name
