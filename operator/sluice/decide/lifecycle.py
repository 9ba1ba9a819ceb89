"""The table of contents of the state machine.

===============  =========================================  ==============================================
resources        where it leads                             room
===============  =========================================  ==============================================
any              requests by annotation are recorded        ``requests``
Stopped          stays; the volume is cleared or cleaned    ``resting``, ``clearing``, ``maintenance``
Stopped          Provisioning, when a run is wanted         ``starting``
Provisioning     Provisioned, when the runtime answers      ``provisioning``
Provisioned      stays; Suspending before a graceful stop   ``serving``, ``suspending``
Provisioned      stays; checkpoints by request or schedule  ``checkpointing``
Provisioned      Stopping and Provisioning, for a new spec  ``rolling``
Stopping         Stopped, when the pod is gone for sure     ``stopping``
===============  =========================================  ==============================================

From Provisioning and Provisioned a force stop, an error or a made checkpoint leads to Stopping. A process
that ends by itself is the business of ``ending``. A graph of elements is the business of ``batch``.
"""

from datetime import datetime

from sluice.api.status import PipelineStatus
from sluice.api.statuses import ResourcesStatus
from sluice.decide import batch
from sluice.decide.conclusion import conclude, conclude_untouched
from sluice.decide.decision import Decision
from sluice.decide.draft import Draft
from sluice.decide.provisioning import go_on_provisioning
from sluice.decide.requests import take_requests
from sluice.decide.resting import leave_stopped
from sluice.decide.serving import go_on_serving
from sluice.decide.stopping import go_on_stopping
from sluice.observation import Intent, Observed


def decide(intent: Intent, status: PipelineStatus, observed: Observed, now: datetime) -> Decision:
    """What to record and to do next for one pipeline. Pure: the same inputs give the same decision."""
    draft = Draft(intent=intent, observed=observed, now=now, status=status)
    if intent.is_paused:
        return conclude_untouched(draft)
    take_requests(draft)
    if intent.is_batch:
        batch.go_on(draft)
        return conclude(draft, before=status)
    match draft.resources:
        case ResourcesStatus.STOPPED:
            leave_stopped(draft)
        case ResourcesStatus.PROVISIONING:
            go_on_provisioning(draft)
        case ResourcesStatus.PROVISIONED:
            go_on_serving(draft)
        case ResourcesStatus.STOPPING:
            go_on_stopping(draft)
    return conclude(draft, before=status)
