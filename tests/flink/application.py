"""A Flink application as processes of this machine, started by the entrypoint as a pod starts it."""

import asyncio
import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, TypeVar

import aiohttp
from support.runtimes import runtime_at

from sluice import contract
from sluice.api.json_values import Json
from sluice.engines.endpoints import DirectEndpoint
from sluice.engines.engine import Call, Question, Runtime
from sluice.engines.flink import FlinkEngine
from sluice.observation import EngineVerb, RuntimeAnswer, RuntimeFailed, RuntimeObservation

ROOT: Final = Path(__file__).resolve().parents[2]
CONTEXT: Final = ROOT / "build" / "flink" / "context"
"""What the image is made of: the tests run the image's own Java and libraries."""
ENGINE: Final = FlinkEngine()
FIRST: Final = "0199e000-0000-7000-8000-000000000001"
SECOND: Final = "0199e000-0000-7000-8000-000000000002"
POLL_SECONDS: Final = 0.2
TIMEOUT_SECONDS: Final = 60.0
"""A start takes eight seconds on two idle cores, and the cores are seldom idle."""

Seen = TypeVar("Seen")


def stop(attempt: int) -> Call:
    """One attempt at a graceful stop."""
    return Call(EngineVerb.SUSPEND, id=f"stop-{attempt}")


def wait_for(
    probe: Callable[[], Seen], accept: Callable[[Seen], object], what: str, seconds: float = TIMEOUT_SECONDS
) -> Seen:
    """What ``probe`` gives once it is accepted; fails with what it gave last."""
    deadline = time.monotonic() + seconds
    while True:
        seen = probe()
        if accept(seen):
            return seen
        assert time.monotonic() < deadline, f"no {what} within {seconds:g} s; last seen: {seen}"
        time.sleep(POLL_SECONDS)


def verifier() -> Any:
    """The example's own verifier, which is a script."""
    spec = importlib.util.spec_from_file_location("verify", ROOT / "examples/flink_counts/verify.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def verdict(output: Path) -> tuple[int, str]:
    """What the verifier says of an output."""
    verify = verifier()
    answer: tuple[int, str] = verify.verdict(verify.read_lines(output))
    return answer


class Application:
    """One run. ``folder`` gathers what it writes, ``storage`` is shared by all runs of a test."""

    def __init__(
        self, folder: Path, storage: Path, environment: Mapping[str, str], arguments: list[str]
    ) -> None:
        folder.mkdir()
        self.storage = storage
        self.port = _free_port()
        self._words = folder / "words"
        self._log = folder / "log"
        given = {
            **os.environ,
            "PATH": f"{CONTEXT / 'jre' / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT / "operator"),
            "FLINK_HOME": str(CONTEXT / "flink"),
            # These JVMs live for seconds: most of what they would compile for speed never runs.
            "JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1",
            "SLUICE_FLINK_BIND_ADDRESS": "127.0.0.1",
            "SLUICE_TERMINATION_MESSAGE_PATH": str(self._words),
            contract.ENV_STORAGE: str(storage),
            contract.ENV_PORT: str(self.port),
            **environment,
        }
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "sluice.runtime.flink", *arguments],
                env=given,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    # --- what it says ------------------------------------------------------------------------------------

    def events(self, name: str) -> list[Json]:
        """What the entrypoint noted under this name."""
        lines = [line for line in self._log.read_text(errors="replace").splitlines() if line.startswith("{")]
        return [entry for entry in map(json.loads, lines) if entry["event"] == name]

    def wait_event(self, name: str) -> Json:
        """The first of these events."""
        return wait_for(lambda: self._found(name), bool, f"event {name} in {self._log}")[0]

    def _found(self, name: str) -> list[Json]:
        found = self.events(name)
        assert found or self._process.poll() is None, f"it ended: {self._log.read_text()[-3000:]}"
        return found

    @property
    def words(self) -> Json:
        """The last words."""
        return json.loads(self._words.read_bytes()) if self._words.exists() else {}

    def jvms(self) -> list[int]:
        """The JVMs that it started and that live, also after it has gone."""
        processes = Path("/proc").glob("[0-9]*")
        return [int(process.name) for process in processes if _is_jvm(process, self.port)]

    # --- as the operator sees it -------------------------------------------------------------------------

    def ask(self, call: Callable[[Runtime], Awaitable[Seen]]) -> Seen:
        """One call of the engine over HTTP."""

        async def run() -> Seen:
            async with aiohttp.ClientSession() as session:
                return await call(runtime_at(DirectEndpoint(session, "127.0.0.1", self.port)))

        # In a thread of its own: pytest keeps an event loop in this one.
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(asyncio.run, run()).result()

    def observe(self, call: Call | None = None) -> RuntimeObservation:
        """What the engine sees."""
        return self.ask(lambda runtime: ENGINE.observe(runtime, Question(call)))

    def wait_observed(
        self, accept: Callable[[RuntimeAnswer], object], what: str, call: Call | None = None
    ) -> RuntimeAnswer:
        """The first answer that is accepted."""
        seen = wait_for(
            lambda: self.observe(call), lambda seen: isinstance(seen, RuntimeAnswer) and accept(seen), what
        )
        assert isinstance(seen, RuntimeAnswer)
        return seen

    def wait_status(self, status: str, call: Call | None = None) -> RuntimeAnswer:
        """The first answer with this status."""
        return self.wait_observed(lambda seen: seen.status == status, status, call)

    def wait_failure(self) -> RuntimeObservation:
        """The first answer that says that the job failed."""
        return wait_for(self.observe, lambda seen: isinstance(seen, RuntimeFailed), "failure")

    def wait_checkpoints(self, count: int) -> list[str]:
        """So many checkpoints of this run."""
        seen = self.wait_observed(
            lambda seen: len(self._own(seen)) >= count, f"{count} checkpoints of the run"
        )
        return self._own(seen)

    def _own(self, seen: RuntimeAnswer) -> list[str]:
        run = self.events("resume_point")[0]["run_number"]
        return [one.uuid for one in seen.checkpoints or () if one.uuid.startswith(f"{run}-")]

    def call(self, call: Call) -> str | None:
        """Ask for a stop with a savepoint, or for a savepoint."""
        return self.ask(lambda runtime: ENGINE.call(runtime, call))

    def rest(self, path: str) -> Any:
        """An answer of Flink's."""
        answer = self.ask(lambda runtime: runtime.endpoint.request("GET", f"/v1{path}", 10))
        return json.loads(answer.body)

    # --- its end -----------------------------------------------------------------------------------------

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the entrypoint."""
        self._process.send_signal(number)

    def exit_code(self) -> int | None:
        """``None`` while it lives."""
        return self._process.poll()

    def wait_exit(self) -> int:
        """Its exit code; no JVM may be left then."""
        code = wait_for(self.exit_code, lambda seen: seen is not None, f"end of {self._log}")
        assert code is not None
        wait_for(self.jvms, lambda left: not left, "end of the JVMs", 5)
        return code

    def command(self, jvm: int) -> str:
        """The command line of one of its JVMs."""
        return (Path("/proc") / str(jvm) / "cmdline").read_text()

    def kill_jvm(self, jvm: int) -> None:
        """As the kernel does when memory runs out."""
        os.kill(jvm, signal.SIGKILL)

    def terminate(self) -> int:
        """SIGTERM, as the kubelet sends it."""
        self.signal(signal.SIGTERM)
        return self.wait_exit()

    def kill(self) -> None:
        """The end that nobody can prepare for."""
        if self.exit_code() is None:
            self.signal(signal.SIGKILL)
        self.wait_exit()


class Applications:
    """Starts runs on one volume, each with the next run number, and leaves none behind."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.storage = folder / "storage"
        self.output = folder / "output"
        self.started: list[Application] = []

    def start(
        self,
        *job_arguments: str,
        deployment: str = FIRST,
        options: tuple[str, ...] = (),
        environment: Mapping[str, str] | None = None,
    ) -> Application:
        """Begin the next run."""
        number = len(self.started) + 1
        given = {
            contract.ENV_RUN_NUMBER: str(number),
            contract.ENV_DEPLOYMENT_ID: deployment,
            contract.ENV_CHECKPOINT_INTERVAL_SECONDS: "1",
            **(environment or {}),
        }
        jar = CONTEXT / "flink" / "examples" / "flink-counts.jar"
        own = ["--job-class", "FlinkCounts", "--jar", str(jar), *options]
        job = ["--out", self.output.as_uri(), *job_arguments]
        run = Application(self._folder / f"run-{number}", self.storage, given, [*own, "--", *job])
        self.started.append(run)
        return run

    def kill_all(self) -> None:
        """End what still runs."""
        for run in self.started:
            run.kill()


def _is_jvm(process: Path, port: int) -> bool:
    """Whether it is a JVM that was given this port in its environment."""
    try:
        environment = (process / "environ").read_bytes().split(b"\0")
        return (
            process / "comm"
        ).read_text() == "java\n" and f"{contract.ENV_PORT}={port}".encode() in environment
    except OSError:
        return False  # it went while we looked


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
