"""Every manifest in ``examples/``, applied as it is."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from support.kubectl import Kubectl, Manifest, wait_until
from support.pages import ROOT, page_name

from sluice.api.constants import API_VERSION

EXAMPLES = sorted((ROOT / "examples").rglob("*.yaml"))
EXPECTED = {
    "examples/pipeline.yaml": ("Running", "Running"),
    "examples/deployment.yaml": ("Running", "Running"),
    # Its image is one that no suite builds: 690 MB.
    "examples/battery_sweep/pipeline.yaml": ("Pending", "ElementsRunning"),
    # They come after one another, in the order of docs/backup.md, which is run as a whole.
    "examples/backup/copy.yaml": None,
    "examples/backup/restored.yaml": None,
}
"""Status and reason of ``Ready`` that each comes to."""
WAIT_SECONDS = 90


def test_every_example_is_known() -> None:
    assert {page_name(path) for path in EXAMPLES} == set(EXPECTED)


@pytest.mark.parametrize("path", EXAMPLES, ids=page_name)
def test_an_example_works_as_it_is(path: Path, own_namespace: Kubectl) -> None:
    own_namespace.must("apply", "-f", str(path))
    expected = EXPECTED[page_name(path)]
    if expected is None:
        return
    kind = next(
        each["kind"] for each in yaml.safe_load_all(path.read_text()) if each["apiVersion"] == API_VERSION
    )

    def look() -> tuple[bool, Any]:
        status = own_namespace.get(f"{kind.lower()}s.sluice.dev")["items"][0].get("status", {})
        conditions: list[Manifest] = status.get("conditions", [])
        ready = next((each for each in conditions if each["type"] == "Ready"), Manifest())
        return (status.get("deploymentStatus"), ready.get("reason")) == expected, status

    wait_until(f"{path.name} to be {expected}", look, WAIT_SECONDS)
