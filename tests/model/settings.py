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

THEMES = (
    # What people ask for besides.
    _setting("checkpoints", "tame checkpoint failing"),
    _setting("checkpoints of runs that end", "tame checkpoint crash"),
    _setting("schedule", "schedule failing"),
    _setting("restart", "tame restart crash", restart=_NEVER),
    _setting("dismiss", "tame dismiss-error crash others", restart=_NEVER),
    _setting("override", "tame override again"),
    _setting("halted", "tame halt"),
    _setting("clearing", "tame clear-storage others"),
    _setting("emptying", "tame clear-storage failing", can_maintain=True, existing_claim=True),
    _setting(
        "never emptied", "tame clear-storage delete", existing_claim=True, on_delete=VolumePolicy.DELETE
    ),
    # What a process may be.
    _setting("standby", "tame standby pause mute crash"),
    _setting("standby interrupted", "standby disruption"),
    _setting("approval", "tame approval approve mute"),
    _setting("approval interrupted", "approval disruption"),
    _setting("approval of runs that end", "tame approval pause crash"),
    # What an edit does.
    _setting("rolling", "tame template bad"),
    _setting("held", "tame held"),
    _setting("elsewhere", "tame elsewhere"),
    _setting("growing", "tame size refusals"),
    # What becomes of a stop, and what is done at rest.
    _setting("trying", "crash", stop=_TRYING),
    _setting("trying in time", "tame crash", stop=_TRYING_IN_TIME),
    _setting("saved meanwhile", "tame saves crash", stop=_TRYING),
    _setting("running on", "tame crash delete", stop=_RUNNING_ON),
    _setting("given up roll", "tame crash template", stop=_RUNNING_ON),
    _setting("given up restart", "tame crash restart", stop=_RUNNING_ON),
    _setting("verifying", "unsaid failing", can_maintain=True),
    _setting("verified roll", "tame unsaid template", can_maintain=True),
    _setting("retention", "tame surplus failing", can_maintain=True),
    _setting("lost work", "tame surplus forced", can_maintain=True),
    _setting("ageing", "tame ages rest", can_maintain=True),
    _setting("released", "tame rest delete clear-storage"),
    _setting("released data", "tame rest delete", on_delete=VolumePolicy.DELETE),
    _setting("hopeless", "tame hopeless"),
)
"""What was added to the first state machine: each theme by itself, in both sizes."""

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
    _setting("by hand", "hand"),
    _setting("discard", "delete", before_delete=False, on_delete=VolumePolicy.DELETE),
    _setting("no storage", "crash end", has_storage=False),
    _setting("edited", "edit"),
    _setting("invalid", "invalid delete"),
    *THEMES,
)
DEFAULT = (
    _setting("life", "pause crash delete"),
    _setting("saving", "mute periodic late"),
    _setting("deadline", "mute crash", stop=_FORCED),
    _setting("endings", "crash end disruption", restart=RestartSpec(max_restarts=1)),
    _setting("never", "crash end late", restart=_NEVER),
    _setting("always", "crash end", restart=RestartSpec(policy=RestartPolicy.ALWAYS)),
    _setting("refusals", "refusals foreign delete"),
    _setting("nodes", "nodes forced"),
    _setting("forced", "forced crash"),
    _setting("late news", "lag disruption"),
    _setting("restored", "lost hand"),
    _setting("discard", "delete", before_delete=False, on_delete=VolumePolicy.DELETE),
    _setting("no storage", "crash end delete", has_storage=False),
    _setting("edited", "edit"),
    _setting("invalid", "invalid delete"),
    *THEMES,
)
LARGE = (
    *DEFAULT,
    _setting("never again", "crash end disruption late", restart=_NEVER),
    _setting("forced and late", "forced crash late"),
    _setting("discarded crash", "crash delete", before_delete=False, on_delete=VolumePolicy.DELETE),
    _setting("longer life", "pause crash delete periodic invalid"),
    _setting("longer stop", "mute periodic late crash delete"),
    _setting("worse nodes", "nodes forced crash delete"),
    _setting("later news", "lag crash delete disruption"),
    _setting("worse refusals", "refusals foreign forced delete invalid"),
    _setting("worse restore", "lost hand forced crash delete"),
    _setting("many checkpoints", "checkpoint failing again others mute many crash"),
    _setting("many restarts", "restart crash again others template bad", restart=_NEVER),
    _setting("many overrides", "override again others crash delete"),
    _setting("overrides given up", "override crash mute", stop=_RUNNING_ON),
    _setting("halted requests", "halt checkpoint restart delete"),
    _setting("worse clearing", "clear-storage again others delete crash"),
    _setting(
        "worse emptying", "clear-storage failing late delete rest", can_maintain=True, existing_claim=True
    ),
    _setting("lost and elsewhere", "elsewhere lost crash"),
    _setting("worse standby", "standby approval approve pause crash mute"),
    _setting("held and cleared", "held size clear-storage delete"),
    _setting("worse verifying", "unsaid failing late delete crash restart", can_maintain=True),
    _setting("worse work", "surplus failing late forced nodes delete", can_maintain=True),
)
SIZES = {"small": SMALL, "default": DEFAULT, "large": LARGE}
