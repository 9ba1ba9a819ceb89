"""How this run was told to run: the contract's environment, and the command line of the pod's template."""

import argparse
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

from sluice import contract
from sluice.flink_contract import OWNED_OPTIONS
from sluice.runtime.arguments import (
    DEFAULT_LOCK_WAIT_SECONDS,
    DEFAULT_RETAIN,
    ENV_LOCK_WAIT_SECONDS,
    ConfigurationError,
)
from sluice.runtime.storage import START_LATEST

ENV_HOME: Final = "FLINK_HOME"
ENV_BIND_ADDRESS: Final = "SLUICE_FLINK_BIND_ADDRESS"
"""Where REST listens; a pod's own address is not known before it starts, so all of them unless set."""

OWNED: Final = re.compile(OWNED_OPTIONS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One run of one application. Memory is in MiB, times are in seconds."""

    home: Path
    storage: Path | None
    run_number: int
    deployment_id: str
    start_from: str
    port: int
    bind_address: str
    checkpoint_interval: int | None
    retain: int
    max_age: int | None
    lock_wait: float
    job_class: str
    jars: tuple[Path, ...]
    job_arguments: tuple[str, ...]
    parallelism: int
    jobmanager_heap: int
    taskmanager_heap: int
    initial_savepoint: str | None
    """URI of a savepoint from elsewhere, for a volume that holds none."""
    allow_non_restored_state: bool
    options: Mapping[str, str]
    """Further options of Flink's configuration."""


def parse(arguments: Sequence[str], environment: Mapping[str, str]) -> Settings:
    """The settings; raises ``ConfigurationError`` with a sentence for a person."""
    own, job_arguments = _split(arguments)
    given = _command_line().parse_args(own)
    storage = environment.get(contract.ENV_STORAGE)
    return Settings(
        home=Path(environment.get(ENV_HOME) or "/opt/flink"),
        storage=Path(storage).absolute() if storage else None,
        run_number=_integer(environment, contract.ENV_RUN_NUMBER, None, 0),
        deployment_id=_required(environment, contract.ENV_DEPLOYMENT_ID),
        start_from=(environment.get(contract.ENV_START_FROM) or START_LATEST).lower(),
        port=_integer(environment, contract.ENV_PORT, contract.DEFAULT_PORT, 1),
        bind_address=environment.get(ENV_BIND_ADDRESS) or "0.0.0.0",  # noqa: S104 - the operator and the kubelet reach a pod at its own address
        checkpoint_interval=_optional(environment, contract.ENV_CHECKPOINT_INTERVAL_SECONDS),
        retain=_integer(environment, contract.ENV_CHECKPOINT_RETAIN, DEFAULT_RETAIN, 1),
        max_age=_optional(environment, contract.ENV_CHECKPOINT_MAX_AGE_SECONDS),
        lock_wait=_integer(environment, ENV_LOCK_WAIT_SECONDS, int(DEFAULT_LOCK_WAIT_SECONDS), 0),
        job_class=given.job_class,
        jars=tuple(_jar(text) for text in given.jar),
        job_arguments=tuple(job_arguments),
        parallelism=given.parallelism,
        jobmanager_heap=given.jobmanager_heap_mb,
        taskmanager_heap=given.taskmanager_heap_mb,
        initial_savepoint=given.initial_savepoint,
        allow_non_restored_state=given.allow_non_restored_state,
        options=dict(_option(text) for text in given.option),
    )


class _CommandLine(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ConfigurationError(f"The command line cannot be used: {message}.")


def _command_line() -> argparse.ArgumentParser:
    parser = _CommandLine(prog="sluice.runtime.flink", allow_abbrev=False)
    parser.add_argument("--job-class", required=True, help="class whose main() builds the job")
    parser.add_argument(
        "--jar", action="append", default=[], help="further jar; those in usrlib always count"
    )
    parser.add_argument("--parallelism", type=_positive, default=1, help="also the number of task slots")
    parser.add_argument("--jobmanager-heap-mb", type=_positive, default=256)
    parser.add_argument("--taskmanager-heap-mb", type=_positive, default=256)
    parser.add_argument("--initial-savepoint", help="file:// URI, for a volume that holds no checkpoint")
    parser.add_argument("--allow-non-restored-state", action="store_true", help="drop what the job lacks")
    parser.add_argument(
        "-D", dest="option", action="append", default=[], metavar="KEY=VALUE", help="option of Flink's own"
    )
    return parser


def _split(arguments: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """Everything behind ``--`` is the job's, whatever it looks like."""
    if "--" not in arguments:
        return arguments, ()
    at = list(arguments).index("--")
    return arguments[:at], arguments[at + 1 :]


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def _jar(text: str) -> Path:
    path = Path(text)
    if not path.is_file():
        raise ConfigurationError(f"--jar {text}: there is no such file.")
    return path


def _option(text: str) -> tuple[str, str]:
    key, separator, value = text.partition("=")
    if not (key and separator):
        raise ConfigurationError(f"-D {text} is no KEY=VALUE.")
    if OWNED.match(key):
        raise ConfigurationError(f"-D {key} is for the entrypoint to set: leave it out.")
    return key, value


def _required(environment: Mapping[str, str], name: str) -> str:
    # Set but empty counts as unset: a pod template empties a variable more easily than it drops one.
    text = environment.get(name)
    if not text:
        raise ConfigurationError(f"{name} has to be set.")
    return text


def _integer(environment: Mapping[str, str], name: str, default: int | None, minimum: int) -> int:
    text = (
        environment.get(name) or (None if default is None else str(default)) or _required(environment, name)
    )
    if not re.fullmatch(r"[0-9]{1,18}", text) or int(text) < minimum:
        raise ConfigurationError(f"{name} cannot be {text!r}: it has to be a whole number from {minimum}.")
    return int(text)


def _optional(environment: Mapping[str, str], name: str) -> int | None:
    return _integer(environment, name, None, 1) if environment.get(name) else None
