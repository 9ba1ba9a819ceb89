"""What docs/flux.md says of requests, held on the API server as Flux's kustomize-controller behaves.

Flux itself does not run here. What it does to an object is its ``pkg/ssa``: it takes the fields over that
``kubectl`` manages, and applies by server-side apply what Git has. Both are done here in the same way.
"""

import json

import pytest
from support.kubectl import Kubectl, Manifest
from support.pipeline import example_manifest
from support.terminal import run_without_terminal

FLUX = "kustomize-controller"
REQUESTS = "requests.sluice.dev/"


@pytest.fixture
def kept_by_flux(own_namespace: Kubectl) -> Kubectl:
    """kubectl where Flux keeps a pipeline that is wanted Stopped."""
    reconcile(own_namespace)
    return own_namespace


def reconcile(kubectl: Kubectl) -> None:
    """As Flux does at each interval, and at each commit."""
    if kubectl.look("slpl/orders") is not None:
        take_over(kubectl)
    manifest = example_manifest("orders", desiredStatus="Stopped")
    applied = ("apply", "--server-side", "--force-conflicts", f"--field-manager={FLUX}", "-f", "-")
    kubectl.must(*applied, manifest=manifest)


def take_over(kubectl: Kubectl) -> None:
    """Make the fields Flux's own that a manager whose name begins with ``kubectl`` has."""
    entries: list[Manifest] = kubectl.get("slpl/orders", "--show-managed-fields")["metadata"]["managedFields"]
    own = next(each for each in entries if (each["manager"], each["operation"]) == (FLUX, "Apply"))
    theirs = [each for each in entries if each["manager"].startswith("kubectl") and "subresource" not in each]
    for each in theirs:
        merge(own["fieldsV1"], each["fieldsV1"])
    left = [each for each in entries if each not in theirs]
    patch = [{"op": "replace", "path": "/metadata/managedFields", "value": left}]
    kubectl.must("patch", "slpl/orders", "--type=json", f"--field-manager={FLUX}", "-p", json.dumps(patch))


def merge(fields: Manifest, more: Manifest) -> None:
    """Add one set of fields to another."""
    for name, below in more.items():
        merge(fields.setdefault(name, {}), below)


def requests(kubectl: Kubectl) -> set[str]:
    """The requests on the pipeline, by their verbs."""
    annotations: dict[str, str] = kubectl.get("slpl/orders")["metadata"].get("annotations", {})
    return {name.removeprefix(REQUESTS) for name in annotations if name.startswith(REQUESTS)}


def test_flux_takes_away_what_kubectl_annotates_and_leaves_what_sluice_writes(kept_by_flux: Kubectl) -> None:
    kept_by_flux.must("annotate", "slpl", "orders", f"{REQUESTS}restart=by-hand")
    where = ("-n", kept_by_flux.namespace or "default")
    start = run_without_terminal("sluice", "pause", "orders", *where, "--no-wait")
    assert start.returncode == 0, start.stderr
    assert f"{FLUX} owns spec.desiredStatus" in start.stdout
    assert requests(kept_by_flux) == {"restart", "override"}

    reconcile(kept_by_flux)

    assert requests(kept_by_flux) == {"override"}
    assert kept_by_flux.get("slpl/orders")["spec"]["desiredStatus"] == "Stopped"


def test_flux_leaves_what_kubectl_annotates_under_another_name(kept_by_flux: Kubectl) -> None:
    named = "--field-manager=flux-client-side-apply"
    kept_by_flux.must("annotate", "slpl", "orders", named, f"{REQUESTS}restart=by-hand")

    reconcile(kept_by_flux)

    assert requests(kept_by_flux) == {"restart"}
