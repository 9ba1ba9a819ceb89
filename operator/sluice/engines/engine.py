"""The interface between the lifecycle and a kind of runtime.

No call waits for work to finish: it starts the work and returns, and ``observe`` tells later how it went.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from sluice import contract
from sluice.api.engine_blocks import SecretKey
from sluice.api.json_values import Json
from sluice.api.spec import PipelineSpec
from sluice.api.status import CheckpointStatus
from sluice.api.statuses import DesiredStatus
from sluice.kube import Execution
from sluice.observation import Ability, EngineVerb, RuntimeObservation


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


class Shell(Protocol):
    """The way into the runtime's container."""

    async def execute(
        self, command: Sequence[str], deadline: float, to_read: bytes, hidden: Sequence[str]
    ) -> Execution:
        """Run a command; ``hidden`` is left out of what it said.

        Never raises for anything that becomes of it.
        """
        ...

    async def read_secret(self, reference: SecretKey) -> str:
        """The value of a Secret in the runtime's namespace.

        Raises ``LookupError`` with a sentence when it cannot be had.
        """
        ...


@dataclass(frozen=True, slots=True)
class Runtime:
    """One runtime: what is known of it without asking, and the ways to it."""

    spec: PipelineSpec
    """The spec in force, which may be newer than the one that its pod was made from."""
    pod_uid: str
    is_ready: bool
    """What the kubelet says of its pod."""
    endpoint: Endpoint
    """Its port, as its pod was made."""
    endpoint_at: Callable[[int], Endpoint]
    """Another port of its pod."""
    shell: Shell


@dataclass(frozen=True, slots=True)
class Call:
    """Something that a runtime is asked to do."""

    verb: EngineVerb
    argument: str = ""
    id: str = ""
    """Of a stop or a checkpoint: the same for every repetition of one attempt, another one for the next."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked beside where the runtime is; each costs a request of its own."""

    call: Call | None = None
    """The stop or checkpoint under way: why it failed would be of interest."""
    ticket: str | None = None
    """What the runtime answered to a call for a checkpoint, where that is still known."""
    wants_progress: bool = False
    """How many records were processed."""
    listed: tuple[CheckpointStatus, ...] = ()
    """The checkpoints in status, the newest last, for an engine that has no other list of them."""


@dataclass(frozen=True, slots=True)
class Launch:
    """What an engine's process needs of its pod."""

    port: int
    """Of the runtime's endpoint."""
    probes: Json
    """For the runtime's container, used where the template declares none."""
    container: str | None = None
    """Name of the template's container that is the runtime; ``None`` means the first."""
    arguments: tuple[str, ...] | None = None
    """Of the runtime's container; ``None`` leaves them to the template."""
    grace_seconds: int | None = None
    """To end in, where the template says nothing; ``None``: so long that a checkpoint on SIGTERM fits in."""
    maintenance: str | None = contract.MAINTENANCE_MODULE
    """The module that works on the volume of a stopped runtime; ``None``: nobody knows what is on it."""


def build_probes(path: str, port: int, start_seconds: int) -> Json:
    """Probes by HTTP: often until the first answer, for so many seconds at most, and seldom afterwards."""
    check = {"httpGet": {"path": path, "port": port}, "timeoutSeconds": 5}
    return {
        "startupProbe": {**check, "periodSeconds": 1, "failureThreshold": start_seconds},
        "readinessProbe": {**check, "periodSeconds": 10, "failureThreshold": 3},
    }


class Engine(Protocol):
    """What the lifecycle asks of a kind of runtime."""

    def launch(self, spec: PipelineSpec) -> Launch:
        """What a pod needs to run it."""
        ...

    def served(self, spec: PipelineSpec | None) -> frozenset[DesiredStatus]:
        """What a pipeline of this engine can be asked to be; ``None``: of its spec nothing is known."""
        ...

    def ability(self, spec: PipelineSpec) -> Ability:
        """What can be expected of a runtime of this spec."""
        ...

    async def observe(self, runtime: Runtime, question: Question) -> RuntimeObservation:
        """Ask the runtime where it is. Never raises for anything that the runtime does."""
        ...

    async def call(self, runtime: Runtime, call: Call) -> str | None:
        """Begin what is asked for, and return a ticket where there is one to observe with.

        Raises :class:`EngineRefusedError`.
        """
        ...
