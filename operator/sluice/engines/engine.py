"""The interface between the lifecycle and a kind of runtime.

No call waits for work to finish: it starts the work and returns, and ``observe`` tells later how it went.
"""

from dataclasses import dataclass
from typing import Any, Protocol

from sluice.api.json_values import Json
from sluice.api.spec import PipelineSpec
from sluice.api.statuses import DesiredStatus
from sluice.observation import RuntimeObservation


class EngineRefusedError(Exception):
    """The runtime did not take the request. The message says why; asking again later may help."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What a runtime answered: nothing in it is trusted, its size is bounded."""

    status: int
    body: bytes


class Endpoint(Protocol):
    """One runtime's HTTP port, wherever it is reached from.

    Raises ``ConnectionError`` when nobody answers in time or the answer is beyond the bounds.
    """

    async def request(self, method: str, path: str, deadline: float, body: Json | None = None) -> HttpAnswer:
        """One request, with ``body`` as JSON if there is one; redirects are not followed."""
        ...


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked beside where the runtime is; each costs a request of its own."""

    ticket: str | None = None
    """Of the checkpoint whose failure would be of interest."""
    wants_progress: bool = False
    """How many records were processed."""


class Engine(Protocol):
    """What the lifecycle asks of a runtime, and what a pod needs to run it."""

    def port(self, spec: PipelineSpec) -> int:
        """The port of the runtime's endpoint."""
        ...

    def container_name(self, spec: PipelineSpec) -> str | None:
        """Name of the template's container that is the runtime; ``None`` means the first."""
        ...

    def probes(self, spec: PipelineSpec) -> dict[str, Any]:
        """Probes for the runtime's container, used where the template declares none."""
        ...

    def served(self, spec: PipelineSpec | None) -> frozenset[DesiredStatus]:
        """What a pipeline of this engine can be asked to be; ``None``: of its spec nothing is known."""
        ...

    async def observe(self, endpoint: Endpoint, question: Question) -> RuntimeObservation:
        """Ask the runtime where it is. Never raises for anything that the runtime does."""
        ...

    async def resume(self, endpoint: Endpoint) -> None:
        """Begin to become Running. Raises :class:`EngineRefusedError`."""
        ...

    async def pause(self, endpoint: Endpoint) -> None:
        """Begin to become Paused. Raises :class:`EngineRefusedError`."""
        ...

    async def activate(self, endpoint: Endpoint, initial: str) -> None:
        """Begin to leave Standby for ``running`` or ``paused``. Raises :class:`EngineRefusedError`."""
        ...

    async def approve(self, endpoint: Endpoint) -> None:
        """Let the runtime take over the state of another program. Raises :class:`EngineRefusedError`."""
        ...

    async def checkpoint(self, endpoint: Endpoint) -> str:
        """Begin to make a checkpoint, and return its ticket. Raises :class:`EngineRefusedError`."""
        ...

    async def suspend(self, endpoint: Endpoint) -> None:
        """Begin to make a checkpoint and become Suspended. Raises :class:`EngineRefusedError`."""
        ...
