"""Reports of progress: whole at every moment, bounded, and nothing where nobody asked."""

import json
from pathlib import Path

import pytest

from sluice.contract import ENV_PROGRESS_FILE
from sluice.runtime import report_progress


def test_the_last_report_stands_in_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "progress.json"
    monkeypatch.setenv(ENV_PROGRESS_FILE, str(place))
    report_progress(10, "begun")
    report_progress(40, checkpoint="c-4")

    assert json.loads(place.read_text()) == {"percent": 40, "checkpoint": "c-4"}
    assert list(tmp_path.iterdir()) == [place], "nothing is left beside it"


def test_where_nobody_asked_it_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ENV_PROGRESS_FILE, raising=False)
    report_progress(10)


def test_a_report_that_nobody_would_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENV_PROGRESS_FILE, str(tmp_path / "progress.json"))
    with pytest.raises(ValueError, match="at most 1024"):
        report_progress(message="x" * 2000)
