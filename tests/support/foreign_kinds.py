"""The kinds of other people's that the documents speak of, so that an API server can judge their manifests.

Argo CD's come with its programs, Flux's from its Go modules. Nothing of theirs runs for it.
"""

import json
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import yaml

from localkube.paths import Cache, cache_root
from localkube.shell import run
from localkube.toolchain import fetch_go, find_go
from support.kubectl import Kubectl, Manifest, wait_until
from support.programs import ARGO_CRDS, ARGOCD

FLUX: Final = {
    "github.com/fluxcd/kustomize-controller@v1.9.6": (
        "h1:XB+G3A0mky0j5uVHZWv4oSlS2RvZBoNIUhstIvY0JKE=",
        "kustomize.toolkit.fluxcd.io_kustomizations.yaml",
    ),
    "github.com/fluxcd/source-controller@v1.9.6": (
        "h1:nG534/bI6nVpyHra7ONAk6xDB3xPsVT+EOLHZHXPrrc=",
        "source.toolkit.fluxcd.io_gitrepositories.yaml",
    ),
}
"""Modules with their checksums, and the file of each that is of use."""
ESTABLISHED_SECONDS: Final = 30


def crd_files() -> list[Path]:
    """The CRDs, fetched first where they are missing."""
    argo = ARGOCD.folder()
    return [*(argo / name for name in ARGO_CRDS), *map(_of_flux, FLUX)]


def _of_flux(module: str) -> Path:
    checksum, name = FLUX[module]
    cache = Cache(cache_root() / "flux")
    kept = cache.root / module.rpartition("@")[2] / name
    if not kept.is_file():
        cache.logs.mkdir(parents=True, exist_ok=True)
        go = find_go() or fetch_go(cache.logs / "go.log")
        # Outside of every module, so that only this one is asked for and not what it needs.
        told: Any = json.loads(run(go, "mod", "download", "-json", module, cwd=cache.root))
        assert told["Sum"] == checksum, f"{module} is not what it was: {told['Sum']}"
        kept.parent.mkdir(parents=True, exist_ok=True)
        text = (Path(told["Dir"]) / "config" / "crd" / "bases" / name).read_bytes()
        kept.with_suffix(".new").write_bytes(text)
        kept.with_suffix(".new").rename(kept)
    return kept


@contextmanager
def foreign_kinds(cluster: Kubectl) -> Generator[None]:
    """The kinds, for as long as the block runs."""
    names = list[str]()
    for path in crd_files():
        cluster.must("apply", "--server-side", "--force-conflicts", "-f", str(path))
        names += [f"crd/{each['metadata']['name']}" for each in _documents(path)]
    try:
        for name in names:
            _wait_until_established(cluster, name)
        yield
    finally:
        cluster.must("delete", *names, "--wait=false")


def _documents(path: Path) -> list[Manifest]:
    return [each for each in yaml.safe_load_all(path.read_text(encoding="utf-8")) if each]


def _wait_until_established(cluster: Kubectl, name: str) -> None:
    def look() -> tuple[bool, object]:
        conditions: list[Manifest] = cluster.get(name).get("status", {}).get("conditions", [])
        there = any(each["type"] == "Established" and each["status"] == "True" for each in conditions)
        return there, conditions

    wait_until(f"{name} to be established", look, ESTABLISHED_SECONDS)
