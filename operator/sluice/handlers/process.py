"""The operator's process: everything is made here once and handed on; there are no globals."""

import asyncio
import contextlib
import logging
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast

import aiohttp
import kopf

from sluice.api import constants
from sluice.engines import Endpoint
from sluice.engines.endpoints import DirectEndpoint, ProxiedEndpoint
from sluice.handlers.health import Health
from sluice.handlers.preflight import check_cluster
from sluice.handlers.probes import serve_probes
from sluice.handlers.settings import OperatorSettings, RuntimeAccess
from sluice.handlers.sharing import LeaseKeeper, Share
from sluice.handlers.watching import configure, register
from sluice.handlers.workers import Workers
from sluice.kube import ApiError, ApiUnreachableError, Kube, connect, patiently
from sluice.metrics import FleetCollector, Metrics
from sluice.reconcile import Reconciler
from sluice.reconcile.runtimes import EndpointFactory
from sluice.reconcile.sweep import Sweeper
from sluice.store import Key, PodRecord, Store
from sluice.work_queue import WorkQueue

logger = logging.getLogger("sluice")

DRAIN_SECONDS = 20.0
FIRST_SWEEP_SECONDS = 5.0


async def run_operator(settings: OperatorSettings) -> None:
    """Run until the process is told to end.

    Raises ``PreflightError`` when the cluster lacks something the operator cannot do without.
    """
    metrics = Metrics()
    async with connect(note_call=metrics.note_call) as kube, _endpoints(kube, settings) as endpoint_of:
        await check_cluster(kube, settings)
        store, queue = Store(), WorkQueue[Key](metrics.note_wait)
        metrics.queue_depth.set_function(lambda: len(queue))
        metrics.registry.register(
            FleetCollector(store.bodies, has_object_metrics=settings.has_object_metrics)
        )
        sweeper = Sweeper(kube, store, settings.namespaces)
        share = Share(settings.identity)
        reconciler = Reconciler(kube, store, endpoint_of, settings.maintenance_image, metrics=metrics)
        workers = Workers(queue, reconciler, share, settings, metrics)
        health = Health(kube, store.freshness, workers, metrics)
        await patiently(sweeper.prefill)
        registry = kopf.OperatorRegistry()
        register(registry, store, queue)
        keeper = _lease_keeper(kube, settings, share, store, queue)
        _register_lifecycle(registry, Crew(workers, sweeper, queue, keeper, health), settings)
        async with serve_probes(settings.port, metrics.registry, health):
            await _watch(registry, settings)


async def _watch(registry: kopf.OperatorRegistry, settings: OperatorSettings) -> None:
    kopf_settings = kopf.OperatorSettings()
    configure(kopf_settings)
    await kopf.operator(
        registry=registry,
        settings=kopf_settings,
        standalone=True,
        # Otherwise kopf looks up the user's name, and in a container a user id may have none.
        identity=cast("Any", constants.FIELD_MANAGER),
        clusterwide=not settings.namespaces,
        namespaces=settings.namespaces,
    )


@dataclass(frozen=True, slots=True)
class Crew:
    """Everybody who is at work while the operator runs."""

    workers: Workers
    sweeper: Sweeper
    queue: WorkQueue[Key]
    keeper: LeaseKeeper | None
    health: Health


def _lease_keeper(
    kube: Kube, settings: OperatorSettings, share: Share, store: Store, queue: WorkQueue[Key]
) -> LeaseKeeper | None:
    """Where the work is shared: whoever gains a key looks at it."""
    if settings.share_group is None:
        return None

    def look_at_all() -> None:
        known = store.keys()
        for key in known:
            queue.add(key)

    group, namespace = settings.share_group, settings.own_namespace
    return LeaseKeeper(kube, namespace, group, settings.identity, share, look_at_all)


def _register_lifecycle(registry: kopf.OperatorRegistry, crew: Crew, settings: OperatorSettings) -> None:
    background: list[asyncio.Task[None]] = []

    @kopf.on.login(registry=registry)
    def log_in(**kwargs: Any) -> kopf.ConnectionInfo | None:
        if is_inside_cluster():
            return kopf.login_with_service_account(**kwargs)
        return kopf.login_with_kubeconfig(**kwargs)

    @kopf.on.startup(registry=registry)
    async def start(**_: Any) -> None:
        if crew.keeper is not None:
            await patiently(crew.keeper.join)
            background.append(asyncio.create_task(crew.keeper.keep_for_ever(), name="lease"))
        crew.workers.start()
        sweeping = _sweep_now_and_then(crew.sweeper, crew.queue, settings)
        background.append(asyncio.create_task(sweeping, name="sweep"))
        background.append(asyncio.create_task(crew.health.check_watches(), name="health"))
        logger.info("watching %s", ", ".join(settings.namespaces) or "all namespaces")

    @kopf.on.cleanup(registry=registry)
    async def stop(**_: Any) -> None:
        for task in background:
            task.cancel()
        await crew.workers.stop(DRAIN_SECONDS)
        if crew.keeper is not None:
            await crew.keeper.leave()


async def _sweep_now_and_then(sweeper: Sweeper, queue: WorkQueue[Key], settings: OperatorSettings) -> None:
    # Soon after the start for the first time: much may have vanished while nobody watched.
    delay = min(FIRST_SWEEP_SECONDS, settings.sweep_seconds)
    while True:
        await asyncio.sleep(delay)
        delay = settings.sweep_seconds
        try:
            for key in await sweeper.sweep():
                queue.add(key)
        except (ApiError, ApiUnreachableError) as error:
            logger.warning("the search for orphans failed and is repeated: %s", error)


def is_inside_cluster() -> bool:
    """Whether this process is a pod; a kubeconfig that is named explicitly wins."""
    return "KUBERNETES_SERVICE_HOST" in os.environ and "KUBECONFIG" not in os.environ


@asynccontextmanager
async def _endpoints(kube: Kube, settings: OperatorSettings) -> AsyncGenerator[EndpointFactory]:
    """How runtimes are reached from here."""
    access = settings.runtime_access
    if access is RuntimeAccess.AUTO:
        access = RuntimeAccess.DIRECT if is_inside_cluster() else RuntimeAccess.PROXY
    async with contextlib.AsyncExitStack() as stack:
        if access is RuntimeAccess.PROXY:
            yield lambda record: ProxiedEndpoint(kube, record.namespace, record.name, record.port)
            return
        # No cookies and no proxies from the environment: a runtime is not to be trusted with either.
        session = await stack.enter_async_context(
            aiohttp.ClientSession(
                cookie_jar=aiohttp.DummyCookieJar(),
                connector=aiohttp.TCPConnector(limit=256, limit_per_host=4),
                trust_env=False,
            )
        )

        def direct(record: PodRecord) -> Endpoint:
            return DirectEndpoint(session, record.address or "0.0.0.0", record.port)  # noqa: S104 - no address: fails

        yield direct
