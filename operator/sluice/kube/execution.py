"""A command in a container, over the API server's ``exec`` subresource and its WebSocket protocol.

Each message begins with a byte that names its channel. Standard output and standard error are kept as one
text, the end of it only; the last channel tells how the command ended.
"""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Protocol

import aiohttp
import orjson

from sluice.api.json_values import Json, as_object, child, children
from sluice.kube import paths

PROTOCOLS: Final = ("v5.channel.k8s.io", "v4.channel.k8s.io")
OUTPUT_LIMIT_BYTES: Final = 1024
OUTCOME_LIMIT_BYTES: Final = 64 * 1024
HIDDEN: Final = "***"


class _Channel(IntEnum):
    IN = 0
    OUT = 1
    ERROR = 2
    OUTCOME = 3


@dataclass(frozen=True, slots=True)
class Execution:
    """What became of a command."""

    code: int | None
    """Its exit code; ``None`` where it did not begin, or did not come to its end as far as we know."""
    output: str
    problem: str = ""
    """Why there is no exit code."""


class SocketOpener(Protocol):
    """Opens WebSockets at the API server."""

    def open_socket(
        self, path: str, protocols: Sequence[str]
    ) -> AbstractAsyncContextManager[aiohttp.ClientWebSocketResponse]:
        """The WebSocket at ``path``."""
        ...


class Tail:
    """The end of a text that may be long, without what is to stay hidden."""

    def __init__(self, limit: int = OUTPUT_LIMIT_BYTES, hidden: Sequence[str] = ()) -> None:
        self._limit = limit
        self._hidden = [value for value in hidden if value]
        # So much more, that nothing hidden is cut in two before it is looked for.
        self._room = limit + max((len(value.encode()) for value in self._hidden), default=0)
        self._kept = b""
        self._is_cut = False

    def add(self, data: bytes) -> None:
        """Add what came, and forget what is beyond the limit."""
        kept = self._kept + data
        self._is_cut = self._is_cut or len(kept) > self._limit
        self._kept = kept[-self._room :]

    def __str__(self) -> str:
        text = self._kept.decode("utf-8", "replace").replace("\r\n", "\n")
        # What steers a terminal has no business in a status that people print on theirs.
        shown = "".join(letter for letter in text if letter.isprintable() or letter in "\n\t")
        for value in self._hidden:
            shown = shown.replace(value, HIDDEN)
        shown = shown.encode()[-self._limit :].decode("utf-8", "ignore").strip()
        return f"…{shown}" if self._is_cut else shown


async def execute(
    opener: SocketOpener,
    namespace: str,
    pod: str,
    container: str,
    command: Sequence[str],
    deadline: float,
    to_read: bytes = b"",
    hidden: Sequence[str] = (),
) -> Execution:
    """Run ``command`` in a container and wait for its end, for ``deadline`` seconds at most.

    ``to_read`` is what it finds on its standard input, which then stays open; nothing ``hidden`` is left in
    what it said. A command that is given up is not ended: nothing in Kubernetes does that.
    """
    path = paths.pod_exec(namespace, pod, container, command, has_input=bool(to_read))
    said, outcome = Tail(hidden=hidden), b""
    try:
        async with asyncio.timeout(deadline), opener.open_socket(path, PROTOCOLS) as socket:
            if to_read:
                await socket.send_bytes(bytes([_Channel.IN]) + to_read)
            async for message in socket:
                data: object = message.data
                if message.type is not aiohttp.WSMsgType.BINARY or not isinstance(data, bytes) or not data:
                    continue
                match data[0]:
                    case _Channel.OUT | _Channel.ERROR:
                        said.add(data[1:])
                    case _Channel.OUTCOME:
                        outcome = (outcome + data[1:])[:OUTCOME_LIMIT_BYTES]
                    case _:
                        pass
    except TimeoutError:
        return Execution(None, str(said), f"no end within {deadline:g} s")
    except aiohttp.WSServerHandshakeError as error:
        return Execution(None, str(said), _refusal(error))
    except (aiohttp.ClientError, OSError) as error:
        return Execution(None, str(said), f"the connection broke: {type(error).__name__}")
    return _read_outcome(outcome, str(said))


def _refusal(error: aiohttp.WSServerHandshakeError) -> str:
    hint = ": grant the operator create and get on pods/exec, as its role in deploy/ does"
    return f"the API server refused the exec with {error.status}{hint if error.status == 403 else ''}"


def _read_outcome(body: bytes, output: str) -> Execution:
    """The last message is a ``metav1.Status``. Without one, nobody knows how the command ended."""
    try:
        fields: Json = as_object(orjson.loads(body or b"null"))
    except orjson.JSONDecodeError:
        fields = {}
    if fields.get("status") == "Success":
        return Execution(0, output)
    if not fields:
        return Execution(None, output, "the connection ended before the command did")
    for cause in children(child(fields, "details"), "causes"):
        code = str(cause.get("message"))
        if cause.get("reason") == "ExitCode" and code.isdigit():
            return Execution(int(code), output)
    return Execution(None, output, str(fields.get("message") or "no further explanation")[:512])
