"""What the operator was granted, against what it asked for by the API server's log of the end-to-end tests.

A permission that nothing uses is one too many. One that is missing is a defect, which a test may have slept
through. This runs after the suites whose requests it reads.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.chart import CHART, NAMESPACE
from support.installation import kill_operator, wait_for_operator
from support.kubectl import Kubectl, Manifest, wait_until
from support.localkube import audit_log

from sluice.api import constants

ACCOUNT = f"system:serviceaccount:{NAMESPACE}:sluice-operator"
SWEPT_SECONDS = 50
Permission = tuple[str, str, str]
"""Group, resource and verb."""

NOT_LOGGED: dict[Permission, str] = {
    (
        "",
        "pods/exec",
        "create",
    ): "asked for besides get, when a WebSocket is opened; the log has the GET alone",
}
EVERYBODYS: set[Permission] = {("authorization.k8s.io", "selfsubjectaccessreviews", "create")}
"""What every account may do: the check at the operator's start."""


def granted() -> set[Permission]:
    """Everything in the chart's list."""
    lists = yaml.safe_load((CHART / "files" / "operator-permissions.yaml").read_text())
    return {
        (group, resource, verb)
        for rule in [*lists["namespaced"], *lists["cluster"]]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def entries() -> Iterator[dict[str, Any]]:
    """The operator's requests for resources, the oldest first."""
    log = audit_log()
    if log is None:
        pytest.skip("kind serves here, whose API server keeps no audit log")
    for path in sorted(log.parent.glob(f"{log.stem}*{log.suffix}"), key=_age):
        with path.open() as lines:
            for line in lines:
                # A cheap look first: most lines are somebody else's.
                if ACCOUNT in line:
                    entry: dict[str, Any] = json.loads(line)
                    if entry["user"]["username"] == ACCOUNT and "objectRef" in entry:
                        yield entry


def _age(path: Path) -> float:
    return path.stat().st_mtime


def permission_of(entry: dict[str, Any]) -> Permission:
    reference = entry["objectRef"]
    resource = "/".join(part for part in (reference["resource"], reference.get("subresource")) if part)
    return reference.get("apiGroup", ""), resource, entry["verb"]


@pytest.fixture(scope="module")
def asked() -> list[dict[str, Any]]:
    found = list(entries())
    assert found, f"no request of {ACCOUNT} is logged: run the end-to-end suites first"
    return found


def test_a_stored_spec_whose_owner_is_gone_is_swept_soon_after_a_start(cluster: Kubectl) -> None:
    """The rarest of requests: without this the log of a short run might lack it."""
    home = cluster.in_namespace("default")
    labels = {constants.LABEL_MANAGED_BY: constants.MANAGED_BY, constants.LABEL_UID: "somebody-gone"}
    manifest: Manifest = {
        "apiVersion": "apps/v1",
        "kind": "ControllerRevision",
        "metadata": {"name": "orphan", "labels": labels},
        "revision": 1,
        "data": {},
    }
    home.must("apply", "-f", "-", manifest=manifest)

    system = cluster.in_namespace(NAMESPACE)
    kill_operator(system)

    def is_swept() -> tuple[bool, object]:
        found = home.look("controllerrevision/orphan")
        return found is None, found

    wait_until("the orphan to be swept", is_swept, SWEPT_SECONDS)
    wait_for_operator(system)


def test_no_permission_is_granted_that_nothing_uses(asked: list[dict[str, Any]]) -> None:
    used = {permission_of(entry) for entry in asked}

    assert sorted(granted() - used - NOT_LOGGED.keys()) == []


def test_no_permission_is_missing(asked: list[dict[str, Any]]) -> None:
    # Refused meanwhile: while a release is replaced, and where a test grants less on purpose.
    refused = {
        permission_of(entry)
        for entry in asked
        if entry.get("annotations", {}).get("authorization.k8s.io/decision") == "forbid"
    }

    assert sorted(refused - granted()) == []


def test_nothing_is_asked_for_that_is_on_no_list(asked: list[dict[str, Any]]) -> None:
    assert sorted({permission_of(entry) for entry in asked} - granted() - EVERYBODYS) == []
