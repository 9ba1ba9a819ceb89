"""The package as a whole: what it imports and when."""

import json
import subprocess
import sys

from .harness import REPOSITORY

LOADED = """
import json, pkgutil, sys
import sluice.runtime
early = [name for name in sys.modules if name.startswith("aiohttp")]
for module in pkgutil.iter_modules(sluice.runtime.__path__, "sluice.runtime."):
    if not module.name.endswith("__main__"):
        __import__(module.name)
ours = sorted(name for name in sys.modules if name.startswith("sluice."))
print(json.dumps({"early": early, "ours": ours}))
"""


def loaded() -> dict[str, list[str]]:
    command = [sys.executable, "-c", LOADED]
    output = subprocess.run(
        command, env={"PYTHONPATH": str(REPOSITORY / "operator")}, capture_output=True, text=True, check=True
    ).stdout
    modules: dict[str, list[str]] = json.loads(output)
    return modules


def test_the_runtime_needs_only_the_contract_from_the_operator() -> None:
    foreign = [name for name in loaded()["ours"] if not name.startswith("sluice.runtime")]
    assert foreign == ["sluice.contract"]


def test_the_http_server_is_imported_after_the_signal_handlers_are_in_place() -> None:
    assert loaded()["early"] == []
