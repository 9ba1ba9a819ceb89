"""``python -m sluice.runtime.flink``: run one Flink application; see the package."""

import os
import sys
import traceback

from sluice import contract
from sluice.runtime import last_words
from sluice.runtime.arguments import ConfigurationError
from sluice.runtime.errors import ErrorBody, clip, describe_exception
from sluice.runtime.flink.life import Ending, Life
from sluice.runtime.flink.settings import parse
from sluice.runtime.log import log
from sluice.runtime.main import leave, refuse_configuration
from sluice.runtime.signals import Signals


def main() -> int:
    """Run the application and return the exit code; the last words are written by then."""
    signals = Signals()
    signals.install()
    try:
        settings = parse(sys.argv[1:], os.environ)
    except ConfigurationError as error:
        return refuse_configuration(clip(str(error)), os.environ)
    words = last_words.path_of(os.environ)
    try:
        ending = Life(settings, signals, words).live()
    except Exception as error:  # noqa: BLE001 - a bug of this package must not end without last words
        traceback.print_exc()
        ending = Ending(contract.EXIT_FAILED, ErrorBody(describe_exception(error), "InternalError"))
    last_words.write(words, ending.checkpoint, ending.error)
    log("exit", code=ending.code, checkpoint=ending.checkpoint)
    return ending.code


leave(main())
