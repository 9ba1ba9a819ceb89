"""A real S3 server for the tests: versitygw, built from Go modules into the cluster's cache of programs.

Run as a module, this builds the server where it is missing and shows how far it is.
"""

import hashlib
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from localkube.lock import exclusive
from localkube.paths import Cache, cache_root
from localkube.progress import LocalkubeError, Progress, wait_until
from localkube.toolchain import Build, build, fetch_go, find_go

SOURCES: Final = Path(__file__).resolve().parents[1] / "object_store"
SERVER: Final = Build(
    "server",
    "versitygw",
    patience=" (first time: about 2 minutes on 2 cores)",
    package="github.com/versity/versitygw/cmd/versitygw",
)
ACCESS_KEY: Final = "test"
SECRET_KEY: Final = "test-secret"
READY_SECONDS: Final = 20.0


def program() -> Path:
    """Return the server's program; build it first where the cache has none for these sources."""
    cache = _cache()
    path = cache.bin / SERVER.output
    if path.is_file():
        return path
    with exclusive(cache.root.with_suffix(".lock")):
        if not path.is_file():
            progress = Progress(total=1)
            with progress.step(f"building {SERVER.output}{SERVER.patience}"):
                build(find_go() or fetch_go(cache.logs / "go.log"), SERVER, cache, SOURCES)
    return path


def _cache() -> Cache:
    """A folder of its own: the cluster's programs are not built again when this server changes."""
    sources = b"".join((SOURCES / SERVER.folder / name).read_bytes() for name in ("go.mod", "go.sum"))
    return Cache(cache_root() / f"object-store-{hashlib.sha256(sources).hexdigest()[:16]}")


class S3Server:
    """One server over a directory. It can be frozen, and stopped and started again on its port."""

    def __init__(self, directory: Path, address: str = "127.0.0.1") -> None:
        self._directory = directory
        self._address = address
        self._port = _free_port(address)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """What a client of the server needs, as a pod would have it."""
        return {
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_REGION": "us-east-1",
        }

    @property
    def endpoint(self) -> str:
        """Its URL."""
        return f"http://{self._address}:{self._port}"

    def make_bucket(self, name: str) -> None:
        """A bucket is a directory of the server's."""
        (self._directory / name).mkdir()

    def start(self) -> None:
        """Return once it listens."""
        command = [str(program()), "--access", ACCESS_KEY, "--secret", SECRET_KEY]
        command += ["--port", f"{self._address}:{self._port}", "posix", "--sidecar", str(self._sidecar())]
        with (self._directory.parent / "s3.log").open("ab") as log:
            self._process = subprocess.Popen([*command, str(self._directory)], stdout=log, stderr=log)
        wait_until(self._listens, seconds=READY_SECONDS, what="the S3 server did not listen")

    def freeze(self) -> None:
        """Connections are accepted by the kernel, and nothing answers."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def stop(self) -> None:
        """Kill it, also when it is frozen."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def _sidecar(self) -> Path:
        """Where it keeps metadata: not every file system has the attributes that it would use otherwise."""
        sidecar = self._directory.with_name("s3-metadata")
        sidecar.mkdir(exist_ok=True)
        return sidecar

    def _listens(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise LocalkubeError(f"the S3 server ended with code {self._process.returncode}")
        with socket.socket() as probe:
            return probe.connect_ex((self._address, self._port)) == 0


def _free_port(address: str) -> int:
    with socket.socket() as probe:
        probe.bind((address, 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    started = time.monotonic()
    try:
        program()
    except LocalkubeError as problem:
        sys.exit(problem.render())
    print(f"the S3 server is there after {time.monotonic() - started:.1f} s", file=sys.stderr)
