"""Words that more than one command uses: commands as the person would type them, times and durations."""

from dataclasses import dataclass
from datetime import datetime

MINUTE, HOUR, DAY = 60, 3600, 86400


@dataclass(frozen=True, slots=True)
class Words:
    """Fills in what a template leaves open, so that every command in a sentence can be pasted."""

    cli: str
    name: str
    on: str = ""
    """The namespace's option, where it was given."""

    def fill(self, template: str) -> str:
        """The sentence for this pipeline."""
        return template.format(cli=self.cli, name=self.name, on=self.on)

    def command(self, verb: str) -> str:
        """A command on this pipeline."""
        return f"`{self.cli} {verb} {self.name}{self.on}`"


def duration(seconds: float) -> str:
    """As short as a person says it: ``0.4 s``, ``12 s``, ``3 min 5 s``, ``2 h 10 min``, ``4 d 3 h``."""
    if seconds < 10:
        return f"{max(0.0, seconds):.1f} s"
    whole = round(seconds)
    for unit, name, smaller, small_name in (
        (DAY, "d", HOUR, "h"),
        (HOUR, "h", MINUTE, "min"),
        (MINUTE, "min", 1, "s"),
    ):
        if whole >= unit:
            rest = whole % unit // smaller
            return f"{whole // unit} {name}" + (f" {rest} {small_name}" if rest else "")
    return f"{whole} s"


def ago(moment: datetime | None, now: datetime) -> str:
    """For how long already; a dash where there is no moment."""
    if moment is None:
        return "-"
    seconds = (now - moment).total_seconds()
    return "now" if seconds < 10 else duration(seconds)


def size(count: float | None) -> str:
    """Bytes as people read them."""
    if count is None:
        return "-"
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} TiB"


def sentence(text: str) -> str:
    """With a capital letter and a full stop."""
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?", "…")) else ".") if text else ""
