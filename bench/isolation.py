"""A place of its own for a run: namespaces that nothing leaves and that nothing outlives.

In a network namespace of its own a run may use fixed ports and the whole of 127.0.0.0/8, and no packet can
leave the machine. In a process namespace of its own the kernel ends every process of the run when its first
one ends, however badly things went.
"""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Final

ADDRESS: Final = "198.18.255.1"
"""The API server advertises this one: it must not be a loopback address."""
SERVER: Final = "https://127.0.0.1:6443"
INSIDE: Final = "SLUICE_BENCH_INSIDE"


def scratch_folder() -> Path | None:
    """The run's folder for temporary files, if this process is the first one of the run's namespaces."""
    folder = os.environ.get(INSIDE)
    return Path(folder) if folder and os.getpid() == 1 else None


def command(arguments: Sequence[str], *, is_root: bool) -> list[str]:
    """The command line that runs the benchmark again in namespaces of its own."""
    unshare = ["unshare", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if not is_root:
        unshare += ["--user", "--map-root-user"]
    return [*unshare, sys.executable, "-m", "bench", *arguments]


def enter(arguments: Sequence[str]) -> int:
    """Run the benchmark inside and return its exit code. It never outlives this process's own end."""
    root = Path(__file__).resolve().parents[1]
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as scratch:
        environment = {**os.environ, INSIDE: scratch}
        process = subprocess.Popen(command(arguments, is_root=os.geteuid() == 0), env=environment, cwd=root)

        def end_inner(number: int, _: FrameType | None) -> None:
            # A terminal tells the inner process as well; told twice, it still ends once.
            for child in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split():
                os.kill(int(child), signal.SIGTERM)
            signal.signal(number, signal.SIG_IGN)

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, end_inner)
        return process.wait()


def set_up_network() -> None:
    """Switch on the loopback interface and give it the address that the API server advertises."""
    for arguments in (("link", "set", "lo", "up"), ("address", "add", f"{ADDRESS}/32", "dev", "lo")):
        subprocess.run(["ip", *arguments], check=True)
