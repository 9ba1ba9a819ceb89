"""What a runtime is being asked for, as status tells it: known again after a restart of the operator."""

from sluice.api.status import PipelineStatus
from sluice.engines import Call
from sluice.observation import EngineVerb


def call_under_way(status: PipelineStatus) -> Call | None:
    """The graceful stop or the checkpoint that was begun and is not over.

    A stop that failed is tried again under another id; a checkpoint is asked for once.
    """
    stop, checkpoint, start = status.stop, status.checkpointing, status.run_id or status.deployment_id
    if stop is not None and stop.finished_at is None and stop.attempt:
        return Call(EngineVerb.SUSPEND, id=f"{start}/stop/{stop.requested_at.isoformat()}/{stop.attempt}")
    if checkpoint is not None:
        # The token besides, since several may be asked for within one second.
        asked = f"{checkpoint.requested_at.isoformat()}/{checkpoint.token or ''}"
        return Call(EngineVerb.CHECKPOINT, id=f"{start}/checkpoint/{asked}")
    return None
