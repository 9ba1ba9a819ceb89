"""What was injected, and what was judged: the closing table of a run."""

from collections import defaultdict
from dataclasses import dataclass


@dataclass
class Tally:
    """Of one scenario."""

    faults: int = 0
    judged: int = 0
    """Writes, calls and versions of objects that the rules were held against."""
    broken: int = 0


class Report:
    """Tallies by scenario, in the order in which they came."""

    def __init__(self) -> None:
        self._tallies: dict[str, Tally] = defaultdict(Tally)

    def of(self, scenario: str) -> Tally:
        """The tally of a scenario."""
        return self._tallies[scenario]

    def lines(self) -> list[str]:
        """The table, with its sum."""
        if not self._tallies:
            return []
        whole = Tally()
        for tally in self._tallies.values():
            whole.faults += tally.faults
            whole.judged += tally.judged
            whole.broken += tally.broken
        rows = [*self._tallies.items(), ("all", whole)]
        width = max(len(name) for name, _ in rows)
        head = f"{'scenario':{width}}  faults  judged  rules broken"
        return [head, *(f"{name:{width}}  {t.faults:6}  {t.judged:6}  {t.broken:12}" for name, t in rows)]


REPORT = Report()
