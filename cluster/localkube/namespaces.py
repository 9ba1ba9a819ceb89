"""Private namespaces: starting a supervisor in them, finding it again, joining them with cables, ending them.

Nothing is remembered in process id files. A supervisor is found by the folder on its command line,
so that what an interrupted start left behind is found as well. Killing the control plane's
supervisor, which is process 1 of the outer process namespace, makes the kernel kill everything
else.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from localkube.paths import CLUSTER_FOLDER
from localkube.progress import wait_until
from localkube.shell import SYSTEM_PATH, run, succeeds
from localkube.supervisor import Daemon


def supervisor_command(folder: Path) -> list[str]:
    """Give the command that runs a supervisor in network, mount and process namespaces of its own."""
    namespaces = ["--net", "--mount", "--pid", "--fork", "--kill-child=KILL", "--mount-proc"]
    python = [sys.executable, "-m", "localkube.supervisor", str(folder)]
    return ["/usr/bin/unshare", *namespaces, "--propagation", "slave", *python]


def prepare_supervisor(
    folder: Path,
    *,
    link: str,
    commands: Sequence[Sequence[str]],
    daemons: Sequence[Daemon],
    held: Sequence[str] = (),
) -> None:
    """Write what a supervisor reads; it will not start the daemons that are held before they are released."""
    (folder / "hold").mkdir(parents=True, exist_ok=True)
    for name in held:
        (folder / "hold" / name).write_text("TERM")
    (folder / "setup.json").write_text(
        json.dumps({"link": link, "commands": [list(c) for c in commands]}, indent=1)
    )
    for number, daemon in enumerate(daemons):
        add_daemon(folder, daemon, number)


def add_daemon(folder: Path, daemon: Daemon, number: int = 0) -> None:
    """Give a supervisor one more daemon; the file appears whole or not at all."""
    target = folder / "daemons"
    target.mkdir(parents=True, exist_ok=True)
    unfinished = target / f".{number:02d}-{daemon.name}"
    unfinished.write_text(daemon.describe())
    unfinished.rename(target / f"{daemon.name}.json")


def start_supervisor(folder: Path, log: Path) -> None:
    """Start the outermost supervisor so that it outlives this process and its terminal."""
    log.parent.mkdir(parents=True, exist_ok=True)
    environment = {
        "PATH": SYSTEM_PATH,
        "PYTHONPATH": str(CLUSTER_FOLDER),
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": "/",
    }
    with log.open("ab") as sink:
        subprocess.Popen(
            supervisor_command(folder),
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            cwd="/",
            env=environment,
            start_new_session=True,
        )


def find_supervisor(folder: Path) -> int | None:
    """Give the host's process id of a folder's supervisor; the wrapper that unshares is not meant."""
    wanted = ["-m", "localkube.supervisor", str(folder)]
    for pid, arguments in _processes():
        if arguments[-3:] == wanted and not arguments[0].endswith("unshare"):
            return pid
    return None


def wait_for_supervisor(folder: Path, log: Path) -> int:
    """Wait until a supervisor's namespaces exist, and give its process id."""
    found: list[int] = []

    def look() -> bool:
        pid = find_supervisor(folder)
        found.extend([] if pid is None else [pid])
        return pid is not None

    wait_until(look, seconds=15, what=f"no namespaces for {folder.name}", log=log)
    return found[-1]


def end_supervisors(root: Path) -> None:
    """Kill every supervisor whose folder lies under this one, and wait until all that it ran is gone."""
    spaces = {
        space
        for pid in _supervisors_under(root)
        if (space := _pid_namespace(pid)) != _pid_namespace(os.getpid())
    }
    for pid in _supervisors_under(root):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    wait_until(
        lambda: (
            not _supervisors_under(root) and not any(_pid_namespace(pid) in spaces for pid, _ in _processes())
        ),
        seconds=30,
        what="the cluster's processes did not end",
        hint="look for processes in uninterruptible sleep: ps -eo pid,stat,cmd",
    )


def cable(pid: int, interface: str, peer_pid: int | None, peer: str) -> None:
    """Join two network namespaces: ``interface`` in that of ``pid``, ``peer`` in the other or on the host."""
    enter = ["nsenter", "--net", f"--target={peer_pid}"] if peer_pid else []
    if succeeds(*enter, "ip", "link", "show", "dev", peer):
        run(*enter, "ip", "link", "delete", "dev", peer)
    run(
        *enter,
        "ip",
        "link",
        "add",
        "name",
        peer,
        "type",
        "veth",
        "peer",
        "name",
        interface,
        "netns",
        str(pid),
    )


def in_network(pid: int, *command: str) -> None:
    """Run a command in a supervisor's network namespace."""
    run("nsenter", "--net", f"--target={pid}", *command)


def daemon_status(folder: Path) -> dict[str, dict[str, int]]:
    """Read what a supervisor says of its daemons."""
    with contextlib.suppress(OSError, ValueError):
        status: dict[str, dict[str, int]] = json.loads((folder / "status.json").read_text())
        return status
    return {}


def hold_daemon(folder: Path, name: str, *, kill: bool = False) -> None:
    """End a daemon and keep it down."""
    (folder / "hold" / name).write_text("KILL" if kill else "TERM")
    wait_until(
        lambda: daemon_status(folder).get(name, {}).get("pid", 0) == 0, seconds=20, what=f"{name} did not end"
    )


def release(folder: Path, name: str) -> None:
    """Let a held daemon run."""
    (folder / "hold" / name).unlink(missing_ok=True)


def release_daemon(folder: Path, name: str) -> None:
    """Let a held daemon run again, and wait until it does."""
    release(folder, name)
    wait_until(
        lambda: daemon_status(folder).get(name, {}).get("pid", 0) != 0,
        seconds=20,
        what=f"{name} did not start",
    )


def _supervisors_under(root: Path) -> list[int]:
    return [
        pid
        for pid, arguments in _processes()
        if arguments[-3:-1] == ["-m", "localkube.supervisor"] and Path(arguments[-1]).is_relative_to(root)
    ]


def _processes() -> list[tuple[int, list[str]]]:
    found: list[tuple[int, list[str]]] = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                arguments = (entry / "cmdline").read_bytes().decode(errors="replace").rstrip("\0").split("\0")
                found.append((int(entry.name), arguments))
    return found


def _pid_namespace(pid: int) -> str:
    with contextlib.suppress(OSError):
        return str(Path(f"/proc/{pid}/ns/pid").readlink())
    return ""
