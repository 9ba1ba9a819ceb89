"""Whose request it is, and that Kubernetes decides what they may do."""

import json

import pytest
from support.gateway import CLERK, READER, Door
from support.kubectl import Kubectl, wait_until
from support.pipeline import PipelineAtWork, example_manifest

ORDERS = "/v0/pipelines/orders"


@pytest.fixture(scope="module")
def orders(people: Kubectl) -> PipelineAtWork:
    """A pipeline that is stopped."""
    at_work = PipelineAtWork(people, "orders")
    at_work.apply(example_manifest("orders", desiredStatus="Stopped"))
    at_work.wait_for("Stopped")
    return at_work


def test_kubernetes_decides_what_a_token_may_do(orders: PipelineAtWork, door: Door) -> None:
    reader, stranger, nobody = (
        door.as_account(READER),
        door.as_account("stranger"),
        door.with_bearer("made.up.x"),
    )

    assert reader.call("GET", ORDERS).status == 200
    for refused in (reader.call("POST", f"{ORDERS}/start"), stranger.call("GET", ORDERS)):
        assert (refused.status, refused.json["error_code"]) == (403, "Forbidden")
        assert "cannot" in refused.json["message"]
    unknown = nobody.call("GET", ORDERS)
    assert (unknown.status, unknown.json["error_code"]) == (401, "Unauthorized")
    assert orders.status()["deploymentStatus"] == "Stopped"


def test_a_key_is_as_good_as_its_service_account_until_it_is_revoked(
    orders: PipelineAtWork, door: Door
) -> None:
    reading, writing = door.make_key("reading", READER), door.make_key("writing")

    assert door.with_key(reading).call("GET", ORDERS).json["name"] == "orders"
    refused = door.with_key(reading).call("POST", f"{ORDERS}/start")
    assert (refused.status, refused.json["error_code"]) == (403, "Forbidden")
    assert door.with_bearer(writing).call("POST", f"{ORDERS}/clear").status == 202
    listed = door.as_account(CLERK).call("GET", "/v0/api-keys").json
    assert {each["name"]: each["service_account"] for each in listed} == {"reading": READER, "writing": CLERK}

    assert door.as_account(CLERK).call("DELETE", "/v0/api-keys/reading").status == 200
    gone = door.with_key(reading).call("GET", ORDERS)
    assert (gone.status, gone.json["error_code"]) == (401, "Unauthorized")


def test_a_replica_that_never_saw_a_key_knows_it_and_its_end(
    orders: PipelineAtWork, door: Door, other_door: Door
) -> None:
    key = door.make_key("shared")
    assert other_door.with_key(key).call("GET", ORDERS).status == 200
    door.as_account(CLERK).call("DELETE", "/v0/api-keys/shared")
    assert other_door.with_key(key).call("GET", ORDERS).status == 401


def test_whoever_may_make_no_tokens_makes_no_keys(orders: PipelineAtWork, door: Door) -> None:
    body = json.dumps({"name": "mine", "service_account": CLERK})
    made = door.as_account(READER).call("POST", "/v0/api-keys", "-d", body)

    assert (made.status, made.json["error_code"]) == (403, "Forbidden")
    assert door.as_account(READER).call("GET", "/v0/api-keys").json == []


def test_a_namespace_that_gave_the_gateway_no_right_to_make_tokens_has_no_keys(
    orders: PipelineAtWork, door: Door, people: Kubectl
) -> None:
    binding = json.loads(people.must("get", "rolebinding", "sluice-gateway", "-o", "json"))
    # Of an account whose token no replica has in memory yet.
    key = door.make_key("early", "stranger")
    people.must("delete", "rolebinding", "sluice-gateway")
    try:

        def look() -> tuple[bool, object]:
            answer = door.with_key(key).call("GET", ORDERS)
            return answer.status == 403 and "the gateway itself may not" in answer.body, answer

        wait_until("the key to be of no use", look, 20)
    finally:
        del binding["metadata"]["resourceVersion"], binding["metadata"]["uid"]
        people.must("create", "-f", "-", manifest=binding)


def test_only_a_hash_of_a_key_is_in_the_cluster(orders: PipelineAtWork, door: Door, system: Kubectl) -> None:
    key = door.make_key("hashed")
    kept = system.get("secrets", "-l", f"sluice.dev/api-key={door.namespace.namespace}")["items"]

    assert kept
    assert key.rpartition(".")[2] not in json.dumps(kept)
    assert all(set(each["data"]) == {"salt", "scrypt", "cost"} for each in kept)


def test_the_api_server_knows_whose_spec_it_is(orders: PipelineAtWork, door: Door, people: Kubectl) -> None:
    clerk = door.as_account(CLERK)

    def put(name: str, image: str) -> tuple[int, int]:
        config = {"image": image, "workers": 4}
        body = json.dumps({"name": name, "program_code": "", "runtime_config": config})
        answer = clerk.call("PUT", f"/v0/pipelines/{name}", "-d", body)
        assert answer.status < 300 or answer.status == 501, answer.body
        return answer.status, answer.json.get("version", 0)

    made = [put("Made_Here", image) for image in ("example.com/a:1", "example.com/a:1", "example.com/a:2")]
    applied = put("orders", "example.com/a:1")
    stored = [each for each in people.get("slpl")["items"] if each["metadata"]["name"] != "orders"]

    assert made == [(201, 1), (200, 1), (200, 2)]
    assert applied[0] == 501
    assert [each["spec"]["template"]["spec"]["containers"][0]["image"] for each in stored] == [
        "example.com/a:2"
    ]
    assert clerk.call("GET", "/v0/pipelines/Made_Here").json["runtime_config"] == {
        "image": "example.com/a:2",
        "workers": 4,
    }
