"""The command line: ``python3 -m localkube COMMAND``."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from localkube import commands
from localkube.addresses import DEFAULT_NAME
from localkube.progress import LocalkubeError

Command = Callable[[argparse.Namespace], int]
AddParser = Callable[..., argparse.ArgumentParser]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code; failures are told, not thrown."""
    options = parser().parse_args(arguments)
    run: Command = options.run
    try:
        return run(options)
    except LocalkubeError as failure:
        print(failure.render(), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; `localkube up` or `localkube down` clears what was half done", file=sys.stderr)
        return 130


def parser() -> argparse.ArgumentParser:
    """Describe every command."""
    root = argparse.ArgumentParser(prog="localkube", description="A real Kubernetes cluster on this machine.")
    _common_options(
        root, os.environ.get("LOCALKUBE_NAME") or DEFAULT_NAME, os.environ.get("LOCALKUBE_ENGINE") or "auto"
    )
    sub = root.add_subparsers(required=True, metavar="COMMAND")
    _cluster_commands(sub.add_parser)
    _image_commands(sub.add_parser)
    _part_commands(sub.add_parser)
    return root


def _cluster_commands(add_parser: AddParser) -> None:
    up = _command(add_parser, "up", commands.up, "start the cluster, repair it, or change it")
    up.add_argument(
        "--nodes", type=int, default=_number(os.environ.get("NODES")), help="how many nodes (default 1)"
    )
    up.add_argument(
        "--eviction-hard", metavar="SIGNAL<QUANTITY,...", help="thresholds of the kubelets; '' for none"
    )
    _command(add_parser, "down", commands.down, "remove the cluster and all that it made")
    status = _command(add_parser, "status", commands.status, "show what runs, and where things are")
    status.add_argument("--json", action="store_true", help="for programs")
    _command(add_parser, "kubeconfig", commands.kubeconfig, "print the path of the kubeconfig")
    kubectl = _command(
        add_parser, "kubectl", commands.kubectl, "run kubectl on the cluster: kubectl -- get pods"
    )
    kubectl.add_argument("arguments", nargs="*")
    selfcheck = _command(add_parser, "selfcheck", commands.selfcheck, "try the running cluster's abilities")
    selfcheck.add_argument("--keep", action="store_true", help="leave the test's namespace behind")


def _image_commands(add_parser: AddParser) -> None:
    load = _command(add_parser, "load", commands.load, "load image archives into every node")
    load.add_argument("archives", nargs="+", type=Path, metavar="FILE.tar")
    _command(
        add_parser,
        "base-image",
        commands.base_image,
        "make the Debian and Python base image, once, and load it",
    )
    build = _command(add_parser, "build", commands.build, "build an image and load it into every node")
    build.add_argument("--file", type=Path, required=True, metavar="CONTAINERFILE")
    build.add_argument("--context", type=Path, required=True, metavar="DIRECTORY")
    build.add_argument("--tag", required=True, metavar="NAME:TAG")
    build.add_argument("--build-arg", action="append", default=[], metavar="NAME=VALUE")
    build.add_argument("--output", type=Path, metavar="FILE.tar", help="write an archive as well")
    build.add_argument("--no-load", action="store_true", help="do not load it into the nodes")


def _part_commands(add_parser: AddParser) -> None:
    node = _command(add_parser, "node", commands.node, "cut a node off, switch it off, or bring it back")
    node.add_argument("action", choices=("list", "stop", "start"))
    node.add_argument("node", nargs="?", metavar="NODE")
    node.add_argument(
        "--crash", action="store_true", help="stop: kill all on it, instead of only cutting the network"
    )
    daemon = _command(
        add_parser, "daemon", commands.daemon, "stop, start or restart one daemon (etcd, node-1/kubelet, ...)"
    )
    daemon.add_argument("action", choices=("list", "stop", "start", "restart"))
    daemon.add_argument("daemon", nargs="?", metavar="DAEMON")
    daemon.add_argument("--kill", action="store_true", help="stop it by SIGKILL")


def _common_options(target: argparse.ArgumentParser, name: str, engine: str) -> None:
    """These stand before or after the command, so that commands must not set them back to the defaults."""
    target.add_argument("--name", default=name, help=f"which cluster (default {DEFAULT_NAME})")
    explanation = "auto: kind where a Docker engine answers, else embedded"
    target.add_argument("--engine", choices=("auto", "kind", "embedded"), default=engine, help=explanation)


def _command(add_parser: AddParser, name: str, run: Command, explanation: str) -> argparse.ArgumentParser:
    added = add_parser(name, help=explanation, description=explanation)
    added.set_defaults(run=run)
    _common_options(added, argparse.SUPPRESS, argparse.SUPPRESS)
    return added


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdigit() else None
