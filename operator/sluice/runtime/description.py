"""The job's own words about itself, as text that another thread can send."""

import json
from typing import Final

from sluice.runtime.errors import JobError, describe_exception
from sluice.runtime.job import Job, call_job

MAX_DESCRIPTION_BYTES: Final = 256 * 1024


def describe(job: Job) -> str:
    """Return the job's description as JSON; one that cannot be had must not cost the job its state."""
    try:
        # Made into text in this thread: the job may change the very object in its next step.
        text = call_job(lambda: json.dumps(job.describe(), default=str, allow_nan=False))
    except JobError as error:
        return json.dumps({"error": f"describe() failed: {describe_exception(error.__cause__ or error)}"})
    if len(text) > MAX_DESCRIPTION_BYTES:
        return json.dumps({"omitted": f"describe() returned {len(text)} bytes"})
    return text
