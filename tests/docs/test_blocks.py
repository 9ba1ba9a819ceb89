"""Every fenced block of the documents: what it is, and what needs no cluster to be held against the code."""

import ast
import contextlib
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import click
import pytest
import yaml
from markdown_it import MarkdownIt
from pydantic import BaseModel
from support.pages import (
    COMMANDS,
    FRAGMENT,
    PAGES,
    ROOT,
    Block,
    Command,
    Language,
    all_blocks,
    difference,
    page_name,
    prose_of,
)

from sluice.api.deployment import DeploymentSpec
from sluice.api.spec import PipelineSpec
from sluice.program import main as program

BLOCKS = all_blocks()
FOLDERS = sorted(path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith("."))
SLUICE = re.compile(r"(?:^|[|;&(]\s*|\$\()(?:kubectl )?sluice(?= |$)([^|;&)#<>\n]*)", re.MULTILINE)
PATH = re.compile(rf"(?<![\w./-])((?:{'|'.join(map(re.escape, FOLDERS))})/[\w./-]*\w)(?![\w/]|\.\.\.)")
IN_PROSE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
MADE = ("build/", "dist/")
"""Folders whose files are there only once they were made."""
NAMES = re.compile(r"\b[A-Z]{3,}\b")
SUBJECTS = {"NAME": "name", "SHELL": "bash"}
"""What stands in the documents for what people write."""


def block_id(block: Block) -> str:
    return block.name


def of(*languages: str) -> list[Block]:
    return [block for block in BLOCKS if block.language in languages]


each_page = pytest.mark.parametrize("page", PAGES, ids=page_name)


def each(*languages: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("block", of(*languages), ids=block_id)


def sluice_commands(text: str) -> Iterator[list[str]]:
    """The arguments of each ``sluice`` in a script."""
    for found in SLUICE.findall(text):
        yield shlex.split(found)


def parse(arguments: list[str]) -> None:
    """As the program itself does, without doing anything. Raises ``click.UsageError``."""
    context = click.Context(program, info_name="sluice")
    given = [SUBJECTS.get(each, each) for each in arguments if not re.fullmatch(r"\[.*\]|[\[\]|]", each)]
    if not given or given[0].startswith("-") or given[-1] == "--help":
        return
    name, command, rest = program.resolve_command(context, given)
    assert command is not None
    command.make_context(name, rest, parent=context)


@pytest.mark.parametrize("block", BLOCKS, ids=block_id)
def test_a_block_says_what_it_is(block: Block) -> None:
    assert block.language in list(Language), (
        "write the language after the fence: tests/support/pages.py has them"
    )
    assert block.is_classified, (
        f"nobody knows what {block.mark!r} means: tests/support/pages.py says what there is"
    )


@each(Language.TEXT)
def test_a_text_hides_no_command(block: Block) -> None:
    first = [line.split()[0] for line in block.text.splitlines() if line.split()]

    assert not {"$", "kubectl", "helm", "make", "curl"} & set(first), "write sh or console"
    assert block.page.parent.name == "reference" or "sluice" not in first


@each(Language.PYTHON)
def test_python_is_python(block: Block) -> None:
    ast.parse(block.text)


@each(Language.YAML)
def test_a_fragment_is_understood_by_the_model_that_it_is_a_part_of(block: Block) -> None:
    documents = list(cast("Iterator[dict[str, Any]]", yaml.safe_load_all(block.text)))
    found = FRAGMENT.fullmatch(block.mark)
    if found is None:
        assert all("apiVersion" in each and "kind" in each for each in documents), (
            "a part says of what it is one"
        )
        return
    models: dict[str, type[BaseModel]] = {"Pipeline": PipelineSpec, "Deployment": DeploymentSpec}
    model = models[found[1]]
    for given in documents:
        read = model.model_validate(given)

        assert read.model_dump(by_alias=True, exclude_unset=True, mode="json") == given


@each(*COMMANDS)
def test_commands_are_written_for_a_shell(block: Block) -> None:
    script = "\n".join(command.text for command in block.commands())
    done = subprocess.run(
        ["bash", "-n"], input=script, capture_output=True, text=True, timeout=20, check=False
    )

    assert block.commands(), "a transcript begins with $"
    assert done.returncode == 0, done.stderr


@each(*COMMANDS)
def test_every_sluice_command_of_a_block_is_one_that_the_program_takes(block: Block) -> None:
    for command in block.commands():
        for arguments in sluice_commands(command.text):
            parse(arguments)


@pytest.mark.parametrize("page", [page for page in PAGES if page.name != "CHANGELOG.md"], ids=page_name)
def test_every_sluice_command_in_the_prose_is_one_that_the_program_takes(page: Path) -> None:
    for span in IN_PROSE.findall(prose_of(page)):
        if not span.startswith(("sluice ", "kubectl sluice ")):
            continue
        for arguments in sluice_commands(span.replace("...", "").replace("[--force]", "--force")):
            # A sentence may name a command without its subject, and an option without its value.
            with contextlib.suppress(click.MissingParameter, click.BadOptionUsage):
                parse(arguments)


@each_page
def test_every_file_of_the_repository_that_a_page_names_is_there(page: Path) -> None:
    code = [*IN_PROSE.findall(prose_of(page)), *(block.text for block in BLOCKS if block.page == page)]
    named = {path for part in code for path in PATH.findall(part) if not path.startswith(MADE)}

    def is_there(path: str) -> bool:
        places = (ROOT, page.parent, ROOT / "operator" / "sluice")
        return any(next(place.glob(f"{path}*"), None) for place in places)

    assert {path for path in named if not is_there(path)} == set()


def test_a_command_that_the_program_does_not_take_would_be_found() -> None:
    for wrong in ("stop", "stopp orders", "stop orders --graceful", "stop orders --timeout soon"):
        with pytest.raises(click.UsageError):
            parse(shlex.split(wrong))


def test_what_a_page_shows_is_compared_with_what_is_printed() -> None:
    shown = Command(1, "", ("NAME  AGE", "...", "census ... 12 s  now"), do_numbers_count=False)
    exact = Command(1, "", ("3 pods",), do_numbers_count=True)

    assert difference(shown, "NAME   AGE\nanything\ncensus Running 3 min 2 s 1.5 h\n") is None
    assert difference(shown, "NAME   AGE\nanything\norders Running 3 min 2 s 1.5 h\n") is not None
    assert difference(exact, "3 pods\n") is None
    assert difference(exact, "4 pods\n") is not None


@each_page
def test_all_code_of_a_page_is_in_fences(page: Path) -> None:
    tokens = MarkdownIt("commonmark").parse(page.read_text(encoding="utf-8"))

    assert [token.map for token in tokens if token.type == "code_block"] == [], (
        "indented code is run by nobody"
    )
