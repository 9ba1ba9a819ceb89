"""The state diagram of the documents, made from the changes of the combined status that the explorer found.

An arrow that all statuses with compute share is drawn once, from the frame around them. A change that has no
arrow in ``layout``, or an arrow that stands for no change, is an error: the picture shows what is so.
"""

from collections.abc import Iterable
from pathlib import Path

from .layout import (
    ANSWERING,
    ANSWERS,
    ARROWS,
    BOX_HEIGHT,
    BOX_WIDTH,
    COLOURS,
    FRAMES,
    GROUP,
    HEIGHT,
    MEMBERS,
    PLACES,
    UNAVAILABLE,
    WIDTH,
    Arrow,
    Frame,
)
from .setting import Setting
from .settings import DEFAULT
from .side_by_side import survey_all

Edge = tuple[str, str]
Drawn = dict[Edge, list[str]]
"""Arrows, each with the members of the frame that it stands for."""

STYLE = """\
text { font: 500 15px system-ui, "Segoe UI", Helvetica, Arial, sans-serif; fill: #18181b; }
.label { font-size: 12.5px; font-weight: 400; fill: #3f3f46; }
.label { paint-order: stroke; stroke: #fff; stroke-width: 4px; }
.note { font-size: 12.5px; font-weight: 400; fill: #52525b; }
.arrow { fill: none; stroke: #71717a; stroke-width: 1.5; marker-end: url(#head); }"""


class LayoutError(Exception):
    """The picture and what was found do not fit. The message says what to add or to remove."""


def found_edges(settings: Iterable[Setting]) -> set[Edge]:
    """Every change of the combined status in these settings."""
    return {edge for found in survey_all(list(settings)).values() for edge in found.edges}


def fold(edges: Iterable[Edge]) -> Drawn:
    """The arrows that stand for these changes."""
    drawn: Drawn = {}
    for before, after in sorted(edges):
        arrow, members = _fold_one(before, after)
        drawn.setdefault(arrow, []).extend(members)
    return drawn


def _fold_one(before: str, after: str) -> tuple[Edge, list[str]]:
    """The arrow that a change belongs to, and the status of a frame that it stands for there."""
    match before in MEMBERS, after in MEMBERS:
        case True, True if after == UNAVAILABLE:
            return (ANSWERS, after), [before]
        case True, True if before == UNAVAILABLE:
            return (before, ANSWERS), [after]
        case True, False:
            return (GROUP, after), [before]
        case False, True:
            return (before, GROUP), [after]
        case _:
            return (before, after), []


def to_mermaid(edges: Iterable[Edge]) -> str:
    """The same as text, which Git hosts render."""
    lines = ["stateDiagram-v2"]
    lines += [f"    {_mermaid(before)} --> {_mermaid(after)}" for before, after in sorted(edges)]
    return "\n".join(lines) + "\n"


def _mermaid(status: str) -> str:
    return "[*]" if status == "New" else status


def to_svg(edges: Iterable[Edge]) -> str:
    """The picture. Raises ``LayoutError`` when it does not fit what was found."""
    drawn = fold(edges)
    missing, idle = drawn.keys() - ARROWS.keys(), ARROWS.keys() - drawn.keys()
    if missing or idle:
        raise LayoutError(f"layout.ARROWS: add {sorted(missing)}, remove {sorted(idle)}")
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
        ' aria-label="The states of a pipeline">',
        f"<style>\n{STYLE}\n</style>",
        '<defs><marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8"'
        ' orient="auto-start-reverse"><path d="M0,0.8 L9.5,5 L0,9.2 z" fill="#71717a"/></marker></defs>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        *(line for frame in FRAMES for line in _frame(frame)),
        *(_arrow(ARROWS[edge]) for edge in sorted(drawn)),
        *(_box(status) for status in PLACES),
        *(_label(edge, members) for edge, members in sorted(drawn.items())),
        "</svg>",
    ]
    return "\n".join(line for line in lines if line) + "\n"


def _frame(frame: Frame) -> list[str]:
    left, top, right, bottom = frame.corners
    size = f'width="{right - left}" height="{bottom - top}"'
    return [
        f'<rect x="{left}" y="{top}" {size} rx="14" fill="#71717a" fill-opacity="0.05" stroke="#a1a1aa"'
        ' stroke-dasharray="6 4"/>',
        f'<text class="note" x="{left + 14}" y="{bottom - 12}">{frame.note}</text>',
    ]


def _box(status: str) -> str:
    x, y = PLACES[status]
    fill, stroke = COLOURS[status]
    left, top = x - BOX_WIDTH // 2, y - BOX_HEIGHT // 2
    return (
        f'<rect x="{left}" y="{top}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="10" fill="{fill}"'
        f' stroke="{stroke}" stroke-width="1.5"/>'
        f'<text x="{x}" y="{y + 5}" text-anchor="middle">{status}</text>'
    )


def _arrow(arrow: Arrow) -> str:
    return f'<path class="arrow" d="{arrow.path}"/>'


def _label(edge: Edge, members: list[str]) -> str:
    arrow = ARROWS[edge]
    if not arrow.text:
        return ""
    x, y = arrow.label
    text = arrow.text + _which(members, ANSWERING if ANSWERS in edge else MEMBERS)
    return f'<text class="label" x="{x}" y="{y}" text-anchor="{arrow.anchor}">{text}</text>'


def _which(members: list[str], all_of_them: tuple[str, ...]) -> str:
    """Which of the frame's statuses an arrow stands for, where it is not all of them."""
    others = [member for member in all_of_them if member not in members]
    if not members or not others:
        return ""
    if len(others) <= len(all_of_them) // 2:
        return f" (not {', '.join(others)})"
    return f" ({', '.join(members)})"


def write(svg: Path) -> None:
    """Write the picture, and the text beside it."""
    edges = found_edges(DEFAULT)
    svg.parent.mkdir(parents=True, exist_ok=True)
    svg.write_text(to_svg(edges))
    svg.with_suffix(".mmd").write_text(to_mermaid(edges))
