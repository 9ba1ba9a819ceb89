"""How often to look, in seconds.

While something changes the runtime is asked often and then ever more slowly; at rest the kubelet's probes
carry the health, their results arrive by watch, and a look of our own is only a safety net.
"""

from datetime import datetime, timedelta
from typing import Final

REST_SECONDS: Final = 300.0
FASTEST_POLL_SECONDS: Final = 0.2
SLOWEST_POLL_SECONDS: Final = 2.5
UNREACHABLE_POLL_SECONDS: Final = 5.0
BLOCKED_POLL_SECONDS: Final = 30.0
"""Slowest look at a refusal, which only a person or another controller can end."""
VANISHED_POLL_SECONDS: Final = 5.0
LEAVING_POLL_SECONDS: Final = 15.0
"""Of a pod that was deleted. Its end comes by the watch; one that had to begin anew never tells of it."""
INITIALIZING_SECONDS: Final = 5.0
"""A start that initializes no longer than this, from the moment it was written down, does not show it."""

STOP_STUCK_SECONDS: Final = 600
"""A graceful stop that has made no checkpoint for so long is Stalled, with the way out named."""
NODE_PROOF_SECONDS: Final = 60
"""A node still Ready so long after a pod went missing has heard of it and killed what was left.

The control plane takes up to 50 s to notice that a node went silent; a node that is Ready after 60 s has
therefore reported after the pod went, and its kubelet ends containers whose pod is gone from the API. They
have the pod's own grace for that, which is waited for besides."""
SUSPEND_BACKOFF_SECONDS: Final = (1, 2, 5, 10, 30)


def seconds_since(moment: datetime | None, now: datetime) -> float:
    """Seconds from ``moment`` to ``now``; zero when ``moment`` is unset."""
    return 0.0 if moment is None else (now - moment).total_seconds()


def poll_delay(since: datetime | None, now: datetime) -> float:
    """Delay of the next look at something that began to change at ``since``: a tenth of its age."""
    age = seconds_since(since, now)
    return min(max(age / 10, FASTEST_POLL_SECONDS), SLOWEST_POLL_SECONDS)


def refused_delay(since: datetime | None, now: datetime) -> float:
    """Delay of the next try at something that has been refused since ``since``: a fifth of its age."""
    return min(max(seconds_since(since, now) / 5, 1.0), BLOCKED_POLL_SECONDS)


def suspend_backoff(attempt: int, now: datetime) -> datetime:
    """When to ask for the checkpoint again after ``attempt`` requests (1 or more)."""
    step = min(attempt, len(SUSPEND_BACKOFF_SECONDS)) - 1
    return now + timedelta(seconds=SUSPEND_BACKOFF_SECONDS[step])


def restart_backoff(count: int, first_seconds: int, longest_seconds: int) -> timedelta:
    """Wait before restart number ``count`` (1 or more): doubles each time, up to the longest."""
    doublings = min(count - 1, 30)
    return timedelta(seconds=min(first_seconds * 2**doublings, longest_seconds))
