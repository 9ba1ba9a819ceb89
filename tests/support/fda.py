"""The ``fda`` command line, built from its published sources into the cache, and a gateway with TLS for it.

Its newest release needs a newer compiler than most machines have; this one is the newest that does not.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from localkube.lock import exclusive
from localkube.paths import cache_root
from support.kubectl import wait_until

VERSION: Final = "0.349.0"
BUILD_SECONDS: Final = 3300
COMMAND_SECONDS: Final = 120
MISSING: Final = "cargo is missing: install a Rust toolchain, 1.93 or newer"


def program() -> Path:
    """The program; built first where the cache has none of this version."""
    folder = cache_root().parent / f"fda-{VERSION}"
    path = folder / "bin" / "fda"
    if path.is_file():
        return path
    cargo = shutil.which("cargo") or str(Path.home() / ".cargo" / "bin" / "cargo")
    assert Path(cargo).is_file(), MISSING
    folder.parent.mkdir(parents=True, exist_ok=True)
    with exclusive(folder.with_suffix(".lock")):
        if not path.is_file():
            command = [cargo, "install", "fda", "--version", VERSION, "--locked", "--debug"]
            done = subprocess.run(
                [*command, "--root", str(folder)],
                # It is compiled for a handful of calls: unoptimized takes a quarter of the time.
                env={**os.environ, "CARGO_PROFILE_DEV_DEBUG": "0"},
                capture_output=True,
                text=True,
                timeout=BUILD_SECONDS,
                check=False,
            )
            assert done.returncode == 0, (
                f"the build of fda ended with {done.returncode}: {done.stderr[-3000:]}"
            )
    return path


@dataclass(frozen=True)
class Fda:
    """Somebody at the command line."""

    url: str
    certificate: Path
    token: str
    tenant: str

    def run(self, *arguments: str) -> tuple[int, str]:
        """Exit code, and what it said."""
        environment = {
            **os.environ,
            "FELDERA_HOST": self.url,
            "FELDERA_HTTPS_TLS_CERT": str(self.certificate),
            "FELDERA_API_KEY": self.token,
            "FELDERA_TENANT": self.tenant,
        }
        done = subprocess.run(
            [str(program()), *arguments],
            env=environment,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr


@contextmanager
def gateway_with_tls(folder: Path, *options: str) -> Generator[tuple[str, Path]]:
    """A gateway's process on this machine, and the certificate to trust."""
    certificate, key = folder / "tls.crt", folder / "tls.key"
    request = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    request += ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    # Rust's TLS takes no certificate of an authority for that of a server.
    request += ["-addext", "basicConstraints=critical,CA:FALSE"]
    request += ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(request, check=True, capture_output=True, timeout=30)
    port, log = 18443, folder / "gateway.log"
    command = [sys.executable, "-m", "sluice", "gateway", "--host=127.0.0.1", f"--port={port}", *options]
    command += [f"--tls-cert={certificate}", f"--tls-key={key}"]
    with log.open("wb") as output, subprocess.Popen(command, stderr=output) as process:
        try:
            wait_until(
                "the gateway to serve",
                lambda: (b"Uvicorn running" in log.read_bytes(), log.read_text()[-2000:]),
                30,
            )
            yield f"https://localhost:{port}", certificate
        finally:
            process.terminate()
