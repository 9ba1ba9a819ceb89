"""The fenced blocks of the documents: what each is, and what becomes of it in the tests.

The first word of a fence's info string is its language; what follows is for the tests, and shown nowhere.

- ``yaml`` holds manifests, which an API server has to take; ``yaml fragment of Pipeline.spec`` a part of one.
- ``console`` holds commands after ``$`` and what they print; ``sh`` commands alone. Both are run, page by
  page, from top to bottom, in one shell. A command has to end with 0, unless the next one asks for ``$?``.
  ``...`` stands for anything, on a line of its own for any lines. After ``numbers vary`` numbers, durations,
  sizes, ids and the width of gaps do not count.
- ``not run: REASON`` keeps a block from being run.
- ``python`` has to be Python. ``text`` and ``mermaid`` are for people.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

from markdown_it import MarkdownIt

ROOT: Final = Path(__file__).resolve().parents[2]
PLACES: Final = (
    "*.md",
    "docs/**/*.md",
    "cluster/README.md",
    "charts/**/README.md",
    "examples/**/README.md",
)
PAGES: Final = sorted({page for place in PLACES for page in ROOT.glob(place)})

NOT_RUN: Final = re.compile(r"not run: (.+)")
FRAGMENT: Final = re.compile(r"fragment of (Pipeline|Deployment)\.spec")
NUMBERS_VARY: Final = "numbers vary"
PROMPT: Final = "$ "
CONTINUED: Final = "> "


class Language(StrEnum):
    """Languages of blocks that the tests know."""

    YAML = "yaml"
    CONSOLE = "console"
    SHELL = "sh"
    PYTHON = "python"
    TEXT = "text"
    MERMAID = "mermaid"


COMMANDS: Final = (Language.CONSOLE, Language.SHELL)


@dataclass(frozen=True)
class Command:
    """One command, and what the page says that it prints. ``None``: it says nothing of that."""

    line: int
    text: str
    prints: tuple[str, ...] | None
    do_numbers_count: bool


@dataclass(frozen=True)
class Block:
    """One fenced block."""

    page: Path
    line: int
    language: str
    mark: str
    text: str

    @property
    def name(self) -> str:
        """Where it is."""
        return f"{page_name(self.page)}:{self.line}"

    @property
    def why_not_run(self) -> str | None:
        """The reason that the page gives."""
        found = NOT_RUN.fullmatch(self.mark)
        return found[1] if found else None

    @property
    def is_classified(self) -> bool:
        """Whether what follows the language means something for this language."""
        if not self.mark or (self.language in (*COMMANDS, Language.YAML) and self.why_not_run):
            return True
        if self.language == Language.YAML:
            return FRAGMENT.fullmatch(self.mark) is not None
        return self.language == Language.CONSOLE and self.mark == NUMBERS_VARY

    def commands(self) -> list[Command]:
        """Its commands, in order."""
        if self.language == Language.SHELL:
            return [
                Command(self.line + 1 + number, text, None, True)
                for number, text in _shell_commands(self.text)
            ]
        return self._transcript()

    def _transcript(self) -> list[Command]:
        commands = list[Command]()
        given, printed, begun = list[str](), list[str](), 0
        for number, line in enumerate([*self.text.splitlines(), PROMPT]):
            if line.startswith(PROMPT) or line == PROMPT.strip():
                if given:
                    text = "\n".join(given)
                    commands.append(Command(begun, text, tuple(printed), self.mark != NUMBERS_VARY))
                given, printed, begun = [line.removeprefix(PROMPT)], [], self.line + 1 + number
            elif line.startswith(CONTINUED) and not printed:
                given.append(line.removeprefix(CONTINUED))
            else:
                printed.append(line)
        return commands


def page_name(page: Path) -> str:
    """Its path from the repository's root."""
    return str(page.relative_to(ROOT))


@cache
def blocks_of(page: Path) -> tuple[Block, ...]:
    """Every fenced block of a page, as CommonMark has them."""
    tokens = MarkdownIt("commonmark").parse(page.read_text(encoding="utf-8"))
    found = list[Block]()
    for token in tokens:
        if token.type == "fence" and token.map is not None:
            language, _, mark = token.info.strip().partition(" ")
            found.append(Block(page, token.map[0] + 1, language, mark.strip(), token.content))
    return tuple(found)


def prose_of(page: Path) -> str:
    """The page without its blocks."""
    lines = page.read_text(encoding="utf-8").splitlines()
    for block in reversed(blocks_of(page)):
        del lines[block.line - 1 : block.line + 1 + len(block.text.splitlines())]
    return "\n".join(lines) + "\n"


def all_blocks() -> list[Block]:
    """Every block of every page."""
    return [block for page in PAGES for block in blocks_of(page)]


def _shell_commands(text: str) -> list[tuple[int, str]]:
    """Lines of a script with their numbers. One that ends with a backslash goes on in the next."""
    commands = list[tuple[int, str]]()
    given, begun = list[str](), 0
    for number, line in enumerate(text.splitlines()):
        if not given:
            begun = number
        if line.strip() or given:
            given.append(line)
        if given and not line.endswith("\\"):
            commands.append((begun, "\n".join(given)))
            given = []
    return commands


VARYING: Final = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    r"|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?Z?|\d\d:\d\d:\d\d"
    r"|(?<![\w.])\d+(?: d \d+ h| h \d+ min| min \d+ s|d\d+h|h\d+m|m\d+s)\b"
    r"|(?<![\w.])\d+(?:\.\d+)? ?(?:min|ms|[smhd]|[KMG]i?B|B)\b"
    r"|(?<![\w-])(?:now|-)(?![\w-])"
    r"|\d+(?:\.\d+)?"
)
"""Ids, times, durations and sizes, the words for none of them, and numbers."""


SINCE: Final = re.compile(r"\bhas been (\w+) for # ?")
"""What the command line says instead of "is", once it has been so for ten seconds."""
ANY_LINES: Final = r"(?:[^\n]*\n)*"


def difference(command: Command, printed: str) -> str | None:
    """Where what was printed is not what the page says; ``None`` when it is."""
    if command.prints is None:
        return None
    wanted = [_plain(line, command) for line in command.prints]
    seen = [_plain(line, command) for line in printed.splitlines()]
    pattern = "".join(ANY_LINES if line == "..." else f"{_pattern(line)}\n" for line in wanted)
    if re.fullmatch(pattern, "".join(f"{line}\n" for line in seen)):
        return None
    return "the page says:\n  " + "\n  ".join(wanted) + "\nit prints:\n  " + "\n  ".join(seen)


def _plain(line: str, command: Command) -> str:
    if command.do_numbers_count:
        return line.rstrip()
    return SINCE.sub(r"is \1", " ".join(VARYING.sub("# ", line).split()))


def _pattern(line: str) -> str:
    return ".*".join(re.escape(part) for part in line.split("..."))
