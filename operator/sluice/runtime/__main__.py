"""``python -m sluice.runtime MODULE:CLASS [arguments]``: run the job that a class is."""

import importlib
import os
import sys

from sluice.runtime.errors import clip, describe_exception
from sluice.runtime.job import Job
from sluice.runtime.main import execute, leave, refuse_configuration
from sluice.runtime.signals import Signals

USAGE = "usage: python -m sluice.runtime MODULE:CLASS [arguments]"


def load(name: str) -> Job:
    """Return an instance of the class named ``module:class``; raise ``ValueError`` with a sentence."""
    module_name, separator, class_name = name.partition(":")
    if not (module_name and separator and class_name):
        raise ValueError(f"{name!r} does not name a class; {USAGE}")
    try:
        job = getattr(importlib.import_module(module_name), class_name)()
    except (ImportError, AttributeError, TypeError) as error:
        raise ValueError(f"The job {name} cannot be loaded: {describe_exception(error)}") from error
    if not isinstance(job, Job):
        raise ValueError(f"{name} is no sluice.runtime.Job")  # noqa: TRY004 - one way to say no
    return job


def main() -> int:
    """Load the job and run it."""
    signals = Signals()
    signals.install()
    if len(sys.argv) < 2 or sys.argv[1] in ("-h", "--help"):
        return refuse_configuration(USAGE, os.environ)
    try:
        job = load(sys.argv[1])
    except ValueError as error:
        return refuse_configuration(clip(str(error)), os.environ)
    return execute(job, sys.argv[2:], os.environ, signals)


leave(main())
