"""What a process leaves behind for the operator: one small JSON object in the termination message."""

import json
from pathlib import Path
from typing import Final

from sluice import contract
from sluice.runtime.errors import ErrorBody, clip
from sluice.runtime.log import log

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
        body = candidate.as_json() if candidate is not None else None
        words = json.dumps({"checkpoint": checkpoint, "error": body}, default=str, ensure_ascii=False).encode(
            errors="replace"
        )
        if len(words) <= contract.TERMINATION_MESSAGE_MAX_BYTES:
            break
    return words


def write(path: Path, checkpoint: str | None, error: ErrorBody | None) -> None:
    """Write the last words in place: the file is a mount of the kubelet's, which no rename may replace."""
    if not path.exists() and path == Path(contract.TERMINATION_MESSAGE_PATH):
        return  # outside a pod nobody made the file, and nobody would read it
    try:
        path.write_bytes(compose(checkpoint, error))
    except OSError as problem:
        log("last_words_lost", path=str(path), reason=str(problem))
