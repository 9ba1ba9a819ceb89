"""Where a run took place: without this a figure means little."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench.builds import SOURCES, kwok_version
from localkube.versions import KUBERNETES

LIBRARIES = ("kopf", "kubernetes", "aiohttp", "pydantic", "orjson", "uvloop")
ROOT = Path(__file__).resolve().parents[1]


def describe_machine() -> dict[str, Any]:
    """Processor, memory, system and load."""
    return {
        "processor": parse_field(Path("/proc/cpuinfo").read_text(), "model name") or platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory": parse_field(Path("/proc/meminfo").read_text(), "MemTotal"),
        "kernel": platform.release(),
        "load_at_start": [round(load, 2) for load in os.getloadavg()],
        "started_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def describe_versions() -> dict[str, str]:
    """What was measured, and with what."""
    return {
        "sluice": version("sluice"),
        "commit": _commit(),
        "python": platform.python_version(),
        "kubernetes": KUBERNETES,
        "kwok": kwok_version((SOURCES / "go.mod").read_text()),
        **{f"library {library}": version(library) for library in LIBRARIES},
    }


def parse_field(text: str, name: str) -> str:
    """The value of the first line ``name : value``."""
    for line in text.splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return ""


def _commit() -> str:
    """The commit, marked where files differ from it; empty where this is no checkout."""
    try:
        command = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""
