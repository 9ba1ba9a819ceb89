"""A stream job over real data: count the rows of the IANA time zone table per country, lap after lap.

    python3 job.py --storage-location ./data [--laps N] [--rows-per-second R]

The state holds how many rows were consumed, which is also the position in the input, the rows per country,
and a digest that chains every row to all rows before it. One row lost, doubled or swapped changes the digest
for ever, so that "nothing was lost" is an equality with what ``census.expected_state`` computes from scratch.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from census import Census, read_rows

from sluice.runtime import CheckpointDelayed, EndOfInput, Job, run

DATA_FILE = Path(__file__).with_name("zone1970.tab")
MAX_ROWS_PER_STEP = 500

# For tests only: each makes the job misbehave in one way, so that the behaviour around it can be watched.
TEST_SNAPSHOT_SECONDS = "ZONE_CENSUS_TEST_SNAPSHOT_SECONDS"
TEST_SNAPSHOT_FAILS_WHILE = "ZONE_CENSUS_TEST_SNAPSHOT_FAILS_WHILE"
TEST_DELAYED_UNTIL = "ZONE_CENSUS_TEST_DELAYED_UNTIL"
TEST_RAISE_AT = "ZONE_CENSUS_TEST_RAISE_AT"
TEST_RESTORE_SECONDS = "ZONE_CENSUS_TEST_RESTORE_SECONDS"
TEST_STEP_SECONDS = "ZONE_CENSUS_TEST_STEP_SECONDS"
TEST_VERSION = "ZONE_CENSUS_TEST_VERSION"


class ZoneCensus(Job):
    """Consumes the table at a steady rate; a rate of 0 means as fast as possible."""

    version = "1"
    idle_seconds = 0.02

    def __init__(
        self,
        *,
        laps: int | None = None,
        rows_per_second: float = 20,
        data_file: Path = DATA_FILE,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self._rows = read_rows(data_file)
        self._end = None if laps is None else laps * len(self._rows)
        self._rate = rows_per_second
        self._census = Census()
        self._paced_from = 0.0
        self._paced_rows = 0
        self._environment = environment
        self.version = environment.get(TEST_VERSION) or self.version

    def open(self) -> None:
        time.sleep(self._test_seconds(TEST_RESTORE_SECONDS))

    def process(self) -> int:
        self._test_step()
        if self._end is not None and self._census.total >= self._end:
            raise EndOfInput
        count = min(self._rows_due(), MAX_ROWS_PER_STEP)
        if self._end is not None:
            count = min(count, self._end - self._census.total)
        for _ in range(count):
            self._census.add(self._rows[self._census.total % len(self._rows)])
        self._paced_rows += count
        return count

    def snapshot(self) -> bytes:
        self._test_snapshot()
        return json.dumps(self._census.as_json()).encode()

    def restore(self, state: bytes) -> None:
        self._census = Census.from_json(json.loads(state))

    def describe(self) -> dict[str, Any]:
        return {**self._census.as_json(), "laps": self._census.total // len(self._rows)}

    def _rows_due(self) -> int:
        """Return how many rows the rate allows now."""
        if self._rate <= 0:
            return MAX_ROWS_PER_STEP
        now = time.monotonic()
        due = int((now - self._paced_from) * self._rate) - self._paced_rows
        if due > max(self._rate, 1):
            # After a pause, and at the start, the job goes on at its rate; it does not catch up.
            self._paced_from, self._paced_rows = now, 0
            return 0
        return due

    # --- knobs for tests ---------------------------------------------------------------------------------

    def _test_seconds(self, knob: str) -> float:
        return float(self._environment.get(knob) or 0)

    def _test_step(self) -> None:
        time.sleep(self._test_seconds(TEST_STEP_SECONDS))
        raise_at = self._environment.get(TEST_RAISE_AT)
        if raise_at and self._census.total >= int(raise_at):
            raise RuntimeError(f"told to fail at record {raise_at}")

    def _test_snapshot(self) -> None:
        time.sleep(self._test_seconds(TEST_SNAPSHOT_SECONDS))
        fails_while = self._environment.get(TEST_SNAPSHOT_FAILS_WHILE)
        if fails_while and Path(fails_while).exists():
            raise OSError(f"told to fail while {fails_while} exists")
        delayed_until = self._environment.get(TEST_DELAYED_UNTIL)
        if delayed_until and not Path(delayed_until).exists():
            raise CheckpointDelayed(f"waiting for {delayed_until}")


def main(arguments: Sequence[str]) -> None:
    """Take this job's own options; the rest belongs to the runtime."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--laps", type=int)
    parser.add_argument("--rows-per-second", type=float, default=20)
    own, rest = parser.parse_known_args(arguments)
    run(ZoneCensus(laps=own.laps, rows_per_second=own.rows_per_second), rest)


if __name__ == "__main__":
    main(sys.argv[1:])
