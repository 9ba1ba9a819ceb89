"""What a run has measured so far."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

LOAD: Final = "bench"
"""The process that makes the load and watches: no part of what is measured."""
MEASURES: Final = ("P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8")


@dataclass
class Results:
    """Numbers under dotted names; what is missing was not measured."""

    objects: int
    numbers: dict[str, float] = field(default_factory=dict[str, float])
    samples: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    """Single latencies, in seconds."""
    cpu_ms: dict[str, dict[str, float]] = field(default_factory=dict[str, dict[str, float]])
    """For each phase the CPU time that each process spent for one object."""
    requests: dict[str, dict[str, float]] = field(default_factory=dict[str, dict[str, float]])
    """For each phase the requests of the operator for one object."""
    busy_elsewhere: dict[str, float] = field(default_factory=dict[str, float])
    """For each phase the share of the machine that processes took which are no part of the run."""
    failures: dict[str, str] = field(default_factory=dict[str, str])
    """Steps that broke off, with the reason."""

    def ratio(self, ours: str, floor: str) -> float | None:
        """One rate as a part of another."""
        if ours not in self.numbers or not self.numbers.get(floor):
            return None
        return self.numbers[ours] / self.numbers[floor]

    def cpu_of_all(self, phase: str) -> float:
        """Milliseconds of CPU that one object cost in all processes together, of the API server too."""
        return sum(spent for who, spent in self.cpu_ms.get(phase, {}).items() if who != LOAD)


def percentile(samples: Sequence[float], share: float) -> float:
    """The smallest sample that at least this share of the samples does not exceed."""
    if not samples:
        raise ValueError("there are no samples")
    ordered = sorted(samples)
    rank = -(-round(share * 1000 * len(ordered)) // 1000)
    return ordered[min(max(rank, 1), len(ordered)) - 1]
