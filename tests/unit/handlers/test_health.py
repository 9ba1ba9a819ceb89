"""What the probes answer, above all when a watch no longer tells what happens."""

import asyncio
from typing import Any, cast

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer

from sluice.handlers.health import FROZEN_SECONDS, SUSPECT_SECONDS, Health
from sluice.handlers.preflight import PreflightError
from sluice.handlers.probes import build_probes, serve_probes
from sluice.handlers.settings import OperatorSettings
from sluice.handlers.sharing import Share
from sluice.handlers.workers import Workers
from sluice.kube import ApiUnreachableError, paths
from sluice.metrics import Metrics
from sluice.reconcile import Reconciler
from sluice.store import Freshness, Key, Store
from sluice.work_queue import WorkQueue

from ..reconcile.fake_kube import FakeKube

PATH = paths.pipeline("shop", "orders")


class Site:
    """An operator of which only the health is looked at, and a clock."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.kube, self.metrics = FakeKube(), Metrics()
        self.freshness = Freshness(lambda: self.now)
        reconciler = Reconciler(self.kube, Store(), cast("Any", None))
        self.workers = Workers(
            WorkQueue[Key](), reconciler, Share("alone"), OperatorSettings(workers=2), self.metrics
        )
        self.health = Health(self.kube, self.freshness, self.workers, self.metrics, lambda: self.now)
        self.kube.put(PATH, {"kind": "Pipeline", "metadata": {"namespace": "shop", "name": "orders"}})

    def write(self, version: int) -> None:
        """The operator writes, and its watch has to tell of it."""
        self.freshness.expect("pipelines", "shop", "orders", version)

    async def wait(self, seconds: float) -> None:
        self.now += seconds
        await self.health.check_once()

    def overdue(self) -> float | None:
        return self.metrics.registry.get_sample_value("sluice_watch_overdue_seconds")


async def test_a_watch_that_tells_is_never_suspected() -> None:
    site = Site()
    for version in range(10):
        site.write(version + 1)
        site.freshness.hear("pipelines", "shop", version + 1)
        await site.wait(SUSPECT_SECONDS + 1)

    assert site.health.liveness_problems() == []
    assert site.overdue() == 0


async def test_a_frozen_watch_first_takes_readiness_and_then_life() -> None:
    site = Site()
    site.workers.start()
    site.write(7)
    assert site.health.readiness_problems() == []

    await site.wait(SUSPECT_SECONDS + 1)
    assert site.health.readiness_problems() == ["a watch is behind"]
    assert site.health.liveness_problems() == []
    assert site.overdue() == SUSPECT_SECONDS + 1

    await site.wait(FROZEN_SECONDS + 1)
    assert "frozen" in site.health.liveness_problems()[0]
    await site.workers.stop(1)


async def test_a_watch_that_goes_on_is_well_again() -> None:
    site = Site()
    site.write(7)
    await site.wait(SUSPECT_SECONDS + 1)
    site.freshness.hear("pipelines", "shop", 9)
    await site.wait(FROZEN_SECONDS + 1)

    assert site.health.liveness_problems() == []


async def test_the_watch_of_another_namespace_or_kind_proves_nothing() -> None:
    site = Site()
    site.write(7)
    site.freshness.hear("pipelines", "elsewhere", 9)
    site.freshness.hear("pods", "shop", 9)
    await site.wait(SUSPECT_SECONDS + 1)
    await site.wait(FROZEN_SECONDS + 1)

    assert site.health.liveness_problems() != []


async def test_an_object_that_is_gone_is_not_waited_for() -> None:
    site = Site()
    site.write(7)
    del site.kube.objects[PATH]
    await site.wait(SUSPECT_SECONDS + 1)
    await site.wait(FROZEN_SECONDS + 1)

    assert site.health.liveness_problems() == []


async def test_an_api_server_that_does_not_answer_is_no_reason_to_end_the_process() -> None:
    site = Site()
    site.write(7)
    site.now += SUSPECT_SECONDS + 1
    site.kube.fail("GET", "pipelines", ApiUnreachableError("no answer in time"))

    with pytest.raises(ApiUnreachableError):
        await site.health.check_once()
    assert site.health.liveness_problems() == []


async def test_a_worker_that_ended_is_a_reason_to_start_anew() -> None:
    site = Site()
    assert site.health.readiness_problems() == ["it has not begun to watch yet"]
    site.workers.start()
    await asyncio.sleep(0)
    assert site.health.readiness_problems() == []

    next(task for task in asyncio.all_tasks() if task.get_name() == "worker 0").cancel()
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    assert site.health.liveness_problems() == ["1 of 2 workers have ended"]
    await site.workers.stop(1)
    assert site.health.liveness_problems() == [], "an operator that is ending ends its workers"


async def test_the_port_answers_probes_and_prometheus() -> None:
    site = Site()
    async with (
        TestServer(build_probes(site.metrics.registry, site.health)) as server,
        ClientSession() as client,
    ):
        answers: dict[str, tuple[int, str]] = {}
        for path in ("/healthz", "/readyz", "/metrics"):
            async with client.get(server.make_url(path)) as answer:
                answers[path] = answer.status, await answer.text()

    assert answers["/healthz"] == (200, "ok\n")
    assert answers["/readyz"] == (503, "it has not begun to watch yet\n")
    assert "# TYPE sluice_reconciles_total counter" in answers["/metrics"][1]


async def test_a_port_that_is_taken_is_told_with_what_to_do() -> None:
    site = Site()
    async with TestServer(build_probes(site.metrics.registry, site.health), host="0.0.0.0") as server:
        port = server.make_url("/").port
        assert port is not None
        with pytest.raises(PreflightError, match=r"Choose another one by --port\."):
            async with serve_probes(port, site.metrics.registry, site.health):
                pytest.fail("two cannot have one port")
