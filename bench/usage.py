"""CPU time and memory of processes, as the kernel counts them."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

TICKS: Final = os.sysconf("SC_CLK_TCK")
MEBIBYTE: Final = 1024 * 1024


@dataclass(frozen=True)
class Usage:
    """What a process has used so far."""

    cpu_seconds: float
    rss_bytes: int

    @property
    def rss_mib(self) -> float:
        """Resident memory in MiB."""
        return self.rss_bytes / MEBIBYTE


def parse_stat(text: str, page_size: int, ticks: int = TICKS) -> Usage:
    """Read a line of ``/proc/PID/stat``. The name in it may hold spaces and brackets."""
    fields = text.rpartition(")")[2].split()
    user, system, resident = int(fields[11]), int(fields[12]), int(fields[21])
    return Usage((user + system) / ticks, resident * page_size)


def read_usage(pid: int) -> Usage:
    """The usage of one process."""
    return parse_stat(Path(f"/proc/{pid}/stat").read_text(), os.sysconf("SC_PAGE_SIZE"))


def parse_busy(text: str, ticks: int = TICKS) -> float:
    """CPU seconds that the whole machine has been busy so far, from ``/proc/stat``."""
    user, nice, system, _idle, _wait, interrupts, soft, steal = map(int, text.split("\n", 1)[0].split()[1:9])
    return (user + nice + system + interrupts + soft + steal) / ticks


def machine_busy() -> float:
    """The same of this machine, now."""
    return parse_busy(Path("/proc/stat").read_text())


def cpu_between(before: Mapping[str, Usage], after: Mapping[str, Usage]) -> dict[str, float]:
    """CPU seconds that each process used between two looks; one that is in only one of them is left out."""
    return {
        name: usage.cpu_seconds - before[name].cpu_seconds for name, usage in after.items() if name in before
    }
