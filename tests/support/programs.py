"""Helm, kstatus and the parts of Argo CD that the tests run, built from Go modules into the cluster's cache.

Run as a module, this builds what is missing and shows how far it is.
"""

import hashlib
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from localkube.lock import exclusive
from localkube.packages import install_packages, missing_packages
from localkube.paths import Cache, cache_root
from localkube.progress import LocalkubeError, Progress
from localkube.shell import run
from localkube.toolchain import Build, build, fetch_go, find_go

SOURCES: Final = Path(__file__).resolve().parents[1] / "delivery"
ARGO_MODULE: Final = "github.com/argoproj/argo-cd/v3"
ARGO_CRDS: Final = ("application-crd.yaml", "appproject-crd.yaml")
DEBIAN_PACKAGES: Final = {
    "redis-server": "redis-server",
    "promtool": "prometheus",
    "prometheus": "prometheus",
}


@dataclass(frozen=True)
class Programs:
    """One binary, and the names that it is called under."""

    build: Build
    names: tuple[str, ...]

    def folder(self) -> Path:
        """Where they are; built first where the cache has none for these sources."""
        cache = self._cache()
        if not (cache.bin / self.build.output).is_file():
            with exclusive(cache.root.with_suffix(".lock")):
                if not (cache.bin / self.build.output).is_file():
                    self._build(cache)
        return cache.bin

    def _build(self, cache: Cache) -> None:
        progress = Progress(total=1)
        with progress.step(f"building {self.build.output}{self.build.patience}"):
            cache.bin.mkdir(parents=True, exist_ok=True)
            go = find_go() or fetch_go(cache.logs / "go.log")
            self._copy_manifests(go, cache)
            for name in self.names:
                link = cache.bin / name
                link.unlink(missing_ok=True)
                link.symlink_to(self.build.output)
            # Last: that the binary is there tells that all of it is.
            build(go, self.build, cache, SOURCES)

    def _copy_manifests(self, go: Path, cache: Cache) -> None:
        if self is not ARGOCD:
            return
        # `go list` knows no folder of a module that nothing has downloaded yet.
        told = json.loads(run(go, "mod", "download", "-json", ARGO_MODULE, cwd=SOURCES / self.build.folder))
        for name in ARGO_CRDS:
            shutil.copyfile(Path(told["Dir"]) / "manifests" / "crds" / name, cache.bin / name)

    def _cache(self) -> Cache:
        """A folder of its own: the cluster's programs are not built again when these change."""
        folder = SOURCES / self.build.folder
        sources = b"".join((folder / name).read_bytes() for name in ("go.mod", "go.sum", "main.go"))
        return Cache(cache_root() / f"{self.build.folder}-{hashlib.sha256(sources).hexdigest()[:16]}")


HELM: Final = Programs(
    Build("helm", "helm", patience=" (first time: about 2 minutes on 2 cores)"), ("kstatus",)
)
ARGOCD: Final = Programs(
    Build("argocd", "argocd", patience=" (first time: about 3 minutes on 2 cores)"),
    ("argocd-application-controller", "argocd-repo-server", "argocd-git-ask-pass", "argocd-judge"),
)


def ask(program: Path, question: Any, seconds: float = 60.0) -> Any:
    """What a program that reads JSON and writes JSON answers."""
    done = subprocess.run(
        [str(program)],
        input=json.dumps(question),
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


def judge_by_kstatus(objects: Sequence[dict[str, Any]]) -> list[str]:
    """The states of objects as Helm, Flux and others see them."""
    states: list[str] = ask(HELM.folder() / "kstatus", list(objects))
    return states


def debian_program(name: str) -> str:
    """The path of a program that Debian has; installed first where it is missing, and never started."""
    install_packages(missing_packages({name: DEBIAN_PACKAGES[name]}), cache_root() / "debian.log")
    found = shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin")
    assert found is not None, f"Debian's package {DEBIAN_PACKAGES[name]} has no {name}"
    return found


if __name__ == "__main__":
    started = time.monotonic()
    try:
        for each in (HELM, ARGOCD):
            if not sys.argv[1:] or each.build.output in sys.argv[1:]:
                each.folder()
        for program in DEBIAN_PACKAGES if "argocd" in sys.argv[1:] else ():
            debian_program(program)
    except LocalkubeError as problem:
        sys.exit(problem.render())
    print(f"the programs are there after {time.monotonic() - started:.1f} s", file=sys.stderr)
