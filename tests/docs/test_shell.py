"""Commands of a page are run as its reader would run them, and what goes wrong is told by its line."""

import time
from pathlib import Path

import pytest
from support.pages import Block, Language
from support.shell import run_page, what_went_wrong


def transcript(text: str, mark: str = "") -> Block:
    return Block(Path("page.md"), 10, Language.CONSOLE, mark, text)


def run(block: Block, directory: Path) -> list[str]:
    return what_went_wrong(run_page(block.commands(), directory, None, directory), "page.md")


def test_one_shell_runs_all_commands_of_a_page(tmp_path: Path) -> None:
    here = "$ place=here\n$ cat <<EOF\n> at $place\n> EOF\nat here\n"
    begun = "$ sleep 600 &\n$ kill %1; wait; echo over\nover\n"

    assert run(transcript(here + begun), tmp_path) == []


def test_output_that_is_not_the_pages_is_told(tmp_path: Path) -> None:
    (wrong,) = run(transcript("$ echo 3 pods\n4 pods\n"), tmp_path)

    assert wrong.startswith("page.md:11: echo 3 pods")
    assert "the page says:\n  4 pods" in wrong


def test_numbers_count_only_where_the_page_says_so(tmp_path: Path) -> None:
    assert run(transcript("$ echo 3 pods, for 12 s\n4 pods, for 1.5 s\n", "numbers vary"), tmp_path) == []
    since = "$ echo it has been Running for 12 s, and waits\nit is Running, and waits\n"
    assert run(transcript(since, "numbers vary"), tmp_path) == []


def test_a_command_that_fails_ends_the_page(tmp_path: Path) -> None:
    (wrong,) = run(transcript("$ true\n$ ls nowhere\n$ touch never\n"), tmp_path)

    assert wrong.startswith("page.md:12: ls nowhere\nended with 2")
    assert not (tmp_path / "never").exists()


def test_a_command_may_fail_where_the_page_asks_for_its_code(tmp_path: Path) -> None:
    assert run(transcript("$ (exit 3)\n$ echo $?\n3\n"), tmp_path) == []
    assert run(transcript("$ (exit 4)\n$ echo $?\n3\n"), tmp_path)


def test_a_page_without_an_end_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("support.shell.PAGE_SECONDS", 1)

    (wrong,) = run(transcript("$ (sleep 3; touch late)\n$ echo never\n"), tmp_path)
    time.sleep(3)

    assert "nobody came to its end" in wrong
    assert not (tmp_path / "late").exists(), "nothing of a page outlives it"
