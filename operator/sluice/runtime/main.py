"""From a job to an exit code."""

import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from typing import NoReturn

from sluice import contract
from sluice.runtime.errors import ErrorBody, clip, describe_exception
from sluice.runtime.job import Job
from sluice.runtime.log import log
from sluice.runtime.signals import Signals


def run(job: Job, arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a job to its end and exit; call it from the main thread, as the last thing of a script.

    ``arguments`` are those of the contract's command line (``--storage-location``, ``--initial`` and so on)
    and default to ``sys.argv[1:]``; pass what remains when the script has options of its own.
    """
    signals = Signals()
    signals.install()
    leave(execute(job, sys.argv[1:] if arguments is None else arguments, os.environ, signals))


def leave(code: int) -> NoReturn:
    """End the process now.

    The interpreter's own way waits for every thread that the job started, and one that never ends would keep
    the storage locked although the last words are said.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def execute(job: Job, arguments: Sequence[str], environment: Mapping[str, str], signals: Signals) -> int:
    """Run a job and return the exit code; the last words are written by then."""
    # Imported here, after the signal handlers are in place: these imports take most of the start-up time.
    from sluice.runtime import last_words
    from sluice.runtime.arguments import ConfigurationError, parse
    from sluice.runtime.life import Ending, Life
    from sluice.runtime.remote import RemoteCheckpoints
    from sluice.runtime.server import Endpoints, Server
    from sluice.runtime.state import RuntimeState

    try:
        settings = parse(arguments, environment)
    except ConfigurationError as error:
        return refuse_configuration(clip(str(error)), environment)

    state = RuntimeState(settings.initial, has_storage=settings.storage is not None, wake=signals.wake)
    remote = RemoteCheckpoints(settings.sync_store) if settings.sync_store is not None else None
    endpoints = Endpoints(state, name=settings.name, metadata=settings.metadata, remote=remote)
    server = Server(endpoints.application(), settings.bind_address, settings.port)
    try:
        port = server.start()
    except OSError as error:
        ending = Ending(contract.EXIT_FAILED, error=ErrorBody(describe_exception(error), "CannotListen"))
        log(
            "cannot_listen",
            address=settings.bind_address,
            port=settings.port,
            error=describe_exception(error),
        )
    else:
        log(
            "listening",
            name=settings.name,
            address=settings.bind_address,
            port=port,
            deployment_id=settings.deployment_id,
        )
        try:
            ending = Life(job, settings, state, signals, remote).live()
        except Exception as error:  # noqa: BLE001 - a bug of this package must not end without last words
            traceback.print_exc()
            ending = Ending(contract.EXIT_FAILED, error=ErrorBody(describe_exception(error), "InternalError"))
    last_words.write(settings.termination_message_path, ending.checkpoint, ending.error)
    log("exit", code=ending.code, checkpoint=ending.checkpoint)
    server.stop()
    return ending.code


def refuse_configuration(sentence: str, environment: Mapping[str, str]) -> int:
    """Say on standard error and to the operator why this process cannot start."""
    from sluice.runtime import last_words

    sys.stderr.write(" ".join(sentence.split()) + "\n")
    # The path itself may come from the command line that could not be read, so only the environment counts.
    last_words.write(last_words.path_of(environment), None, ErrorBody(sentence, "BadConfiguration"))
    return contract.EXIT_BAD_CONFIGURATION
