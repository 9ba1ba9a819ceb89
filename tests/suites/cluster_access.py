"""The way into the cluster, for suites that need it: ``KUBECONFIG``, and its kubectl on the path."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

_PROGRAMS = "from localkube.paths import Cache; print(Cache.current().bin)"
_SECONDS = 30


def with_cluster(environment: Mapping[str, str], root: Path) -> dict[str, str]:
    """Add the way into the cluster that runs; without one the tests say themselves what they miss."""
    found = dict(environment)
    kubeconfig = _answer(["-m", "localkube", "kubeconfig"], environment, root)
    programs = _answer(["-c", _PROGRAMS], environment, root)
    if kubeconfig:
        found["KUBECONFIG"] = kubeconfig
    if programs:
        found["PATH"] = os.pathsep.join([programs, environment.get("PATH", os.defpath)])
    return found


def _answer(arguments: list[str], environment: Mapping[str, str], root: Path) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        env=dict(environment),
        cwd=root,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    return done.stdout.strip() if done.returncode == 0 else ""
