"""The command line: builds what is missing, goes inside, measures, reports."""

import argparse
import asyncio
import shutil
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from bench import isolation
from bench.api import connect
from bench.builds import Programs, ensure_programs
from bench.control_plane import ControlPlane
from bench.isolation import SERVER
from bench.machine import describe_machine, describe_versions
from bench.processes import Processes
from bench.report import show, write_files
from bench.results import MEASURES, Results
from bench.run import Run
from bench.runtime_control import serve_runtimes
from bench.steps import choose, take
from bench.verdicts import build_lines
from localkube.progress import LocalkubeError, Progress

SECONDS_FOR_ALL: Final = 480.0
SECONDS_AN_OBJECT: Final = 2.0
TOO_FEW: Final = 20
INTERRUPTED: Final = 130
LOG_WIDTH: Final = 170


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--objects", type=int, default=1000, help="how many of each kind (default: 1000)")
    parser.add_argument("--only", default="", help="some of the measures, for example P1,P5")
    parser.add_argument("--rest", type=float, default=30.0, help="seconds that P6 looks at (default: 30)")
    parser.add_argument("--output", type=Path, default=Path("build/bench"), help="default: build/bench")
    options = parser.parse_args(arguments)
    wanted = {name.strip().upper() for name in options.only.split(",") if name.strip()}
    if options.objects < TOO_FEW:
        parser.error(f"--objects: at least {TOO_FEW}")
    if unknown := wanted - set(MEASURES):
        parser.error(f"--only: there is no {', '.join(sorted(unknown))}; there are {', '.join(MEASURES)}")
    options.measures = tuple(name for name in MEASURES if name in wanted or not wanted)
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark and return its exit code: 0 when everything that was to be measured was."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    options = parse(given)
    try:
        programs = ensure_programs(Progress(2))
        scratch = isolation.scratch_folder()
        if scratch is None:
            return isolation.enter(given)
        # Both end the run alike, whatever the shell had set: the processes end, and it tells what it has.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.default_int_handler)
        isolation.set_up_network()
        return _measure(options, programs, scratch)
    except LocalkubeError as error:
        print(error.render(), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED


def _measure(options: argparse.Namespace, programs: Programs, scratch: Path) -> int:
    output: Path = options.output
    shutil.rmtree(output / "logs", ignore_errors=True)
    results = Results(options.objects)
    about = {"machine": describe_machine(), "versions": describe_versions()}
    interrupted = False
    with Processes(output / "logs") as processes:
        plane = ControlPlane(scratch, programs)
        try:
            asyncio.run(_run(options, plane, processes, results))
        except KeyboardInterrupt:
            interrupted = True
            results.failures["run"] = "interrupted"
        except (LocalkubeError, TimeoutError) as error:
            results.failures["run"] = str(error) or "it took too long"
    _report(output, results, options.measures, about)
    if interrupted:
        return INTERRUPTED
    return 1 if results.failures else 0


async def _run(
    options: argparse.Namespace, plane: ControlPlane, processes: Processes, results: Results
) -> None:
    steps = choose(options.measures)
    progress = Progress(len(steps) + 1)
    async with asyncio.timeout(SECONDS_FOR_ALL + SECONDS_AN_OBJECT * options.objects + options.rest):
        with progress.step("starting an API server of its own"):
            plane.prepare()
            plane.start(processes)
        async with (
            connect(SERVER, plane.ssl_context()) as api,
            serve_runtimes(processes) as runtime,
        ):
            run = Run(api, plane, processes, results, progress, options.rest)
            await run.install()
            await take(run, runtime, steps)


def _report(output: Path, results: Results, measures: tuple[str, ...], about: dict[str, Any]) -> None:
    lines = build_lines(results, measures)
    write_files(output, results, lines, about)
    console = Console()
    # In a log nothing is folded to the width of a terminal.
    show(console if console.is_terminal else Console(width=LOG_WIDTH), results, lines)
