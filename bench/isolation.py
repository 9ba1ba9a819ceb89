"""A place of its own for a run: namespaces that nothing leaves and that nothing outlives.

In a network namespace of its own a run may use fixed ports and the whole of 127.0.0.0/8, and no packet can
leave the machine. In a process namespace of its own the kernel ends every process of the run when its first
one ends, however badly things went.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

ADDRESS: Final = "198.18.255.1"
"""The API server advertises this one: it must not be a loopback address."""
SERVER: Final = "https://127.0.0.1:6443"
INSIDE: Final = "SLUICE_BENCH_INSIDE"


def is_inside() -> bool:
    """Whether this process is the first one of the run's namespaces."""
    return os.environ.get(INSIDE) == "1" and os.getpid() == 1


def command(arguments: Sequence[str], *, is_root: bool) -> list[str]:
    """The command line that runs the benchmark again in namespaces of its own."""
    unshare = ["unshare", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if not is_root:
        unshare += ["--user", "--map-root-user"]
    return [*unshare, sys.executable, "-m", "bench", *arguments]


def enter(arguments: Sequence[str]) -> int:
    """Run the benchmark inside and return its exit code."""
    root = Path(__file__).resolve().parents[1]
    environment = {**os.environ, INSIDE: "1"}
    process = subprocess.Popen(command(arguments, is_root=os.geteuid() == 0), env=environment, cwd=root)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            # The terminal has told the inner process as well: it ends its own and says what it has.
            continue


def set_up_network() -> None:
    """Switch on the loopback interface and give it the address that the API server advertises."""
    for arguments in (("link", "set", "lo", "up"), ("address", "add", f"{ADDRESS}/32", "dev", "lo")):
        subprocess.run(["ip", *arguments], check=True)
