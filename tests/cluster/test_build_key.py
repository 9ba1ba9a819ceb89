"""When a cached build is used again, and when not."""

from pathlib import Path

import pytest

from localkube.paths import build_key, cache_root, node_name, node_number

PINS = {"GO": "1.26"}


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    (tmp_path / "kubernetes").mkdir()
    (tmp_path / "kubernetes" / "main.go").write_text("package main")
    (tmp_path / "kubernetes" / "go.sum").write_text("h1:abc")
    return tmp_path


def test_the_same_sources_have_the_same_key(sources: Path) -> None:
    assert build_key(sources, PINS) == build_key(sources, dict(PINS))


def test_a_changed_source_changes_the_key(sources: Path) -> None:
    before = build_key(sources, PINS)
    (sources / "kubernetes" / "main.go").write_text("package main // changed")

    assert build_key(sources, PINS) != before


def test_a_changed_checksum_file_changes_the_key(sources: Path) -> None:
    before = build_key(sources, PINS)
    (sources / "kubernetes" / "go.sum").write_text("h1:def")

    assert build_key(sources, PINS) != before


def test_a_changed_pin_changes_the_key(sources: Path) -> None:
    assert build_key(sources, PINS) != build_key(sources, {"GO": "1.27"})


def test_a_readme_beside_the_sources_changes_nothing(sources: Path) -> None:
    before = build_key(sources, PINS)
    (sources / "README.md").write_text("words")

    assert build_key(sources, PINS) == before


def test_the_cache_follows_the_users_choice(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    assert cache_root() == tmp_path / "sluice" / "localkube"


def test_a_nodes_number_is_read_back_from_its_name() -> None:
    assert node_number(node_name(11)) == 11
