"""Starts job processes by fork from a process that has imported everything: imports take most of a start.

Each line on standard input is a request, each line on standard output its answer. A command forks a child
which runs a script or a module as ``python`` would; ``wait`` returns the exit code of one that has ended, or
null.
"""

import json
import os
import pkgutil
import runpy
import sys
import traceback
from pathlib import Path
from typing import Any, NoReturn

import aiohttp.web

import sluice.runtime

LOADED = (aiohttp.web, sluice.runtime)


def run_child(request: dict[str, Any]) -> NoReturn:
    output = os.open(request["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for descriptor in (1, 2):
        os.dup2(output, descriptor)
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.argv = list(request["command"])
    sys.path[:0] = request["path"]
    code = 0
    try:
        if sys.argv[0] == "-m":
            sys.argv.pop(0)
            runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
        else:
            sys.path.insert(0, str(Path(sys.argv[0]).parent))
            runpy.run_path(sys.argv[0], run_name="__main__")
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except Exception:  # noqa: BLE001 - what Python itself does at the end of a program
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    os._exit(code)


def wait_child(process: int) -> int | None:
    ended, status = os.waitpid(process, os.WNOHANG)
    return None if ended == 0 else os.waitstatus_to_exitcode(status)


def main() -> None:
    for module in pkgutil.iter_modules(sluice.runtime.__path__, "sluice.runtime."):
        if not module.name.endswith("__main__"):
            __import__(module.name)
    for line in sys.stdin:
        request: dict[str, Any] = json.loads(line)
        if "wait" in request:
            answer = wait_child(request["wait"])
        else:
            answer = os.fork()
            if answer == 0:
                run_child(request)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
