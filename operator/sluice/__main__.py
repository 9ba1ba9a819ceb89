"""The command line: ``sluice operator`` and ``sluice gateway``."""

import asyncio
import logging
import sys
from collections.abc import Coroutine

import click
import uvloop

from sluice import __version__
from sluice.handlers import OperatorSettings, run_operator
from sluice.handlers.preflight import PreflightError
from sluice.handlers.settings import RuntimeAccess
from sluice.kube import NoClusterError

EXIT_FAILED = 1
EXIT_CANNOT_START = 2


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
@click.option("--liveness", help="URL on which to answer liveness probes.")
@click.option("--sweep-seconds", default=600.0, show_default=True, type=click.FloatRange(1.0))
@click.option("--verbose", is_flag=True, help="Also log what the libraries do.")
def operator(
    namespaces: tuple[str, ...],
    workers: int,
    runtime_access: str,
    maintenance_image: str | None,
    liveness: str | None,
    sweep_seconds: float,
    verbose: bool,
) -> None:
    """Run the operator until it is told to end."""
    _configure_logs(verbose=verbose)
    logging.getLogger("kopf").setLevel(logging.DEBUG if verbose else logging.WARNING)
    settings = OperatorSettings(
        namespaces=namespaces,
        workers=workers,
        runtime_access=RuntimeAccess(runtime_access),
        maintenance_image=maintenance_image or None,
        liveness=liveness,
        sweep_seconds=sweep_seconds,
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
@click.option("--verbose", is_flag=True, help="Also log health checks.")
def gateway(
    namespace: str,
    host: str,
    port: int,
    allow_anonymous: bool,
    keys_namespace: str | None,
    template: str,
    cluster: str,
    rate: float,
    tls_cert: str | None,
    tls_key: str | None,
    verbose: bool,
) -> None:
    """Serve the pipelines' HTTP API until it is told to end."""
    if (tls_cert is None) is not (tls_key is None):
        raise click.UsageError("--tls-cert and --tls-key go together: give both, or neither")
    # Not at the top: the operator's process would carry a web framework that it never uses.
    from sluice.gateway import GatewaySettings, run_gateway

    _configure_logs(verbose=verbose)
    settings = GatewaySettings(
        namespace=namespace,
        host=host,
        port=port,
        allow_anonymous=allow_anonymous,
        keys_namespace=keys_namespace or None,
        template=template,
        cluster=cluster,
        rate=rate,
        burst=2 * rate,
        tls_cert=tls_cert,
        tls_key=tls_key,
    )
    _run(run_gateway(settings), "gateway")


def _configure_logs(*, verbose: bool) -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("sluice").setLevel(logging.DEBUG if verbose else logging.INFO)


def _run(process: Coroutine[None, None, None], name: str) -> None:
    """Run until it ends, and tell in one line why it could not."""
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(process)
    except PreflightError as error:
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
