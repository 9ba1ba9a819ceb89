"""What a process leaves behind for the operator: one small JSON object in the termination message."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from sluice import contract
from sluice.runtime.errors import ErrorBody, clip
from sluice.runtime.log import log

ENV_TERMINATION_MESSAGE_PATH: Final = "SLUICE_TERMINATION_MESSAGE_PATH"
MESSAGE_LIMITS: Final = (2048, 512, 64)


def compose(checkpoint: str | None, error: ErrorBody | None) -> bytes:
    """Return the last words, cut until they fit: details first, then the end of the message."""
    candidates = [error]
    if error is not None:
        candidates += [
            ErrorBody(clip(error.message, limit), clip(error.error_code, 64)) for limit in MESSAGE_LIMITS
        ]
    words = b""
    for candidate in candidates:
        words = _encode({"checkpoint": checkpoint, "error": candidate and candidate.as_json()})
        if len(words) <= contract.TERMINATION_MESSAGE_MAX_BYTES:
            break
    return words


def compose_list(checkpoints: Sequence[Mapping[str, Any]], error: ErrorBody | None) -> bytes:
    """Return the last words of a maintenance task: of its checkpoints, the newest last, as many as fit."""
    words = b""
    for count in range(len(checkpoints) + 1):
        told = checkpoints[len(checkpoints) - count :]
        longer = _encode({"checkpoints": told, "error": error and error.as_json()})
        if len(longer) > contract.TERMINATION_MESSAGE_MAX_BYTES:
            break
        words = longer
    return words


def _encode(words: Mapping[str, Any]) -> bytes:
    return json.dumps(words, default=str, ensure_ascii=False).encode(errors="replace")


def path_of(environment: Mapping[str, str]) -> Path:
    """Return where to write when the command line cannot be read."""
    return Path(environment.get(ENV_TERMINATION_MESSAGE_PATH) or contract.TERMINATION_MESSAGE_PATH)


def write(path: Path, checkpoint: str | None, error: ErrorBody | None) -> None:
    """Write the last words of a runtime."""
    _write(path, compose(checkpoint, error))


def write_list(path: Path, checkpoints: Sequence[Mapping[str, Any]], error: ErrorBody | None) -> None:
    """Write the last words of a maintenance task."""
    _write(path, compose_list(checkpoints, error))


def _write(path: Path, words: bytes) -> None:
    """Write in place: the file is a mount of the kubelet's, which no rename may replace."""
    if not path.exists() and path == Path(contract.TERMINATION_MESSAGE_PATH):
        return  # outside a pod nobody made the file, and nobody would read it
    try:
        path.write_bytes(words)
    except OSError as problem:
        log("last_words_lost", path=str(path), reason=str(problem))
