"""Last words always fit and always parse."""

import json
from pathlib import Path
from typing import Any

import pytest

from sluice import contract
from sluice.runtime import last_words
from sluice.runtime.errors import ErrorBody, clip

from .harness import FIRST_ID


@pytest.mark.parametrize(
    "error",
    [
        None,
        ErrorBody("short", "Code", {"a": 1}),
        ErrorBody("m" * 100_000, "Code", {}),
        ErrorBody("\x00" * 100_000, "Code", {}),
        ErrorBody('"\\' * 50_000, "C" * 100_000, {}),
        ErrorBody("\N{SNOWMAN}" * 50_000, "Code", ["\N{SNOWMAN}" * 50_000]),
        ErrorBody("\ud800", "Code", {}),
        ErrorBody("short", "Code", {"big": "x" * 5000}),
        ErrorBody("short", "Code", {"object": object()}),
    ],
)
def test_last_words_fit_and_parse(error: ErrorBody | None) -> None:
    words = last_words.compose(FIRST_ID, error)

    assert len(words) <= contract.TERMINATION_MESSAGE_MAX_BYTES
    parsed: dict[str, Any] = json.loads(words)
    assert set(parsed) == {"checkpoint", "error"}
    assert parsed["checkpoint"] == FIRST_ID
    assert (parsed["error"] is None) is (error is None)
    assert error is None or set(parsed["error"]) == {"message", "error_code", "details"}


@pytest.mark.parametrize("count", [0, 1, 1000])
@pytest.mark.parametrize("error", [None, ErrorBody("m" * 2048, "Code", {})])
def test_a_list_of_checkpoints_fits_with_its_newest(count: int, error: ErrorBody | None) -> None:
    checkpoints = [{"uuid": FIRST_ID, "size": 2**40, "steps": 2**50, "n": number} for number in range(count)]

    words = last_words.compose_list(checkpoints, error)

    assert len(words) <= contract.TERMINATION_MESSAGE_MAX_BYTES
    told = json.loads(words)["checkpoints"]
    assert told == checkpoints[len(checkpoints) - len(told) :]
    assert bool(told) is bool(count)


def test_a_missing_directory_is_no_reason_to_fail(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    last_words.write(tmp_path / "missing" / "log", None, None)
    assert "last_words_lost" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["", "short", "x" * 3000, "\N{SNOWMAN}" * 3000])
def test_clipped_text_is_bounded_and_whole_characters(text: str) -> None:
    clipped = clip(text, 100)
    assert len(clipped.encode()) <= 100
    assert text.startswith(clipped.removesuffix("..."))
