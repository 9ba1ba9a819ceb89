"""What each command does, with either engine."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, cast

from localkube import namespaces
from localkube.base import ensure_base_image
from localkube.containerfile import build_image
from localkube.embedded import EmbeddedCluster, Wishes
from localkube.engine import Cluster, choose
from localkube.images import layout_folder, pack_layout
from localkube.lock import exclusive
from localkube.node_config import parse_eviction
from localkube.paths import Cache, cache_root
from localkube.progress import LocalkubeError, Progress
from localkube.selfcheck import check_cluster


def up(options: argparse.Namespace) -> int:
    """Start, repair or change the cluster."""
    eviction = None if options.eviction_hard is None else parse_eviction(options.eviction_hard)
    cluster = choose(options.engine, options.name)
    with _lock(options.name):
        cluster = choose(options.engine, options.name)
        cluster.up(Wishes(options.nodes, eviction))
    print(f"The cluster {options.name} is up. KUBECONFIG={cluster.kubeconfig}", file=sys.stderr)
    return 0


def down(options: argparse.Namespace) -> int:
    """Remove the cluster."""
    cluster = choose(options.engine, options.name)
    with _lock(options.name), Progress(1).step(f"removing the cluster {options.name}"):
        cluster.down()
    return 0


def status(options: argparse.Namespace) -> int:
    """Show the cluster; the exit code is 1 where it does not answer."""
    report = choose(options.engine, options.name).report()
    if options.json:
        print(json.dumps(report, indent=2))
    else:
        print("\n".join(_lines(report)))
    return 0 if report["api"] == "ready" else 1


def kubeconfig(options: argparse.Namespace) -> int:
    """Print where the kubeconfig is; fail where there is no cluster."""
    path = choose(options.engine, options.name).kubeconfig
    if not path.is_file():
        raise LocalkubeError(f"there is no cluster {options.name}", hint="start it: python3 -m localkube up")
    print(path)
    return 0


def kubectl(options: argparse.Namespace) -> int:
    """Run kubectl with the cluster's kubeconfig."""
    command = choose(options.engine, options.name).kubectl.command(*options.arguments)
    return subprocess.run(command, check=False).returncode


def selfcheck(options: argparse.Namespace) -> int:
    """Try the cluster's abilities."""
    cluster = choose(options.engine, options.name)
    return check_cluster(cluster.kubectl, keep=options.keep)


def load(options: argparse.Namespace) -> int:
    """Load image archives."""
    cluster = choose(options.engine, options.name)
    progress = Progress(len(options.archives))
    for archive in options.archives:
        with progress.step(f"loading {archive}"):
            cluster.load_archive(archive)
    return 0


def base_image(options: argparse.Namespace) -> int:
    """Make the base image and load it where a cluster runs."""
    layout = ensure_base_image(Cache.current())
    _load_layout(options, layout)
    return 0


def build(options: argparse.Namespace) -> int:
    """Build an image, and load it unless told otherwise."""
    cache = Cache.current()
    progress = Progress(1)
    arguments = dict(_pair(text) for text in options.build_arg)
    ensure_base_image(cache)
    with progress.step(f"building {options.tag}"):
        layout = layout_folder(cache.images, options.tag)
        build_image(options.file, options.context, options.tag, arguments, cache.images)
    if options.output is not None:
        with options.output.open("wb") as sink:
            pack_layout(layout, sink)
    if not options.no_load:
        _load_layout(options, layout)
    return 0


def node(options: argparse.Namespace) -> int:
    """Act on a node of the embedded cluster."""
    cluster = _embedded(options)
    if options.action == "list":
        for name in cluster.state.nodes():
            print(name, cluster.node(name).condition())
        return 0
    target = cluster.node(_named(options.node, "node"))
    with _lock(options.name):
        if options.action == "start":
            target.bring_back()
        elif options.crash:
            target.switch_off()
        else:
            target.cut_off()
    return 0


def daemon(options: argparse.Namespace) -> int:
    """Act on a daemon of the embedded cluster."""
    cluster = _embedded(options)
    if options.action == "list":
        for name, state in cluster.daemons().items():
            print(name, state)
        return 0
    folder, _, name = _named(options.daemon, "daemon").rpartition("/")
    supervisor = cluster.node(folder).folder if folder else cluster.state.control
    if name not in namespaces.daemon_status(supervisor):
        raise LocalkubeError(
            f"there is no daemon {options.daemon}", hint="see: python3 -m localkube daemon list"
        )
    if options.action in {"stop", "restart"}:
        namespaces.hold_daemon(supervisor, name, kill=options.kill)
    if options.action in {"start", "restart"}:
        namespaces.release_daemon(supervisor, name)
    return 0


def _load_layout(options: argparse.Namespace, layout: Path) -> None:
    cluster = choose(options.engine, options.name)
    if not cluster.kubeconfig.is_file():
        print(f"There is no cluster {options.name} to load the image into.", file=sys.stderr)
        return
    with Progress(1).step(f"loading {layout.name} into every node"):
        if isinstance(cluster, EmbeddedCluster):
            cluster.load_layout(layout)
            return
        with tempfile.TemporaryDirectory() as scratch:
            archive = Path(scratch) / "image.tar"
            with archive.open("wb") as sink:
                pack_layout(layout, sink)
            cluster.load_archive(archive)


def _lock(name: str) -> Any:
    message = "Another localkube works on this cluster: waiting for it."
    return exclusive(cache_root() / f"{name}.lock", lambda: print(message, file=sys.stderr))


def _embedded(options: argparse.Namespace) -> EmbeddedCluster:
    cluster: Cluster = choose(options.engine, options.name)
    if not isinstance(cluster, EmbeddedCluster):
        raise LocalkubeError(
            "this needs the embedded cluster",
            hint="with kind, use `docker stop` and `docker start` on its nodes",
        )
    if os.geteuid() != 0:
        raise LocalkubeError("the embedded cluster needs root")
    return cluster


def _named(value: str | None, what: str) -> str:
    if not value:
        raise LocalkubeError(f"say which {what}", hint=f"python3 -m localkube {what} list")
    return value


def _pair(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name, value


def _lines(report: dict[str, Any]) -> list[str]:
    lines: list[str] = []
    for key, value in report.items():
        if isinstance(value, dict):
            items = cast("dict[str, Any]", value)
            lines += [f"{key}:", *(f"  {name:32} {state}" for name, state in items.items())]
        else:
            lines.append(f"{key:18} {value}")
    return lines
