"""The state machine: a pure function from what is wanted, known and seen to what is done next.

``decide(intent, status, observed, now)`` returns a :class:`Decision`: the new status, the actions that the
new status permits, the events to tell people, and when to look again. It reads nothing, writes nothing and
knows neither Kubernetes nor HTTP, so that a model checker can walk all of it.

One order keeps it safe against a crash at any moment: the new status is written first, with the resource
version that the decision was made on, and only then are the actions carried out. An action is therefore
always one that the stored status asks for, and deciding again on that status asks for it again.
"""

from sluice.decide.currency import latest_age
from sluice.decide.decision import (
    Action,
    AddFinalizer,
    ApplyClaim,
    BatchAction,
    CreateJobs,
    CreateMaintenancePod,
    CreatePod,
    Decision,
    DeleteClaim,
    DeleteElementPods,
    DeleteJobs,
    DeletePod,
    DeleteRevisions,
    DeleteRunJobs,
    EngineCall,
    Event,
    GrowClaim,
    PruneTails,
    RemoveFinalizer,
    RunElementHook,
    SaveTails,
)
from sluice.decide.lifecycle import decide
from sluice.decide.timing import LEAVING_POLL_SECONDS

__all__ = [
    "LEAVING_POLL_SECONDS",
    "Action",
    "AddFinalizer",
    "ApplyClaim",
    "BatchAction",
    "CreateJobs",
    "CreateMaintenancePod",
    "CreatePod",
    "Decision",
    "DeleteClaim",
    "DeleteElementPods",
    "DeleteJobs",
    "DeletePod",
    "DeleteRevisions",
    "DeleteRunJobs",
    "EngineCall",
    "Event",
    "GrowClaim",
    "PruneTails",
    "RemoveFinalizer",
    "RunElementHook",
    "SaveTails",
    "decide",
    "latest_age",
]
