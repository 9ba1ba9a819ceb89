"""The list of what is explored.

One product of everything would be too large to walk. Each setting holds some of it still and is walked as a
whole; together they hold every policy and every kind of misfortune.
"""

from sluice.api.policies import RestartSpec, StopSpec
from sluice.api.statuses import RestartPolicy, StopErrorPolicy, StopTimeoutPolicy, VolumePolicy

from .setting import Setting


def _setting(
    name: str,
    happens: str,
    *,
    restart: RestartSpec | None = None,
    stop: StopSpec | None = None,
    before_delete: bool = True,
    on_delete: VolumePolicy = VolumePolicy.RETAIN,
    has_storage: bool = True,
    can_maintain: bool = False,
    existing_claim: bool = False,
) -> Setting:
    return Setting(
        name,
        frozenset(happens.split()),
        restart or RestartSpec(),
        stop or StopSpec(),
        before_delete,
        on_delete,
        has_storage,
        can_maintain,
        existing_claim,
    )


_FORCED = StopSpec(timeout_seconds=300, on_timeout=StopTimeoutPolicy.FORCE)
_TRYING = StopSpec(on_error=StopErrorPolicy.KEEP_TRYING)
_TRYING_IN_TIME = StopSpec(
    timeout_seconds=300, on_timeout=StopTimeoutPolicy.FORCE, on_error=StopErrorPolicy.KEEP_TRYING
)
_RUNNING_ON = StopSpec(on_error=StopErrorPolicy.KEEP_RUNNING)
_NEVER = RestartSpec(policy=RestartPolicy.NEVER)

SMALL = (
    _setting("life", "crash delete"),
    _setting("saving", "mute periodic"),
    _setting("stuck", "late mute"),
    _setting("paused", "pause"),
    _setting("foreign", "foreign forced"),
    _setting("deadline", "mute", stop=_FORCED),
    _setting("endings", "crash end disruption", restart=RestartSpec(max_restarts=1)),
    _setting("never", "crash end late", restart=_NEVER),
    _setting("refusals", "refusals foreign delete"),
    _setting("nodes", "nodes forced"),
    _setting("restored", "lost hand"),
    _setting("discard", "delete", before_delete=False, on_delete=VolumePolicy.DELETE),
    _setting("no storage", "crash end", has_storage=False),
    _setting("edited", "edit"),
    _setting("invalid", "invalid delete"),
    # What people ask for besides.
    _setting("checkpoints", "checkpoint failing again others mute"),
    _setting("schedule", "schedule failing"),
    _setting("restart", "restart crash again", restart=_NEVER),
    _setting("dismiss", "dismiss-error crash others", restart=_NEVER),
    _setting("override", "override again"),
    _setting("halted", "halt override"),
    _setting("clearing", "clear-storage again others delete"),
    _setting("emptying", "clear-storage failing delete rest", can_maintain=True, existing_claim=True),
    _setting("never emptied", "clear-storage", existing_claim=True),
    # What a process may be.
    _setting("standby", "standby pause"),
    _setting("approval", "approval approve others"),
    # What an edit does.
    _setting("rolling", "template bad"),
    _setting("held", "held clear-storage"),
    _setting("elsewhere", "elsewhere crash lost"),
    _setting("growing", "size refusals"),
    # What becomes of a stop, and what is done at rest.
    _setting("trying", "crash mute", stop=_TRYING),
    _setting("trying in time", "crash", stop=_TRYING_IN_TIME),
    _setting("running on", "crash delete override", stop=_RUNNING_ON),
    _setting("verifying", "unsaid failing delete", can_maintain=True),
    _setting("verified roll", "unsaid template", can_maintain=True),
    _setting("retention", "surplus failing late", can_maintain=True),
    _setting("ageing", "ages", can_maintain=True),
    _setting("released", "rest delete clear-storage"),
    _setting("hopeless", "hopeless"),
)
DEFAULT = SMALL
LARGE = DEFAULT
SIZES = {"small": SMALL, "default": DEFAULT, "large": LARGE}
