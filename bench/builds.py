"""The programs that a run needs: Kubernetes as ``cluster/localkube`` builds it, and kwok."""

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from localkube.paths import Cache, cache_root
from localkube.progress import LocalkubeError, Progress
from localkube.shell import run
from localkube.toolchain import build, fetch_go, find_go, missing_builds

SOURCES: Final = Path(__file__).resolve().parent / "kwok"
OWN_STAGES: Final = SOURCES / "stages.yaml"
KWOK_PACKAGE: Final = "sigs.k8s.io/kwok/cmd/kwok"
MODULE_STAGES: Final = (
    "kustomize/stage/node/fast/node-initialize.yaml",
    "kustomize/stage/node/heartbeat-with-lease/node-heartbeat-with-lease.yaml",
    "kustomize/stage/pod/fast/pod-ready.yaml",
)
"""Stages that are used as kwok has them. Its ``pod-complete`` would end the pods of Jobs at once."""

_ENVIRONMENT: Final = {
    "CGO_ENABLED": "0",
    "GOFLAGS": "-mod=readonly",
    "GOTOOLCHAIN": "local",
    "GOWORK": "off",
}


@dataclass(frozen=True)
class Programs:
    """Where the programs and kwok's stages are."""

    kubernetes: Path
    """Folder with etcd and the Kubernetes programs."""
    kwok: Path
    stages: tuple[Path, ...]


def ensure_programs(progress: Progress) -> Programs:
    """Build what is not in the cache yet."""
    cache = Cache.current()
    kubernetes = [one for one in missing_builds(cache) if one.output == "kubernetes"]
    folder = cache_root().parent / "bench" / _key()
    for one in kubernetes:
        with progress.step(f"building Kubernetes{one.patience}"):
            build(_go(cache.logs / "fetch-go.log"), one, cache)
    if not (folder / "kwok").is_file():
        with progress.step("building kwok (first time: about 1 minute on 2 cores)"):
            _build_kwok(folder)
    stages = tuple(folder / Path(stage).name for stage in MODULE_STAGES)
    return Programs(cache.bin, folder / "kwok", (*stages, OWN_STAGES))


def kwok_version(module: str) -> str:
    """The version that a ``go.mod`` pins."""
    for line in module.splitlines():
        words = line.removeprefix("require").split()
        if len(words) >= 2 and words[0] == "sigs.k8s.io/kwok":
            return words[1]
    raise ValueError("the go.mod names no version of kwok")


def _key() -> str:
    digest = hashlib.sha256()
    for name in ("go.mod", "go.sum"):
        digest.update((SOURCES / name).read_bytes())
    return digest.hexdigest()[:16]


def _go(log: Path) -> Path:
    go = find_go() or fetch_go(log)
    if not go.is_file():
        raise LocalkubeError(f"there is no Go at {go}")
    return go


def _build_kwok(folder: Path) -> None:
    log = folder / "build.log"
    go = _go(log)
    unfinished = folder / f".kwok.{os.getpid()}"
    hint = "a Go module proxy must answer"
    arguments: list[str | Path] = [
        "build",
        "-trimpath",
        "-buildvcs=false",
        "-ldflags",
        "-s -w",
        "-o",
        unfinished,
        KWOK_PACKAGE,
    ]
    run(go, *arguments, cwd=SOURCES, env=_ENVIRONMENT, log=log, hint=hint)
    module = run(go, "list", "-m", "-f", "{{.Dir}}", "sigs.k8s.io/kwok", cwd=SOURCES, env=_ENVIRONMENT)
    for stage in MODULE_STAGES:
        shutil.copyfile(Path(module.strip()) / stage, folder / Path(stage).name)
    # Last: it is what tells that the folder is whole.
    unfinished.rename(folder / "kwok")
