"""The example job's own claim: every lost, doubled or swapped row is seen."""

import json
import subprocess
import sys
from typing import Any

import pytest

from .harness import EXAMPLE, Jobs, verify

OUTCOME = """
import json, sys
from pathlib import Path
from census import Census, count, expected_state, read_rows

file = Path(sys.argv[1])
rows = read_rows(file)
expected = expected_state(file, 1000)
print(json.dumps({
    "rows": len(rows),
    "expected": expected.as_json(),
    "lost": count(rows[1:], 1000).digest,
    "swapped": count([rows[1], rows[0], *rows[2:]], 1000).digest,
    "round_trip": Census.from_json(expected.as_json()) == expected,
}))
"""


@pytest.fixture(scope="module")
def outcome() -> dict[str, Any]:
    command = [sys.executable, "-c", OUTCOME, str(EXAMPLE / "zone1970.tab")]
    output = subprocess.run(command, capture_output=True, text=True, check=True, cwd=EXAMPLE).stdout
    parsed: dict[str, Any] = json.loads(output)
    return parsed


def test_the_table_is_the_real_one(outcome: dict[str, Any]) -> None:
    assert outcome["rows"] > 300
    assert outcome["expected"]["countries"]["AQ"] >= 1
    assert outcome["round_trip"]


def test_the_digest_sees_a_lost_and_a_swapped_row(outcome: dict[str, Any]) -> None:
    assert len({outcome["expected"]["digest"], outcome["lost"], outcome["swapped"]}) == 3


def test_the_verifier_accepts_what_the_job_reports(jobs: Jobs) -> None:
    job = jobs.start()
    job.wait_processed(1000)
    code, sentence = verify(json.dumps(job.get("/stats").body))
    assert code == 0
    assert "nothing is lost and nothing doubled" in sentence


@pytest.mark.parametrize("change", [{"digest": "0" * 64}, {"total": 999}, {"countries": {}}])
def test_the_verifier_refuses_any_other_state(outcome: dict[str, Any], change: dict[str, Any]) -> None:
    code, sentence = verify(json.dumps({"job": {**outcome["expected"], **change}}))
    assert code == 1
    assert "wrong" in sentence


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"job": {}}', '{"job": {"total": "x"}}'])
def test_the_verifier_refuses_what_is_no_answer(text: str) -> None:
    code, sentence = verify(text)
    assert code == 2
    assert sentence.count("\n") == 1


def test_the_rate_is_kept(jobs: Jobs) -> None:
    job = jobs.start("--rows-per-second", "50")
    job.wait_processed(20)
    metrics = job.get("/stats").body["global_metrics"]
    assert metrics["total_processed_records"] <= 50 * (metrics["uptime_msecs"] / 1000 + 1)
