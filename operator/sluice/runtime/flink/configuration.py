"""Flink's configuration for one run, and the two command lines."""

import json
import os
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from sluice.flink_contract import CHECKPOINTS_FOLDER, RESUME_OPTIONS, SAVEPOINTS_FOLDER
from sluice.runtime.flink.points import Choice
from sluice.runtime.flink.settings import Settings

LOOPBACK: Final = "127.0.0.1"
_METASPACE: Final = 192
_FRAMEWORK: Final = 64
_NETWORK: Final = 16
_NETWORK_PER_SLOT: Final = 4

# What Flink reaches by reflection, and Java 17 keeps closed unless told otherwise.
_OPENED: Final = (
    "java.lang java.lang.reflect java.net java.io java.nio java.text java.time java.util java.util.concurrent"
    " java.util.concurrent.atomic java.util.concurrent.locks sun.nio.ch"
)

DEFAULTS: Final[Mapping[str, str]] = {
    # A task may fail now and then; a job that keeps failing has to end, because every further restart, its
    # back-off and its resume point are the operator's.
    "restart-strategy.type": "failure-rate",
    "restart-strategy.failure-rate.max-failures-per-interval": "3",
    "restart-strategy.failure-rate.failure-rate-interval": "5 min",
    "restart-strategy.failure-rate.delay": "1 s",
    "taskmanager.memory.managed.size": "16mb",
    "web.submit.enable": "false",
    # A stopped job stays readable until somebody deletes the pod, however long nobody comes.
    "rest.async.store-duration": "1 d",
    "jobstore.expiration-time": "31536000",
    "completed-application-store.expiration-time": "365 d",
}


def build_configuration(settings: Settings, scratch: Path, choice: Choice) -> dict[str, str]:
    """Every option of one run: a person's own win over our defaults, and lose to what is ours to set."""
    network = _network(settings)
    options = {
        **DEFAULTS,
        **settings.options,
        "jobmanager.rpc.address": LOOPBACK,
        "jobmanager.rpc.port": str(_free_port()),
        "jobmanager.bind-host": LOOPBACK,
        "rest.port": str(settings.port),
        "rest.address": LOOPBACK,
        "rest.bind-address": settings.bind_address,
        # Checkpoints from before a stop, beside a job from after it, would look like the end of the input.
        "rest.cache.checkpoint-statistics.timeout": "0 ms",
        "rest.cache.execution-graph.timeout": "0 ms",
        "taskmanager.host": LOOPBACK,
        "taskmanager.bind-host": LOOPBACK,
        "taskmanager.numberOfTaskSlots": str(settings.parallelism),
        "parallelism.default": str(settings.parallelism),
        "taskmanager.cpu.cores": "1.0",
        "taskmanager.memory.task.heap.size": f"{settings.taskmanager_heap}mb",
        "taskmanager.memory.task.off-heap.size": "0b",
        "taskmanager.memory.framework.heap.size": f"{_FRAMEWORK}mb",
        "taskmanager.memory.framework.off-heap.size": f"{_FRAMEWORK}mb",
        "taskmanager.memory.network.min": f"{network}mb",
        "taskmanager.memory.network.max": f"{network}mb",
        "taskmanager.memory.jvm-metaspace.size": f"{_METASPACE}mb",
        "taskmanager.memory.jvm-overhead.min": "64mb",
        "taskmanager.memory.jvm-overhead.max": "64mb",
        "io.tmp.dirs": str(scratch),
        # Whoever asked for the end of the job still has to read how it ended.
        "execution.shutdown-on-application-finish": "false",
    }
    if settings.storage is not None:
        options |= _checkpointing(settings, settings.storage)
    return options | _resuming(settings, choice)


def _resuming(settings: Settings, choice: Choice) -> dict[str, str]:
    options: dict[str, str] = dict(zip(RESUME_OPTIONS, (choice.name or "none", choice.reason), strict=True))
    if choice.uri is not None:
        options["execution.state-recovery.path"] = choice.uri
        options["execution.state-recovery.ignore-unclaimed-state"] = str(
            settings.allow_non_restored_state
        ).lower()
    return options


def _checkpointing(settings: Settings, storage: Path) -> dict[str, str]:
    run = str(settings.run_number)
    options = {
        "execution.checkpointing.dir": (storage / CHECKPOINTS_FOLDER / run).as_uri(),
        "execution.checkpointing.savepoint-dir": (storage / SAVEPOINTS_FOLDER / run).as_uri(),
        "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
        "execution.checkpointing.num-retained": str(settings.retain),
    }
    if settings.checkpoint_interval is not None:
        options["execution.checkpointing.interval"] = f"{settings.checkpoint_interval} s"
    return options


def write_configuration(folder: Path, options: Mapping[str, str]) -> None:
    """Write the file that both JVMs read. A JSON string is a YAML string, whatever stands in it."""
    lines = [f"{json.dumps(key)}: {json.dumps(value)}\n" for key, value in sorted(options.items())]
    (folder / "config.yaml").write_text("".join(lines))


def jobmanager_command(settings: Settings, folder: Path) -> list[str]:
    """The JVM that coordinates, serves REST and runs ``main()``."""
    return [
        *_java(settings, heap=settings.jobmanager_heap, direct=_FRAMEWORK),
        # It coordinates, and works hard only while it starts: compiling for speed would slow down just that.
        "-XX:TieredStopAtLevel=1",
        "org.apache.flink.container.entrypoint.StandaloneApplicationClusterEntryPoint",
        "-c",
        str(folder),
        "--job-classname",
        settings.job_class,
        *settings.job_arguments,
    ]


def taskmanager_command(settings: Settings, folder: Path) -> list[str]:
    """The JVM that runs the tasks."""
    return [
        *_java(settings, heap=settings.taskmanager_heap + _FRAMEWORK, direct=_FRAMEWORK + _network(settings)),
        "org.apache.flink.runtime.taskexecutor.TaskManagerRunner",
        "--configDir",
        str(folder),
    ]


def _java(settings: Settings, *, heap: int, direct: int) -> list[str]:
    logging = settings.home / "conf" / "log4j2.properties"
    folders: Sequence[Path] = (settings.home / "lib", settings.home / "usrlib")
    # The job's jars must be on both class paths, or its functions cannot be read back in the tasks.
    classes = [*(f"{folder}/*" for folder in folders), *(str(jar) for jar in settings.jars)]
    return [
        "java",
        f"-Xmx{heap}m",
        f"-XX:MaxDirectMemorySize={direct}m",
        f"-XX:MaxMetaspaceSize={_METASPACE}m",
        "-XX:+UseSerialGC",
        "-XX:+ExitOnOutOfMemoryError",
        *(f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in _OPENED.split()),
        f"-Dlog4j.configurationFile={logging.as_uri()}",
        "-cp",
        os.pathsep.join(classes),
    ]


def _network(settings: Settings) -> int:
    return _NETWORK + _NETWORK_PER_SLOT * settings.parallelism


def _free_port() -> int:
    """A port for the JVMs' own talk: with the host's network, or in tests, several pods share the numbers."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
    return port
