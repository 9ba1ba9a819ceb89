"""The picture in the documents is what the explorer finds."""

from pathlib import Path

import pytest

from .diagram import Edge, LayoutError, fold, to_mermaid, to_svg
from .survey import Survey

SVG = Path(__file__).parents[2] / "docs" / "lifecycle" / "states.svg"


@pytest.fixture(scope="module")
def edges(surveys: dict[str, Survey]) -> set[Edge]:
    return {edge for found in surveys.values() for edge in found.edges}


def test_the_committed_picture_shows_what_is_found(edges: set[Edge]) -> None:
    remedy = "run: PYTHONPATH=tests python -m model --diagram docs/lifecycle/states.svg"
    assert SVG.read_text() == to_svg(edges), remedy
    assert SVG.with_suffix(".mmd").read_text() == to_mermaid(edges), remedy


def test_a_change_that_has_no_arrow_is_an_error(edges: set[Edge]) -> None:
    with pytest.raises(LayoutError, match=r"Stopped.*Suspending"):
        to_svg({*edges, ("Stopped", "Suspending")})


def test_an_arrow_that_stands_for_nothing_is_an_error(edges: set[Edge]) -> None:
    with pytest.raises(LayoutError, match="remove"):
        to_svg(edges - {("Stopping", "Stopped")})


def test_an_arrow_from_the_frame_names_the_statuses_that_it_stands_for() -> None:
    assert fold([("Running", "Completed"), ("Stopped", "Provisioning")]) == {
        ("Provisioned", "Completed"): ["Running"],
        ("Stopped", "Provisioning"): [],
    }
