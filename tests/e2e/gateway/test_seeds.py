"""curl with the published pages' own examples, and two replicas that share nothing but the cluster."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.deployment import DeploymentAtWork, deployment_manifest, node_name
from support.gateway import CLERK, READER, Door
from support.kubectl import Kubectl, wait_until
from support.pipeline import PipelineAtWork, example_manifest, with_environment

SEED_002_ID = "a1b2c3d4-5678-90ef-ghij-klmnopqrstuv"
SEED_002_BODY = (
    '{\n"metadata": {\n"CLORE_API_KEY": "your-clore-api-key",\n"additional_key": "additional_value"\n}\n}'
)
"""As the page's curl sends them."""
REFUSAL = (Path(__file__).parent / "refusal.json").read_text(encoding="utf-8").strip()
"""Of seeds 000 and 001, as it stands there but for the spaces between its parts."""
JSON = ("-H", "Content-Type: application/json")


@pytest.fixture
def census(people: Kubectl) -> Iterator[PipelineAtWork]:
    """A pipeline whose process is deaf while it is being killed, so that its end takes a while."""
    at_work = PipelineAtWork(people, "census")
    manifest = with_environment(example_manifest("census"), ZONE_CENSUS_TEST_SNAPSHOT_SECONDS="600")
    at_work.apply(manifest)
    at_work.wait_for("Running")
    yield at_work
    at_work.send_away()


def test_a_start_while_it_stops_is_refused_in_the_seeds_words(census: PipelineAtWork, door: Door) -> None:
    clerk = door.as_account(CLERK)
    suspending = clerk.call("POST", "/v0/pipelines/census/stop?force=false")
    shown = clerk.call("GET", "/v0/pipelines/census").json
    stopping = clerk.call("POST", "/v0/pipelines/census/stop?force=true")
    deadline = time.monotonic() + 20
    refused = clerk.call("POST", "/v0/pipelines/census/start")
    while "current: 'Stopping'" not in refused.body and time.monotonic() < deadline:
        refused = clerk.call("POST", "/v0/pipelines/census/start")

    assert (suspending.status, suspending.body) == (202, '"Pipeline is suspending"')
    assert shown["deployment_desired_status"] == "Suspended"
    assert (stopping.status, stopping.body) == (202, '"Pipeline is forcefully stopping"')
    assert (refused.status, refused.body) == (400, REFUSAL)
    status = census.wait_for("Stopped")
    assert status["stop"]["mode"] == "Force"
    started = clerk.call(
        "POST",
        "/v0/pipelines/census/start?initial=running&bootstrap_policy=await_approval&dismiss_error=true",
    )
    assert (started.status, started.body) == (202, '"Pipeline is starting"')
    census.wait_for("Running")


def test_what_one_replica_writes_the_other_reads_at_once(
    people: Kubectl, door: Door, other_door: Door
) -> None:
    at_work = PipelineAtWork(people, "shared")
    at_work.apply(example_manifest("shared", desiredStatus="Stopped"))
    at_work.wait_for("Stopped")
    token = door.token(CLERK)
    one, other = door.with_bearer(token), other_door.with_bearer(token)
    seen: list[str] = []
    for _ in range(3):
        one.call("POST", "/v0/pipelines/shared/start")
        seen.append(other.call("GET", "/v0/pipelines/shared").json["deployment_desired_status"])
        other.call("POST", "/v0/pipelines/shared/stop?force=true")
        seen.append(one.call("GET", "/v0/pipelines/shared").json["deployment_desired_status"])
        at_work.wait_for("Stopped")
    at_work.send_away()

    assert seen == ["Running", "Stopped"] * 3


def test_a_container_on_a_machine_is_stopped_and_started_as_the_vendors_page_says(
    deployment: DeploymentAtWork, door: Door
) -> None:
    manifest = deployment_manifest(deployment.name, {"nodeName": node_name(door.namespace)})
    manifest["metadata"]["labels"] = {"sluice.dev/external-id": SEED_002_ID}
    deployment.apply(manifest)
    deployment.wait_for("Running")
    caller = door.with_key(door.make_key("vendor"))
    path = f"/vendors/v1/machines/deployments/{SEED_002_ID}"

    stopped = caller.call("POST", f"{path}/stop", *JSON, "-d", SEED_002_BODY)
    assert (stopped.status, stopped.body) == (200, f'{{"deployment_id":"{SEED_002_ID}"}}')
    deployment.wait_for("Stopped")
    assert deployment.pod() is None

    own = f"/vendors/v1/machines/deployments/{deployment.uid}"
    started = caller.call("POST", f"{own}/start", *JSON, "-d", SEED_002_BODY)
    assert (started.status, started.json) == (200, {"deployment_id": deployment.uid})
    deployment.wait_for("Running")
    codes = {
        400: caller.call("POST", f"{path}/stop", *JSON, "-d", '{"metadata": {"CLORE_API_KEY": ""}}').status,
        401: door.with_key("apikey:wrong").call("POST", f"{path}/stop", *JSON, "-d", SEED_002_BODY).status,
        403: door.with_key(door.make_key("looks", READER))
        .call("POST", f"{path}/stop", *JSON, "-d", SEED_002_BODY)
        .status,
        404: caller.call("POST", f"{path[:-1]}/stop", *JSON, "-d", SEED_002_BODY).status,
    }
    assert codes == {code: code for code in codes}
    assert deployment.status()["deploymentStatus"] == "Running"


def test_the_gateways_log_holds_no_token_no_key_and_no_credential(door: Door, system: Kubectl) -> None:
    key, token = door.make_key("logged"), door.token(CLERK)
    for caller in (door.with_key(key), door.with_bearer(token)):
        caller.call("GET", "/v0/pipelines/%0AERROR%20forged?secret=in-the-query")
        caller.call("POST", "/vendors/v1/machines/deployments/x/stop", *JSON, "-d", SEED_002_BODY)

    def look() -> tuple[bool, object]:
        log = system.must("logs", "-l", "app.kubernetes.io/name=sluice-gateway", "--tail=-1")
        return log.count("deployments/x/stop 404") >= 2, log[-2000:]

    wait_until("the requests to be in the log", look, 10)
    log = system.must("logs", "-l", "app.kubernetes.io/name=sluice-gateway", "--tail=-1")
    for secret in (key, key.rpartition(".")[2], token, "your-clore-api-key", "in-the-query"):
        assert secret not in log
    assert not [line for line in log.splitlines() if line.startswith("ERROR forged")]
