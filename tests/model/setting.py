"""What one exploration varies: the declared policies, and what may happen in its world.

``settings`` has the list of them.
"""

from dataclasses import dataclass, field

from sluice.api.json_values import Json
from sluice.api.policies import CheckpointSpec, RestartSpec, RetainSpec, StopSpec
from sluice.api.statuses import VolumePolicy

SCHEDULE = "0 * * * *"
"""Every full hour, one of which is the present of every decision."""
MANY = 100
"""So many checkpoints are kept where clearing away is not what is looked at."""
MAX_AGE_SECONDS = 3600


@dataclass(frozen=True, eq=False)
class Setting:
    """One world to explore. What may happen is a set of words; ``environment`` and ``people`` know them."""

    name: str
    happens: frozenset[str]
    restart: RestartSpec = field(default_factory=RestartSpec)
    stop: StopSpec = field(default_factory=StopSpec)
    before_delete: bool = True
    on_delete: VolumePolicy = VolumePolicy.RETAIN
    has_storage: bool = True
    can_maintain: bool = False
    existing_claim: bool = False

    @property
    def clears_away(self) -> bool:
        """Whether older checkpoints are told from the newest: by their number, or by their age."""
        return bool(self.happens & {"surplus", "ages"})

    def policies(self) -> Json:
        """What of the spec is the same throughout, as a person writes it."""
        retain = RetainSpec(
            count=1 if "surplus" in self.happens else MANY,
            max_age_seconds=MAX_AGE_SECONDS if "ages" in self.happens else None,
        )
        checkpoint = CheckpointSpec(
            before_delete=self.before_delete,
            retain=retain,
            schedule=SCHEDULE if "schedule" in self.happens else None,
        )
        parts = {"restart": self.restart, "stop": self.stop, "checkpoint": checkpoint}
        return {
            name: part.model_dump(by_alias=True, exclude_none=True, mode="json")
            for name, part in parts.items()
        }
