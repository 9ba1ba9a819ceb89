"""The command line of the explorer: ``make model``, or ``python -m model`` with ``tests/`` on the path."""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from . import diagram, judging, liveness, world_rules
from .explorer import Finding
from .setting import Setting
from .settings import SIZES
from .survey import Survey, survey

RULES = (*judging.RULES, *world_rules.RULES, *liveness.RULES)


def main(arguments: Sequence[str]) -> int:
    """Explore what was asked for; the last line says what was walked and what was broken."""
    options = _parse(arguments)
    if options.diagram is not None:
        diagram.write(options.diagram)
        _say(f"{options.diagram} and its .mmd are written")
        return 0
    states, transitions, findings = 0, 0, list[Finding]()
    for setting in SIZES[options.size]:
        if options.setting in (None, setting.name):
            found = _survey(setting)
            states, transitions = states + found.states, transitions + found.transitions
            findings += found.findings
    for finding in findings:
        _tell(finding)
    broken = len({finding.broken.rule for finding in findings})
    _say(f"model: {states} states, {transitions} transitions, {len(RULES)} rules checked, {broken} broken")
    return 1 if broken or not states else 0


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="model", description="Explore every state of the state machine.")
    parser.add_argument("--size", choices=sorted(SIZES), default="default", help="how much may happen")
    parser.add_argument("--setting", metavar="NAME", help="only this setting of the size")
    parser.add_argument("--diagram", type=Path, metavar="FILE.svg", help="write the state diagram and end")
    return parser.parse_args(arguments)


def _survey(setting: Setting) -> Survey:
    begun = time.monotonic()
    found = survey(setting)
    seconds = time.monotonic() - begun
    _say(
        f"  {setting.name:18} {found.states:8} states {found.transitions:9} transitions"
        f" {found.wishes:7} steps to wishes {seconds:6.1f} s"
    )
    return found


def _tell(finding: Finding) -> None:
    _say(f"\nbroken: {finding.broken.rule}: {finding.broken.message} (setting {finding.setting!r})")
    for number, sentence in enumerate(finding.path, 1):
        _say(f"  {number:3} {sentence}")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
