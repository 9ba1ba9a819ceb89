"""How a process logs: one line an entry, for people or, as JSON, for programs."""

import logging
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

import orjson

OBJECT: Final = "object"
"""Name of the extra field that holds what an entry is about."""


class LogFormat(StrEnum):
    """Forms of an entry."""

    TEXT = "text"
    JSON = "json"


class JsonFormatter(logging.Formatter):
    """One JSON object an entry: time, level, logger, message, and what it is about."""

    def format(self, record: logging.LogRecord) -> str:
        """The entry as one line."""
        fields: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        about: object = getattr(record, OBJECT, None)
        if isinstance(about, dict):
            fields[OBJECT] = about
        if record.exc_info:
            fields["traceback"] = self.formatException(record.exc_info)
        return orjson.dumps(fields, default=str).decode()


def configure_logs(form: LogFormat, *, is_verbose: bool) -> None:
    """Log to standard error: what happens, and with ``is_verbose`` also how."""
    handler = logging.StreamHandler()
    handler.setFormatter(
        JsonFormatter()
        if form is LogFormat.JSON
        else logging.Formatter("%(asctime)s %(levelname)s %(message)s")
    )
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("sluice").setLevel(logging.DEBUG if is_verbose else logging.INFO)


def about(kind: str, namespace: str, name: str) -> dict[str, dict[str, str]]:
    """What to log as ``extra``, so that entries can be found by the object that they are about."""
    return {OBJECT: {"kind": kind, "namespace": namespace, "name": name}}
