"""Batch pipelines: a graph of elements that is run once, and canceled with all that has not ended.

===============  ==========================================  ================
resources        where it leads                              room
===============  ==========================================  ================
Stopped          stays; a run begins                         ``resting``
Provisioned      elements are started and end; the run ends  ``running``
Stopping         what has not ended is canceled              ``canceling``
===============  ==========================================  ================

A start of an element stands in status (``submittedAt``) before its Job is made, and so does a cancel before
anything is deleted: status is written only on the version that was looked at, so nothing starts once a cancel
was seen, whoever else is at work.
"""

from sluice.api.statuses import ResourcesStatus
from sluice.decide.batch.canceling import cancel
from sluice.decide.batch.resting import rest
from sluice.decide.batch.running import run
from sluice.decide.batch.writing import keep_tails
from sluice.decide.draft import Draft

__all__ = ["go_on"]


def go_on(draft: Draft) -> None:
    """The next step of a batch pipeline."""
    match draft.resources:
        case ResourcesStatus.PROVISIONED | ResourcesStatus.PROVISIONING:
            run(draft)
        case ResourcesStatus.STOPPING:
            cancel(draft, draft.status)
        case ResourcesStatus.STOPPED:
            rest(draft)
    keep_tails(draft)
