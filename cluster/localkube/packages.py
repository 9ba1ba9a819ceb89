"""Debian packages: installs what is missing, and keeps installed daemons from starting by themselves."""

import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from localkube.progress import LocalkubeError
from localkube.shell import SYSTEM_PATH, run
from localkube.versions import DEBIAN_PACKAGES

_POLICY: Final = Path("/usr/sbin/policy-rc.d")
_HINT: Final = "this needs Debian 12 (or alike), root, and a package mirror that answers"


def missing_packages(wanted: dict[str, str] | None = None) -> list[str]:
    """Name the Debian packages whose programs are not here."""
    looked_for = DEBIAN_PACKAGES if wanted is None else wanted
    return sorted({package for program, package in looked_for.items() if not _present(program)})


def install_packages(packages: list[str], log: Path) -> None:
    """Install packages without questions, without recommendations, and without starting any service."""
    if not packages:
        return
    if shutil.which("apt-get", path=SYSTEM_PATH) is None:
        raise LocalkubeError(f"these are missing and there is no apt-get: {', '.join(packages)}", hint=_HINT)
    env = {"DEBIAN_FRONTEND": "noninteractive"}
    run("apt-get", "update", log=log, env=env, hint=_HINT)
    with _no_services():
        run("apt-get", "install", "--yes", "--no-install-recommends", *packages, log=log, env=env, hint=_HINT)


def _present(program: str) -> bool:
    if program.startswith("/"):
        return Path(program).exists()
    return shutil.which(program, path=SYSTEM_PATH) is not None


@contextmanager
def _no_services() -> Generator[None]:
    """Forbid service starts for a while, by the policy file that Debian provides for this."""
    if _POLICY.exists() or not os.access(_POLICY.parent, os.W_OK):
        yield
        return
    _POLICY.write_text("#!/bin/sh\nexit 101\n")
    _POLICY.chmod(0o755)
    try:
        yield
    finally:
        _POLICY.unlink(missing_ok=True)
