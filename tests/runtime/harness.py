"""A job as a process of its own, and waiting for what it does with a deadline."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast

from sluice import contract

Seen = TypeVar("Seen")

REPOSITORY = Path(__file__).parents[2]
EXAMPLE = REPOSITORY / "examples" / "zone_census"
FIRST_ID = "0199e000-0000-7000-8000-000000000001"
SECOND_ID = "0199e000-0000-7000-8000-000000000002"

TIMEOUT_SECONDS = 15.0
POLL_SECONDS = 0.01


class Answer(NamedTuple):
    status: int
    body: Any


def wait_for(probe: Callable[[], Seen], accept: Callable[[Seen], object], what: str) -> Seen:
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while True:
        seen = probe()
        if accept(seen):
            return seen
        assert time.monotonic() < deadline, f"no {what} within {TIMEOUT_SECONDS} s; last seen: {seen}"
        time.sleep(POLL_SECONDS)


def verify(text: str) -> tuple[int, str]:
    """Let the example's own verifier judge an answer of /stats: its exit code and its sentence."""
    command = [sys.executable, str(EXAMPLE / "verify.py")]
    ended = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    assert not ended.stderr
    return ended.returncode, ended.stdout


class Nursery:
    """The process from which jobs are forked; see ``nursery``."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("nursery.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY / "operator")},
        )

    def start(self, command: Sequence[str], output: Path, environment: Mapping[str, str]) -> int:
        path = [str(EXAMPLE), str(Path(__file__).parent)]
        request = {"command": command, "output": str(output), "environment": environment, "path": path}
        return int(self._ask(request))

    def exit_code(self, process: int) -> int | None:
        return cast("int | None", self._ask({"wait": process}))

    def close(self) -> None:
        self._process.communicate()

    def _ask(self, request: Mapping[str, object]) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


class JobProcess:
    """One started process. ``directory`` gathers what it writes; ``storage`` may be shared with others."""

    def __init__(
        self,
        nursery: Nursery,
        directory: Path,
        storage: Path | None,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        command: Sequence[str] | None = None,
    ) -> None:
        directory.mkdir(parents=True)
        self.storage = storage
        self.output = directory / "output"
        self.words = directory / "termination-log"
        program = list(command or [str(EXAMPLE / "job.py"), "--rows-per-second", "2000"])
        program += ["--bind-address", "127.0.0.1", "--default-port", "0"]
        program += [] if storage is None else ["--storage-location", str(storage)]
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("SLUICE_")}
        self._nursery = nursery
        self._code: int | None = None
        self._port: int | None = None
        self.output.touch()
        self._process = nursery.start(
            [*program, *arguments],
            self.output,
            {
                **inherited,
                "SLUICE_TERMINATION_MESSAGE_PATH": str(self.words),
                "SLUICE_FAILURE_GRACE_SECONDS": "0",
                **(environment or {}),
            },
        )

    # --- what it says ------------------------------------------------------------------------------------

    def events(self, name: str) -> list[dict[str, Any]]:
        lines = self.output.read_text().splitlines()
        events = [cast("dict[str, Any]", json.loads(line)) for line in lines if line.startswith("{")]
        return [event for event in events if event["event"] == name]

    def wait_event(self, name: str) -> dict[str, Any]:
        def look() -> list[dict[str, Any]]:
            assert self.exit_code() is None or self.events(name), self.output.read_text()
            return self.events(name)

        return wait_for(look, bool, f"event {name} in {self.output}")[-1]

    def last_words(self) -> dict[str, Any]:
        words = self.words.read_bytes()
        assert len(words) <= contract.TERMINATION_MESSAGE_MAX_BYTES
        return cast("dict[str, Any]", json.loads(words))

    # --- HTTP --------------------------------------------------------------------------------------------

    def get(self, path: str) -> Answer:
        return self._request("GET", path)

    def post(self, path: str, data: bytes | None = None) -> Answer:
        return self._request("POST", path, data)

    def wait_status(self, wanted: str) -> dict[str, Any]:
        return wait_for(
            lambda: self.get("/status").body, lambda seen: seen.get("runtime_status") == wanted, wanted
        )

    def wait_error(self) -> dict[str, Any]:
        answer = wait_for(lambda: self.get("/status"), lambda seen: seen.status == 500, "/status 500")
        body: dict[str, Any] = answer.body
        return body

    def wait_processed(self, count: int) -> None:
        wait_for(self.processed, lambda seen: seen >= count, f"{count} processed records")

    def processed(self) -> int:
        stats = self.get("/stats")
        return int(stats.body["global_metrics"]["total_processed_records"]) if stats.status == 200 else 0

    def checkpoint(self) -> dict[str, Any]:
        """Take a checkpoint, wait for it and return its metadata."""
        known = self.checkpoint_ids()
        number = self.post("/checkpoint").body["checkpoint_sequence_number"]
        wait_for(
            lambda: self.get("/checkpoint_status").body, lambda seen: seen["success"] == number, "success"
        )
        return next(each for each in self.get("/checkpoints").body if each["uuid"] not in known)

    def checkpoint_ids(self) -> list[str]:
        return [each["uuid"] for each in self.get("/checkpoints").body]

    def _request(self, method: str, path: str, data: bytes | None = None) -> Answer:
        if self._port is None:
            self._port = self.wait_event("listening")["port"]
        url = f"http://127.0.0.1:{self._port}{path}"
        request = urllib.request.Request(url, data=data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:  # noqa: S310
                return _answer(response)
        except urllib.error.HTTPError as response:
            with response:
                return _answer(response)

    # --- its end -----------------------------------------------------------------------------------------

    def exit_code(self) -> int | None:
        if self._code is None:
            self._code = self._nursery.exit_code(self._process)
        return self._code

    def terminate(self) -> None:
        os.kill(self._process, signal.SIGTERM)

    def kill(self) -> None:
        # One that has ended and was not waited for still owns its number, so that nobody else is hit.
        if self.exit_code() is None:
            os.kill(self._process, signal.SIGKILL)
            self.wait_exit()

    def wait_exit(self) -> int:
        code = wait_for(self.exit_code, lambda seen: seen is not None, f"end of {self.output}")
        assert code is not None
        return code

    def stop(self) -> int:
        self.terminate()
        return self.wait_exit()


class Jobs:
    """Starts processes on one storage and leaves none behind."""

    def __init__(self, nursery: Nursery, directory: Path) -> None:
        self._nursery = nursery
        self.directory = directory
        self.storage = directory / "storage"
        self._started: list[JobProcess] = []

    def start(self, *arguments: str, **environment: str) -> JobProcess:
        return self._start(self.storage, *arguments, environment=environment)

    def start_without_storage(self, *arguments: str, **environment: str) -> JobProcess:
        return self._start(None, *arguments, environment=environment)

    def start_odd(self, name: str, *arguments: str, **environment: str) -> JobProcess:
        command = ["-m", "sluice.runtime", f"odd_jobs:{name}"]
        return self._start(self.storage, *arguments, environment=environment, command=command)

    def kill_all(self) -> None:
        for each in self._started:
            each.kill()

    def _start(
        self,
        storage: Path | None,
        *arguments: str,
        environment: Mapping[str, str],
        command: Sequence[str] | None = None,
    ) -> JobProcess:
        directory = self.directory / f"process-{len(self._started)}"
        started = JobProcess(
            self._nursery, directory, storage, *arguments, environment=environment, command=command
        )
        self._started.append(started)
        return started


def _answer(response: Any) -> Answer:
    text = response.read().decode()
    is_json = str(response.headers.get("Content-Type", "")).startswith("application/json")
    return Answer(int(response.status), json.loads(text) if is_json else text)
