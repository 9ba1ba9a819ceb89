"""The command line of the contract; each argument falls back to an environment variable.

What cannot be used is refused before anything is touched, with one sentence.
"""

import argparse
import json
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn, cast

from sluice import contract
from sluice.runtime.checkpoint import new_uuid
from sluice.runtime.last_words import ENV_TERMINATION_MESSAGE_PATH
from sluice.runtime.lifecycle import Desired
from sluice.runtime.object_store import ObjectStore, open_store
from sluice.runtime.retention import Retention
from sluice.runtime.storage import START_FRESH, START_LATEST

ENV_FAILURE_GRACE_SECONDS: Final = "SLUICE_FAILURE_GRACE_SECONDS"
ENV_LOCK_WAIT_SECONDS: Final = "SLUICE_LOCK_WAIT_SECONDS"

ALLOW: Final = "allow"
REJECT: Final = "reject"
AWAIT_APPROVAL: Final = "await_approval"
DEFAULT_RETAIN: Final = 3
DEFAULT_SYNC_INTERVAL_SECONDS: Final = 10
DEFAULT_FAILURE_GRACE_SECONDS: Final = 10.0
DEFAULT_LOCK_WAIT_SECONDS: Final = 10.0


class ConfigurationError(Exception):
    """The process was started with something that it cannot use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How this process was told to run."""

    name: str
    initial: Desired
    deployment_id: str
    bootstrap_policy: str
    storage: Path | None
    start_from: str
    bind_address: str
    port: int
    run_number: int | None
    """None outside a cluster: the lock on this node decides alone."""
    checkpoint_interval_seconds: int | None
    retention: Retention
    sync_store: ObjectStore | None
    """None without a URL, and without storage: then there is nothing to copy."""
    sync_url: str | None
    sync_interval_seconds: int
    metadata: Any
    failure_grace_seconds: float
    """For how long a failed process keeps answering, so that its error can be read."""
    lock_wait_seconds: float
    """How long a predecessor on this node may take to let go of the storage."""
    termination_message_path: Path


@dataclass(frozen=True, slots=True)
class _Option:
    """One setting: its flags, its variable and how its text is read."""

    flags: tuple[str, ...]
    variable: str | None
    read: Callable[[str], object]
    default: str | None


def parse(arguments: Sequence[str], environment: Mapping[str, str]) -> Settings:
    """Return the settings; raise ``ConfigurationError`` with a sentence for a person."""
    given = _command_line().parse_args(arguments)
    values: dict[str, Any] = {
        name: _value(name, option, given, environment) for name, option in _OPTIONS.items()
    }
    if given.silent_bootstrap and given.concurrent_bootstrap:
        raise ConfigurationError("--silent-bootstrap and --concurrent-bootstrap exclude each other.")
    config: dict[str, Any] = values.pop("config_file") or {}
    values["storage"] = values["storage"] or _configured_storage(config)
    values["name"] = values["name"] or config.get("given_name") or config.get("name") or "unnamed"
    values["deployment_id"] = values["deployment_id"] or new_uuid()
    values["retention"] = Retention(values.pop("retain"), values.pop("max_age_seconds"))
    options: dict[str, str] = values.pop("sync_options") or {}
    values["sync_store"] = _sync_store(values["sync_url"], options) if values["storage"] else None
    return Settings(**values)


def _integer(minimum: int, maximum: int = 2**63 - 1) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,19}", text) or not minimum <= int(text) <= maximum:
            raise ValueError(f"has to be a whole number from {minimum} to {maximum}")
        return int(text)

    return read


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds < 1e9:
        raise ValueError("has to be a number of seconds, 0 or more")
    return seconds


def _initial(text: str) -> Desired:
    names = {desired.value.lower(): desired for desired in Desired}
    if text not in names:
        raise ValueError("has to be running, paused or standby")
    return names[text]


def _bootstrap_policy(text: str) -> str:
    if text not in (ALLOW, REJECT, AWAIT_APPROVAL):
        raise ValueError(f"has to be {ALLOW}, {REJECT} or {AWAIT_APPROVAL}")
    return text


def _start_from(text: str) -> str:
    lowered = text.lower()
    return lowered if lowered in (START_LATEST, START_FRESH) else _uuid(text)


def _uuid(text: str) -> str:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise ValueError("has to be a UUID") from None


def _absolute(text: str) -> Path:
    return Path(text).absolute()


def _json_file(text: str) -> Any:
    return json.loads(Path(text).read_bytes())


def _json_strings(text: str) -> dict[str, str]:
    content: Any = json.loads(text)
    if not isinstance(content, dict) or not all(
        isinstance(value, str) for value in cast("dict[str, Any]", content).values()
    ):
        raise ValueError("has to be a JSON object of strings")
    return cast("dict[str, str]", content)


def _config_file(text: str) -> dict[str, Any]:
    # Imported here: only a process that is given such a file pays for the YAML parser.
    import yaml

    path = Path(text)
    preferred = path.with_suffix(".json")
    content: Any = yaml.safe_load((preferred if preferred.exists() else path).read_bytes())
    if not isinstance(content, dict):
        raise ValueError("has to be a file with a mapping")  # noqa: TRY004 - it is read as the others are
    return cast("dict[str, Any]", content)


_OPTIONS: Final[Mapping[str, _Option]] = {
    "config_file": _Option(("--config-file",), None, _config_file, None),
    "name": _Option(("--name",), contract.ENV_PIPELINE_NAME, str, None),
    "initial": _Option(("--initial",), contract.ENV_INITIAL, _initial, "running"),
    "deployment_id": _Option(("--deployment-id",), contract.ENV_DEPLOYMENT_ID, _uuid, None),
    "bootstrap_policy": _Option(
        ("--bootstrap-policy",), contract.ENV_BOOTSTRAP_POLICY, _bootstrap_policy, ALLOW
    ),
    "storage": _Option(("--storage-location",), contract.ENV_STORAGE, _absolute, None),
    "start_from": _Option(("--start-from",), contract.ENV_START_FROM, _start_from, START_LATEST),
    "bind_address": _Option(
        ("--bind-address",),
        None,
        str,
        "0.0.0.0",  # noqa: S104 - the operator and the kubelet reach a pod at its own address
    ),
    "port": _Option(
        ("--default-port", "-p"), contract.ENV_PORT, _integer(0, 65535), str(contract.DEFAULT_PORT)
    ),
    "run_number": _Option(("--run-number",), contract.ENV_RUN_NUMBER, _integer(0), None),
    "checkpoint_interval_seconds": _Option(
        ("--checkpoint-interval-seconds",),
        contract.ENV_CHECKPOINT_INTERVAL_SECONDS,
        _integer(1),
        None,
    ),
    "retain": _Option(
        ("--checkpoint-retain",), contract.ENV_CHECKPOINT_RETAIN, _integer(1), str(DEFAULT_RETAIN)
    ),
    "max_age_seconds": _Option(
        ("--checkpoint-max-age-seconds",), contract.ENV_CHECKPOINT_MAX_AGE_SECONDS, _integer(1), None
    ),
    "sync_url": _Option(("--sync-url",), contract.ENV_SYNC_URL, str, None),
    "sync_options": _Option(("--sync-options",), contract.ENV_SYNC_OPTIONS, _json_strings, None),
    "sync_interval_seconds": _Option(
        ("--sync-interval-seconds",),
        contract.ENV_SYNC_INTERVAL_SECONDS,
        _integer(1),
        str(DEFAULT_SYNC_INTERVAL_SECONDS),
    ),
    "metadata": _Option(("--metadata-file",), None, _json_file, None),
    "failure_grace_seconds": _Option(
        ("--failure-grace-seconds",),
        ENV_FAILURE_GRACE_SECONDS,
        _seconds,
        str(DEFAULT_FAILURE_GRACE_SECONDS),
    ),
    "lock_wait_seconds": _Option(
        ("--lock-wait-seconds",), ENV_LOCK_WAIT_SECONDS, _seconds, str(DEFAULT_LOCK_WAIT_SECONDS)
    ),
    "termination_message_path": _Option(
        ("--termination-message-path",),
        ENV_TERMINATION_MESSAGE_PATH,
        _absolute,
        contract.TERMINATION_MESSAGE_PATH,
    ),
}


class _CommandLine(argparse.ArgumentParser):
    """A parser that raises: exit code and last words are decided in one place."""

    def error(self, message: str) -> NoReturn:
        raise ConfigurationError(f"The command line cannot be used: {message}.")


def _command_line() -> argparse.ArgumentParser:
    parser = _CommandLine(prog="sluice.runtime", allow_abbrev=False)
    for name, option in _OPTIONS.items():
        fallback = f"environment: {option.variable}" if option.variable else None
        parser.add_argument(*option.flags, dest=name, metavar="VALUE", help=fallback)
    ignored = "accepted for compatibility; this runtime bootstraps in one way"
    parser.add_argument("--silent-bootstrap", action="store_true", help=ignored)
    parser.add_argument("--concurrent-bootstrap", action="store_true", help=ignored)
    return parser


def _value(name: str, option: _Option, given: argparse.Namespace, environment: Mapping[str, str]) -> object:
    source = option.flags[0]
    text = cast("str | None", getattr(given, name))
    if text is None and option.variable is not None:
        # Set but empty counts as unset: a pod template empties a variable more easily than it drops one.
        source, text = option.variable, environment.get(option.variable) or None
    if text is None:
        text = option.default
    if text is None:
        return None
    try:
        return option.read(text)
    except (ValueError, OSError) as error:
        raise ConfigurationError(f"{source} cannot be {text!r}: {error}.") from error
    except Exception as error:
        # yaml has errors of its own, and importing it to name them would defeat that it is imported late.
        raise ConfigurationError(f"{source} cannot be {text!r}: it cannot be read.") from error


def _sync_store(url: str | None, options: Mapping[str, str]) -> ObjectStore | None:
    if url is None:
        return None
    try:
        return open_store(url, options)
    except ValueError as error:
        # The URL is not quoted: it may hold a password.
        raise ConfigurationError(f"{contract.ENV_SYNC_URL} {error}.") from error


def _configured_storage(config: Mapping[str, Any]) -> Path | None:
    storage = config.get("storage_config")
    path = cast("dict[str, Any]", storage).get("path") if isinstance(storage, dict) else None
    return Path(path).absolute() if isinstance(path, str) else None
