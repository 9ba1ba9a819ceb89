"""One port for whoever looks at the operator: ``/metrics``, ``/healthz`` and ``/readyz``."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus

from aiohttp import web
from prometheus_client import CollectorRegistry

from sluice.handlers.health import Health
from sluice.handlers.preflight import PreflightError
from sluice.metrics import CONTENT_TYPE, render

SHUTDOWN_SECONDS = 1.0


@asynccontextmanager
async def serve_probes(port: int | None, registry: CollectorRegistry, health: Health) -> AsyncGenerator[None]:
    """Answer at ``port`` meanwhile; without a port nobody can ask.

    Raises ``PreflightError`` when the port cannot be opened.
    """
    if port is None:
        yield
        return
    runner = web.AppRunner(build_probes(registry, health), access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, port=port).start()
        except OSError as error:
            raise PreflightError(
                f"Port {port} cannot be opened: {error}. Choose another one by --port."
            ) from error
        yield
    finally:
        await runner.cleanup()


def build_probes(registry: CollectorRegistry, health: Health) -> web.Application:
    """The application behind that port."""

    async def answer_metrics(_: web.Request) -> web.Response:
        # In a thread: with ten thousand pipelines it takes longer than a look may be kept waiting.
        body = await asyncio.to_thread(render, registry)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE})

    application = web.Application()
    application.router.add_get("/metrics", answer_metrics)
    application.router.add_get("/healthz", _answering(health.liveness_problems))
    application.router.add_get("/readyz", _answering(health.readiness_problems))
    return application


def _answering(problems: Callable[[], list[str]]) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(_: web.Request) -> web.Response:
        found = problems()
        if found:
            return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE, text="\n".join(found) + "\n")
        return web.Response(text="ok\n")

    return answer
