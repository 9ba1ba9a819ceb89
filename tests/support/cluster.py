"""A real API server for the integration tests: the cluster that the environment names."""

import json
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from support.kubectl import KUBECTL, Kubectl, Manifest, wait_until

CRD_FILES = sorted((Path(__file__).parents[2] / "crds").glob("*.yaml"))

REACHABLE_SECONDS = 20
SERVED_SECONDS = 20


@pytest.fixture(scope="session")
def cluster() -> Kubectl:
    """kubectl for the test cluster. Only a named one: the tests must not end up in somebody's own."""
    problem = _why_unreachable()
    if problem is not None:
        pytest.fail(problem, pytrace=False)
    return Kubectl()


def _why_unreachable() -> str | None:
    place = os.environ.get("KUBECONFIG")
    if not place:
        return "KUBECONFIG names no test cluster: run `make cluster` and set it"
    if shutil.which(KUBECTL) is None:
        return f"{KUBECTL} is not on PATH: set KUBECTL to its path"

    def is_ready() -> tuple[bool, object]:
        answer = Kubectl().run("get", "--raw", "/readyz")
        return answer.code == 0, answer.err.strip()

    try:
        wait_until("the API server to answer", is_ready, REACHABLE_SECONDS)
    except AssertionError as waited:
        return f"no cluster behind KUBECONFIG={place}: {waited}"
    return None


@pytest.fixture(scope="session")
def crds(cluster: Kubectl) -> Kubectl:
    """A cluster that serves the committed CRDs."""
    assert CRD_FILES, "crds/ is empty: run `python -m sluice.api.crd`"
    for path in CRD_FILES:
        cluster.must("apply", "--server-side", "--force-conflicts", "-f", str(path))
        crd = yaml.safe_load(path.read_text(encoding="utf-8"))
        _wait_until_served(cluster, crd)
    return cluster


def _wait_until_served(cluster: Kubectl, crd: Manifest) -> None:
    """Established speaks of the names only; what is in force is told by what the API publishes."""
    name = crd["metadata"]["name"]
    version = crd["spec"]["versions"][0]
    wanted = _essence(version["schema"]["openAPIV3Schema"])
    api = f"/openapi/v3/apis/{crd['spec']['group']}/{version['name']}"
    schema_name = ".".join([*reversed(crd["spec"]["group"].split(".")), version["name"]])
    schema_name += f".{crd['spec']['names']['kind']}"

    def is_established() -> tuple[bool, object]:
        conditions: list[Manifest] = cluster.get("crd", name).get("status", {}).get("conditions", [])
        states = {condition["type"]: condition["status"] for condition in conditions}
        return states.get("Established") == "True", conditions

    def is_published() -> tuple[bool, object]:
        answer = cluster.run("get", "--raw", api)
        if answer.code != 0:
            return False, answer.err.strip()
        schemas: Manifest = json.loads(answer.out)["components"]["schemas"]
        published = schemas.get(schema_name)
        return published is not None and _essence(published) == wanted, sorted(schemas)

    wait_until(f"{name} to be established", is_established, SERVED_SECONDS)
    wait_until(f"the API server to publish {name} as it is in crds/", is_published, SERVED_SECONDS)


def _essence(schema: Manifest) -> tuple[object, ...]:
    """What the API server publishes as it was applied; it words metadata by itself."""
    fields = schema["properties"]
    return fields["spec"], fields["status"], schema["x-kubernetes-validations"]


@pytest.fixture(scope="module")
def namespace(crds: Kubectl, request: pytest.FixtureRequest) -> Iterator[Kubectl]:
    """kubectl in a namespace of the test module's own, which goes with it."""
    module = request.node.name.removeprefix("test_").removesuffix(".py").replace("_", "-")
    name = f"{module}-{secrets.token_hex(3)}"
    crds.must("create", "namespace", name)
    yield crds.in_namespace(name)
    # Its end is not waited for: no other test uses the name.
    crds.must("delete", "namespace", name, "--wait=false")
