"""The command line: ``sluice operator``."""

import asyncio
import logging
import sys

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
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("kopf").setLevel(logging.DEBUG if verbose else logging.WARNING)
    logging.getLogger("sluice").setLevel(logging.DEBUG if verbose else logging.INFO)
    settings = OperatorSettings(
        namespaces=namespaces,
        workers=workers,
        runtime_access=RuntimeAccess(runtime_access),
        maintenance_image=maintenance_image or None,
        liveness=liveness,
        sweep_seconds=sweep_seconds,
    )
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(run_operator(settings))
    except PreflightError as error:
        _give_up(str(error))
    except NoClusterError as error:
        _give_up(f"No cluster to connect to: {error}. Set KUBECONFIG, or run inside a cluster.")
    except Exception as error:
        # The last resort: one line for people, the traceback with --verbose.
        logging.getLogger("sluice").debug("the operator ended", exc_info=error)
        click.echo(f"sluice: The operator ended: {type(error).__name__}: {error}", err=True)
        sys.exit(EXIT_FAILED)


def _give_up(sentence: str) -> None:
    click.echo(f"sluice: {sentence}", err=True)
    sys.exit(EXIT_CANNOT_START)


if __name__ == "__main__":
    main()
