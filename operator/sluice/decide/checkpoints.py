"""Which checkpoints there are, and which one is newer than what."""

from collections.abc import Sequence

from sluice.api.status import CHECKPOINTS_MAX, CheckpointStatus, StorageDetailsStatus
from sluice.decide.draft import Draft


def known_ids(draft: Draft) -> list[str]:
    """Ids of the checkpoints that status lists, the newest last."""
    details = draft.status.storage_status_details
    return [] if details is None else [checkpoint.uuid for checkpoint in details.checkpoints]


def newest_after(known: Sequence[str], candidate: str | None) -> str | None:
    """``candidate`` if it is not among the ``known`` ones. Newer is told by ids, never by clocks."""
    return candidate if candidate is not None and candidate not in known else None


def mirror_checkpoints(draft: Draft, checkpoints: Sequence[CheckpointStatus]) -> None:
    """Take over the runtime's own list, and note when the newest was made, or else first seen."""
    before = known_ids(draft)
    newest = list(checkpoints[-CHECKPOINTS_MAX:])
    draft.set(storage_status_details=StorageDetailsStatus(checkpoints=newest))
    if newest and newest[-1].uuid not in before:
        draft.set(last_checkpoint_time=min(newest[-1].created_at or draft.now, draft.now))


def remember_checkpoint(draft: Draft, uuid: str) -> None:
    """Add a checkpoint that is known by its id alone."""
    if uuid not in known_ids(draft):
        details = draft.status.storage_status_details or StorageDetailsStatus()
        mirror_checkpoints(draft, [*details.checkpoints, CheckpointStatus(uuid=uuid)])
