"""The cluster that the tests run on, as a machine room: its nodes, and the way from its pods to this host."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import pytest

ROOT = Path(__file__).parents[2]


def localkube(*arguments: str, seconds: int = 300) -> str:
    """The output of a command of the cluster tool, which has to succeed."""
    done = subprocess.run(
        [sys.executable, "-m", "localkube", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "cluster")},
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def audit_log() -> Path | None:
    """What the API server was asked, by whom; ``None`` where kind serves, whose API server keeps none."""
    status = cast("dict[str, Any]", json.loads(localkube("status", "--json")))
    return Path(status["audit log"]) if status["engine"] == "embedded" else None


def embedded_status() -> dict[str, Any]:
    """What the embedded cluster says of itself; the test is skipped where kind serves instead."""
    status = cast("dict[str, Any]", json.loads(localkube("status", "--json")))
    if status["engine"] != "embedded":
        pytest.skip("kind serves here: its nodes cannot be lost, and its pods do not reach this host")
    return status
