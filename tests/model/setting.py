"""What one exploration varies: the declared policies, and what may happen in its world.

One product of everything would be too large to walk. Each setting holds some of it still and is walked as a
whole; together they hold every policy and every kind of misfortune.
"""

from dataclasses import dataclass, field

from sluice.api.policies import CheckpointSpec, RestartSpec, StopSpec
from sluice.api.spec import PipelineSpec
from sluice.api.statuses import RestartPolicy, StopTimeoutPolicy, VolumePolicy
from sluice.api.storage import StorageSpec


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

    def spec(self, *, has_storage: bool) -> PipelineSpec:
        """The spec that a person wrote, with or without storage."""
        return PipelineSpec(
            storage=StorageSpec(on_delete=self.on_delete) if has_storage else None,
            restart=self.restart,
            stop=self.stop,
            checkpoint=CheckpointSpec(before_delete=self.before_delete),
        )


def _setting(
    name: str,
    happens: str,
    *,
    restart: RestartSpec | None = None,
    stop: StopSpec | None = None,
    before_delete: bool = True,
    on_delete: VolumePolicy = VolumePolicy.RETAIN,
    has_storage: bool = True,
) -> Setting:
    return Setting(
        name,
        frozenset(happens.split()),
        restart or RestartSpec(),
        stop or StopSpec(),
        before_delete,
        on_delete,
        has_storage,
    )


_FORCED = StopSpec(timeout_seconds=300, on_timeout=StopTimeoutPolicy.FORCE)

SMALL = (
    _setting("life", "crash delete"),
    _setting("saving", "mute periodic"),
    _setting("stuck", "late mute"),
    _setting("paused", "pause"),
    _setting("foreign", "foreign forced"),
    _setting("deadline", "mute", stop=_FORCED),
    _setting("endings", "crash end disruption", restart=RestartSpec(max_restarts=1)),
    _setting("never", "crash end late", restart=RestartSpec(policy=RestartPolicy.NEVER)),
    _setting("refusals", "refusals foreign delete"),
    _setting("nodes", "nodes forced"),
    _setting("restored", "lost hand"),
    _setting("discard", "delete", before_delete=False, on_delete=VolumePolicy.DELETE),
    _setting("no storage", "crash end", has_storage=False),
    _setting("edited", "edit"),
    _setting("invalid", "invalid delete"),
)
DEFAULT = (
    _setting("life", "pause crash delete"),
    _setting("saving", "mute periodic late"),
    _setting("deadline", "mute crash", stop=_FORCED),
    _setting("endings", "crash end disruption", restart=RestartSpec(max_restarts=1)),
    _setting("never", "crash end disruption late", restart=RestartSpec(policy=RestartPolicy.NEVER)),
    _setting("always", "crash end", restart=RestartSpec(policy=RestartPolicy.ALWAYS)),
    _setting("refusals", "refusals foreign delete"),
    _setting("nodes", "nodes forced"),
    _setting("forced", "forced crash late"),
    _setting("late news", "lag disruption"),
    _setting("restored", "lost hand"),
    _setting("discard", "crash delete", before_delete=False, on_delete=VolumePolicy.DELETE),
    _setting("no storage", "crash end delete", has_storage=False),
    _setting("edited", "edit"),
    _setting("invalid", "invalid delete"),
)
LARGE = (
    *DEFAULT,
    _setting("longer life", "pause crash delete periodic invalid"),
    _setting("longer stop", "mute periodic late crash delete"),
    _setting("worse nodes", "nodes forced crash delete"),
    _setting("later news", "lag crash delete disruption"),
    _setting("worse refusals", "refusals foreign forced delete invalid"),
    _setting("worse restore", "lost hand forced crash delete"),
)
SIZES = {"small": SMALL, "default": DEFAULT, "large": LARGE}
