"""The command line: ``sluice operator`` and ``sluice gateway``."""

import asyncio
import logging
import socket
import sys
from collections.abc import Coroutine

import click
import uvloop

from sluice import __version__
from sluice.handlers import OperatorSettings, run_operator
from sluice.handlers.preflight import PreflightError
from sluice.handlers.removal import RemovalError, remove_all
from sluice.handlers.settings import RuntimeAccess
from sluice.kube import NoClusterError, connect
from sluice.logs import LogFormat, configure_logs

EXIT_FAILED = 1
EXIT_CANNOT_START = 2

_log_format = click.option(
    "--log-format",
    type=click.Choice([each.value for each in LogFormat]),
    default=LogFormat.TEXT.value,
    show_default=True,
    help="Lines for people, or JSON objects for programs.",
)


@click.group()
@click.version_option(__version__, prog_name="sluice")
def main() -> None:
    """A declared, safe lifecycle for stateful work on Kubernetes."""


@main.command()
@click.option("--namespace", "-n", "namespaces", multiple=True, help="Watch only this one; repeatable.")
@click.option("--workers", default=32, show_default=True, type=click.IntRange(1, 512))
@click.option(
    "--runtime-access",
    type=click.Choice([access.value for access in RuntimeAccess]),
    default=RuntimeAccess.AUTO.value,
    show_default=True,
    help="How to reach runtimes: at their pods' addresses, or through the API server.",
)
@click.option(
    "--maintenance-image",
    envvar="SLUICE_IMAGE",
    help="Image of the pods that work on volumes of stopped pipelines: the operator's own.",
)
@click.option(
    "--share-group",
    help="Share the objects with all operators of this group, over Leases in the operator's own namespace.",
)
@click.option("--identity", default=socket.gethostname, help="Name of this one in its group: its pod's.")
@click.option(
    "--own-namespace",
    envvar="SLUICE_NAMESPACE",
    default="default",
    show_default=True,
    help="Where this operator runs: the Leases of its group are there.",
)
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    help="Port of /metrics, /healthz and /readyz; without one they are not served.",
)
@click.option(
    "--object-metrics/--no-object-metrics",
    default=True,
    show_default=True,
    help="Whether metrics name single custom resources.",
)
@click.option("--sweep-seconds", default=600.0, show_default=True, type=click.FloatRange(1.0))
@_log_format
@click.option("--verbose", is_flag=True, help="Also log what the libraries do.")
def operator(
    namespaces: tuple[str, ...],
    workers: int,
    runtime_access: str,
    maintenance_image: str | None,
    share_group: str | None,
    identity: str,
    own_namespace: str,
    port: int | None,
    object_metrics: bool,
    sweep_seconds: float,
    log_format: str,
    verbose: bool,
) -> None:
    """Run the operator until it is told to end."""
    configure_logs(LogFormat(log_format), is_verbose=verbose)
    logging.getLogger("kopf").setLevel(logging.DEBUG if verbose else logging.WARNING)
    settings = OperatorSettings(
        namespaces=namespaces,
        workers=workers,
        runtime_access=RuntimeAccess(runtime_access),
        maintenance_image=maintenance_image or None,
        share_group=share_group,
        identity=identity,
        own_namespace=own_namespace,
        sweep_seconds=sweep_seconds,
        port=port,
        has_object_metrics=object_metrics,
    )
    _run(run_operator(settings), "operator")


@main.command()
@click.option("--namespace", "-n", default="default", show_default=True, help="Where no tenant is named.")
@click.option("--host", default="0.0.0.0", show_default=True, help="Address to listen at.")  # noqa: S104 - of a pod
@click.option("--port", default=8080, show_default=True, type=click.IntRange(1, 65535))
@click.option(
    "--allow-anonymous",
    is_flag=True,
    help="Serve requests without a token, with the gateway's own rights.",
)
@click.option(
    "--anonymous-reads",
    is_flag=True,
    help="Serve requests without a token that only read, with the gateway's own rights.",
)
@click.option(
    "--page/--no-page",
    "has_page",
    default=True,
    show_default=True,
    help="Whether there is a page for people at /ui/.",
)
@click.option(
    "--keys-namespace",
    envvar="SLUICE_KEYS_NAMESPACE",
    help="Where the Secrets of API keys are. Without it there are none.",
)
@click.option(
    "--template",
    default="sluice-pipeline-template",
    show_default=True,
    help="ConfigMap that new pipelines are made from.",
)
@click.option(
    "--cluster", default="kubernetes", show_default=True, help="Name of the cluster, as batch clients see it."
)
@click.option(
    "--rate",
    default=100.0,
    show_default=True,
    type=click.FloatRange(0),
    help="Requests a second of one caller; 0: any number.",
)
@click.option(
    "--tls-cert",
    type=click.Path(exists=True, dir_okay=False),
    help="Certificate (PEM) to serve TLS with; goes with --tls-key.",
)
@click.option("--tls-key", type=click.Path(exists=True, dir_okay=False), help="Its private key (PEM).")
@click.option(
    "--metrics-port",
    type=click.IntRange(1, 65535),
    help="Port of /metrics; without one they are not served.",
)
@_log_format
@click.option("--verbose", is_flag=True, help="Also log health checks.")
def gateway(
    namespace: str,
    host: str,
    port: int,
    allow_anonymous: bool,
    anonymous_reads: bool,
    has_page: bool,
    keys_namespace: str | None,
    template: str,
    cluster: str,
    rate: float,
    metrics_port: int | None,
    log_format: str,
    tls_cert: str | None,
    tls_key: str | None,
    verbose: bool,
) -> None:
    """Serve the pipelines' HTTP API until it is told to end."""
    if (tls_cert is None) is not (tls_key is None):
        raise click.UsageError("--tls-cert and --tls-key go together: give both, or neither")
    # Not at the top: the operator's process would carry a web framework that it never uses.
    from sluice.gateway import GatewaySettings, run_gateway

    configure_logs(LogFormat(log_format), is_verbose=verbose)
    settings = GatewaySettings(
        namespace=namespace,
        host=host,
        port=port,
        allow_anonymous=allow_anonymous,
        anonymous_reads=anonymous_reads,
        has_page=has_page,
        keys_namespace=keys_namespace or None,
        template=template,
        cluster=cluster,
        rate=rate,
        burst=2 * rate,
        metrics_port=metrics_port,
        tls_cert=tls_cert,
        tls_key=tls_key,
    )
    _run(run_gateway(settings), "gateway")


@main.command("remove-all")
@click.option("--namespace", "-n", "namespaces", multiple=True, help="Only here; repeatable.")
@click.option("--deadline", default=540.0, show_default=True, type=click.FloatRange(1.0))
def remove_all_command(namespaces: tuple[str, ...], deadline: float) -> None:
    """Delete every Pipeline and Deployment and wait until they are gone: before the CRDs are removed."""
    configure_logs(LogFormat.TEXT, is_verbose=False)
    _run(_remove_all(namespaces, deadline), "removal")


async def _remove_all(namespaces: tuple[str, ...], deadline: float) -> None:
    async with connect() as kube:
        await remove_all(kube, namespaces, deadline)


def _run(process: Coroutine[None, None, None], name: str) -> None:
    """Run until it ends, and tell in one line why it could not."""
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(process)
    except (PreflightError, RemovalError) as error:
        _give_up(str(error))
    except NoClusterError as error:
        _give_up(f"No cluster to connect to: {error}. Set KUBECONFIG, or run inside a cluster.")
    except Exception as error:
        # The last resort: one line for people, the traceback with --verbose.
        logging.getLogger("sluice").debug("the %s ended", name, exc_info=error)
        click.echo(f"sluice: The {name} ended: {type(error).__name__}: {error}", err=True)
        sys.exit(EXIT_FAILED)


def _give_up(sentence: str) -> None:
    click.echo(f"sluice: {sentence}", err=True)
    sys.exit(EXIT_CANNOT_START)


if __name__ == "__main__":
    main()
