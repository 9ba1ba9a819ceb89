"""The commands of a page, run as its reader would run them: one shell, from top to bottom."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from support.kubectl import KUBECTL
from support.pages import ROOT, Command, difference

BIN = Path(sys.executable).parent
PAGE_SECONDS = 150
BEGINNING_SECONDS = 2
"""For what is begun with ``&``, before the next command counts on it."""
ASKS = "echo $?"

HEAD = "code=0\n"
STEP = """\
{{ (exit $code)
{command}
}} >{place}.out 2>&1 </dev/null
code=$?
{pause}
echo $code >{place}.code
{guard}
"""


@dataclass(frozen=True)
class Step:
    """What became of a command. The code is ``None`` for one that was not come to, or that did not end."""

    command: Command
    code: int | None
    printed: str


def run_page(
    commands: Sequence[Command], directory: Path, kubeconfig: Path | None, folder: Path = ROOT
) -> list[Step]:
    """Run the commands in ``folder``, until one fails. ``directory`` holds what each printed."""
    script = HEAD + "".join(
        _step(command, directory / str(number), may_fail=_is_asked_for(commands, number))
        for number, command in enumerate(commands)
    )
    _run_script(script, folder, kubeconfig)
    return [_read(command, directory / str(number)) for number, command in enumerate(commands)]


def _run_script(script: str, folder: Path, kubeconfig: Path | None) -> None:
    """Run it to its end or to that of its time. What it began and left behind ends with it."""
    with subprocess.Popen(
        ["bash", "--noprofile", "--norc"],
        stdin=subprocess.PIPE,
        cwd=folder,
        env=_environment(kubeconfig),
        text=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as shell:
        # Where the time is over, what is there tells how far it came.
        with contextlib.suppress(subprocess.TimeoutExpired):
            shell.communicate(script, timeout=PAGE_SECONDS)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(shell.pid, signal.SIGKILL)


def what_went_wrong(steps: Sequence[Step], name: str) -> list[str]:
    """For each command that did not do what the page says, where it is and what it did."""
    wrong = list[str]()
    for number, step in enumerate(steps):
        place = f"{name}:{step.command.line}: {step.command.text}"
        if step.code is None:
            return [
                *wrong,
                f"{place}\nnobody came to its end within {PAGE_SECONDS} s; it printed: {step.printed}",
            ]
        if step.code and not _is_asked_for([each.command for each in steps], number):
            return [*wrong, f"{place}\nended with {step.code}: {step.printed}"]
        # What goes on in the background prints whenever it likes.
        found = None if _is_begun(step.command) else difference(step.command, step.printed)
        if found is not None:
            wrong.append(f"{place}\n{found}")
    return wrong


def _is_asked_for(commands: Sequence[Command], number: int) -> bool:
    """Whether the next command asks for this one's exit code."""
    return number + 1 < len(commands) and commands[number + 1].text.strip() == ASKS


def _is_begun(command: Command) -> bool:
    """Whether the shell goes on without waiting for its end."""
    return command.text.rstrip().endswith("&")


def _step(command: Command, place: Path, *, may_fail: bool) -> str:
    pause = f"sleep {BEGINNING_SECONDS}" if _is_begun(command) else ""
    guard = "" if may_fail else "[ $code = 0 ] || exit 1"
    return STEP.format(command=command.text, place=place, pause=pause, guard=guard)


def _read(command: Command, place: Path) -> Step:
    code, printed = place.with_suffix(".code"), place.with_suffix(".out")
    return Step(
        command,
        int(code.read_text()) if code.exists() else None,
        printed.read_text(errors="replace") if printed.exists() else "",
    )


def _environment(kubeconfig: Path | None) -> dict[str, str]:
    """A person's: the commands on the path, and a kubeconfig of the page's own."""
    kubectl = shutil.which(KUBECTL)
    path = [str(BIN), *([str(Path(kubectl).parent)] if kubectl else []), os.environ["PATH"]]
    return {
        **os.environ,
        "PATH": os.pathsep.join(path),
        # As wide as a terminal of today: what a table shows depends on it.
        "COLUMNS": "160",
        **({"KUBECONFIG": str(kubeconfig)} if kubeconfig else {}),
    }
