"""The gateway's process: connects, serves until it is told to end, and lets what is under way finish."""

import logging
from collections.abc import Generator
from contextlib import contextmanager

import uvicorn
from prometheus_client import start_http_server

from sluice.api.constants import GATEWAY_FIELD_MANAGER
from sluice.gateway.app import build_app
from sluice.gateway.plumbing import Gateway
from sluice.gateway.settings import GatewaySettings
from sluice.kube import connect_callers
from sluice.metrics import GatewayMetrics

logger = logging.getLogger("sluice.gateway")

CONCURRENCY = 1024
"""Connections beyond it are answered 503 at once: a gateway that is full says so."""
KEEP_ALIVE_SECONDS = 30
DRAIN_SECONDS = 20
HEADERS_MAX_BYTES = 32 * 1024


async def run_gateway(settings: GatewaySettings) -> None:
    """Run until the process is told to end. Raises ``NoClusterError`` where there is no cluster."""
    metrics = GatewayMetrics()
    connecting = connect_callers(GATEWAY_FIELD_MANAGER, settings.connections, metrics.note_call)
    async with connecting as callers:
        if settings.allow_anonymous:
            logger.warning("requests without a token are served with the gateway's own rights")
        elif settings.anonymous_reads:
            logger.warning("requests without a token that only read are served with the gateway's own rights")
        logger.info("serving at %s:%d", settings.host, settings.port)
        with _serve_metrics(settings, metrics):
            await build_server(Gateway(callers, settings, metrics)).serve()


@contextmanager
def _serve_metrics(settings: GatewaySettings, metrics: GatewayMetrics) -> Generator[None]:
    """On a port and in a thread of their own: neither callers nor their requests are in the way."""
    if settings.metrics_port is None:
        yield
        return
    server, thread = start_http_server(settings.metrics_port, settings.host, metrics.registry)
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def build_server(gateway: Gateway) -> uvicorn.Server:
    """The server, with all that it takes from anybody bounded."""
    config = uvicorn.Config(
        build_app(gateway),
        host=gateway.settings.host,
        port=gateway.settings.port,
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        limit_concurrency=CONCURRENCY,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=DRAIN_SECONDS,
        ssl_certfile=gateway.settings.tls_cert,
        ssl_keyfile=gateway.settings.tls_key,
        h11_max_incomplete_event_size=HEADERS_MAX_BYTES,
    )
    return uvicorn.Server(config)
