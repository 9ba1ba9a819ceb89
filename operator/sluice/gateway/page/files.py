"""The page's files, as browsers get them: from memory, with a digest to ask by, and under a strict policy."""

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

from starlette.responses import Response

INDEX: Final = "index.html"
TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        # No text ever becomes markup: the browser itself refuses innerHTML and its like.
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Always asked for again, and by its digest: a gateway that was upgraded never mixes two pages.
    "Cache-Control": "no-cache",
}


@dataclass(frozen=True, slots=True)
class PageFile:
    """One file."""

    content: bytes
    media_type: str
    etag: str


@cache
def read_files() -> dict[str, PageFile]:
    """Every file of the page by its name; what is no file of it cannot be asked for."""
    found = (resources.files(__package__ or "") / "static").iterdir()
    return {each.name: _read(each.name, each.read_bytes()) for each in found if _suffix(each.name) in TYPES}


def _read(name: str, content: bytes) -> PageFile:
    return PageFile(content, TYPES[_suffix(name)], digest(content))


def _suffix(name: str) -> str:
    return f".{name.rpartition('.')[2]}"


def digest(content: bytes) -> str:
    """The ETag of these bytes."""
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def is_known(etag: str, header: str | None) -> bool:
    """Whether the browser says, in ``If-None-Match``, that it has just this."""
    given = (part.strip().removeprefix("W/") for part in (header or "").split(","))
    return etag in given


def answer_file(file: PageFile, if_none_match: str | None) -> Response:
    """The file, or that it is the one that the browser has."""
    headers = {**HEADERS, "ETag": file.etag}
    if is_known(file.etag, if_none_match):
        return Response(status_code=304, headers=headers)
    return Response(file.content, headers={**headers, "Content-Type": file.media_type})
