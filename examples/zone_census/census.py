"""The computation itself, without any runtime, so that a verifier can repeat it."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

EMPTY_DIGEST = hashlib.sha256(b"").hexdigest()


@dataclass
class Census:
    """How many rows were seen, per country too, and a digest over all of them in their order."""

    total: int = 0
    digest: str = EMPTY_DIGEST
    countries: dict[str, int] = field(default_factory=dict[str, int])

    def add(self, row: str) -> None:
        """Consume one row of the table; its first column names one or more countries."""
        self.total += 1
        self.digest = hashlib.sha256(f"{self.digest}\n{row}".encode()).hexdigest()
        for country in row.split("\t", 1)[0].split(","):
            self.countries[country] = self.countries.get(country, 0) + 1

    def as_json(self) -> dict[str, Any]:
        """Return a copy that can be written down."""
        return {"total": self.total, "digest": self.digest, "countries": dict(self.countries)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Census":
        """Take over what ``as_json`` returned."""
        return cls(
            total=int(values["total"]),
            digest=str(values["digest"]),
            countries={str(name): int(count) for name, count in values["countries"].items()},
        )


def read_rows(data_file: Path) -> Sequence[str]:
    """Return the table's rows without its comments."""
    lines = data_file.read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines if line and not line.startswith("#")]
    if not rows:
        raise ValueError(f"{data_file} has no rows")
    return rows


def expected_state(data_file: Path, records: int) -> Census:
    """Return what the census must be after ``records`` rows, computed from scratch."""
    return count(read_rows(data_file), records)


def count(rows: Sequence[str], records: int) -> Census:
    """Count ``records`` rows, beginning again at the first after the last."""
    census = Census()
    for row in _laps(rows, records):
        census.add(row)
    return census


def _laps(rows: Sequence[str], records: int) -> Iterable[str]:
    return (rows[position % len(rows)] for position in range(records))
