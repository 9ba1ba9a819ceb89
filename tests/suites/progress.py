"""Tells the person who waits what runs and for how long: a live line, or one now and then."""

from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.status import Status
from rich.text import Text

HEARTBEAT_SECONDS = 30
LAST_LINE_WIDTH = 80
_TAIL_BYTES = 4096


class Progress:
    """Used as a context around one suite; ``tick`` is called many times a second."""

    def __init__(self, console: Console, title: str, log: Path, *, is_streaming: bool) -> None:
        self._console = console
        self._title = title
        self._log = log
        self._is_streaming = is_streaming
        self._shown = log.stat().st_size if log.exists() else 0
        self._next_heartbeat = float(HEARTBEAT_SECONDS)
        self._before = 0.0
        self._latest = 0.0
        live = console.is_terminal and not is_streaming
        self._status: Status | None = console.status(title) if live else None

    def __enter__(self) -> "Progress":
        """Say what starts."""
        if self._status:
            self._status.start()
        else:
            self._console.print(f"{self._title} ...", highlight=False, markup=False)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take the live line away, or show what is left of the output."""
        if self._status:
            self._status.stop()
        if self._is_streaming:
            self._stream()

    def next_command(self) -> None:
        """The suite's next command counts its seconds from zero again."""
        self._before += self._latest
        self._latest = 0.0

    def tick(self, seconds: float) -> None:
        """Hear how long the running command has taken."""
        self._latest = seconds
        elapsed = self._before + seconds
        if self._is_streaming:
            self._stream()
        elif self._status:
            self._status.update(Text(f"{self._title}  {duration(elapsed)}  {last_line(self._log)}"))
        elif elapsed >= self._next_heartbeat:
            self._next_heartbeat += HEARTBEAT_SECONDS
            line = f"    {duration(elapsed)}  {last_line(self._log)}"
            self._console.print(line, highlight=False, markup=False)

    def _stream(self) -> None:
        if not self._log.exists():
            return
        with self._log.open("rb") as log:
            log.seek(self._shown)
            new = log.read()
        self._shown += len(new)
        self._console.file.write(new.decode(errors="replace"))
        self._console.file.flush()


def last_line(log: Path) -> str:
    """What a suite said last, short enough for a line."""
    lines = tail(log, 1)
    return lines[0][:LAST_LINE_WIDTH] if lines else ""


def tail(log: Path, lines: int, size: int = _TAIL_BYTES) -> list[str]:
    """The last lines of a log that are not empty."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - size))
            text = file.read().decode(errors="replace")
    except FileNotFoundError:
        return []
    return [line.rstrip() for line in text.splitlines() if line.strip()][-lines:]


def duration(seconds: float) -> str:
    """Seconds as a person says them."""
    whole = round(seconds)
    return f"{whole} s" if whole < 100 else f"{whole // 60} min {whole % 60:02} s"
