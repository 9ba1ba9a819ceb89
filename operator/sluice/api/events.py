"""The events that the operator posts about custom resources: when, with which reason, and in which words."""

from typing import Final, NamedTuple

from sluice.api.reasons import Reason


class Happening(NamedTuple):
    """What an event tells. ``message`` is a template; ``reason`` ``None`` means that of ``Ready``."""

    reason: Reason | None
    is_warning: bool
    when: str
    message: str


MOVED: Final = Happening(
    None,
    False,
    "`status.deploymentStatus` has another value. The reason is that of the condition `Ready`, and so is the"
    " end of the message.",
    "{before} -> {now}: {message}",
)
FAILED: Final = Happening(
    Reason.FAILED,
    True,
    "`status.deploymentError` is new. It takes the place of the event above.",
    "{message}",
)
REQUEST_DONE: Final = Happening(
    Reason.REQUEST_DONE, False, "A request came to its end, `Succeeded`.", "{verb} {token}: {outcome}"
)
REQUEST_FAILED: Final = Happening(
    Reason.REQUEST_FAILED,
    True,
    "A request was `Failed`, `Refused` or `Ignored`.",
    "{verb} {token}: {outcome}",
)
ELEMENT_FAILED: Final = Happening(
    Reason.ELEMENT_FAILED,
    True,
    "An element of a batch pipeline failed. Of many that fail at once, the first few.",
    "element {element}: {code}: {message}",
)
HAPPENINGS: Final = (MOVED, FAILED, REQUEST_DONE, REQUEST_FAILED, ELEMENT_FAILED)
