"""API keys: who may make one, what it is good for, and that nothing of it is kept but a salted hash."""

import base64
import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

from sluice.api.json_values import Json
from sluice.gateway import GatewaySettings, keyring, keys
from sluice.gateway.limits import Buckets
from sluice.kube import ApiError, paths

from .house import TOKEN, Answer, GatewayKube, House, build_pipeline, stopped, up

KEYS = "/v0/api-keys"
ORDERS = "/v0/pipelines/orders"
SECRETS = paths.secret("keys")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes that cost next to nothing."""
    monkeypatch.setattr(keys, "COST", 2)


def test_a_hash_costs_what_it_should(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    record = keys.read_key(keys.make_key("shop", "ci", "clerk", keys.Role.WRITE).secret)

    assert record is not None
    assert (record.cost, len(record.salt), len(record.digest)) == (2**14, 16, 32)


@pytest.fixture
def house() -> House:
    made = House()
    made.hold(build_pipeline(up()))
    return made


async def make(house: House, **fields: Any) -> Answer:
    return await house.call("POST", KEYS, body=json.dumps({"name": "ci", **fields}).encode())


async def make_key(house: House, **fields: Any) -> str:
    answer = await make(house, **fields)
    assert answer.status == 201, answer.body
    return str(answer.json["api_key"])


def stored(house: House) -> Json:
    """The one Secret that knows a key."""
    (found,) = [body for path, body in house.kube.objects.items() if path.startswith(SECRETS)]
    return found


async def test_a_key_is_shown_once_and_listed_without_what_makes_it_one(house: House) -> None:
    made = await make(house)
    listed = await house.call("GET", KEYS)
    one = await house.call("GET", f"{KEYS}/ci")

    assert set(made.json) == {"id", "name", "api_key"}
    assert made.json["api_key"].startswith("apikey:")
    assert listed.json == [
        {
            "id": made.json["id"],
            "name": "ci",
            "role": "write",
            "scopes": ["Read", "Write"],
            "service_account": "clerk",
        }
    ]
    assert one.json == listed.json[0]


@pytest.mark.parametrize("path", ["/v0/api-keys", "/v0/api_keys"])
async def test_both_spellings_that_clients_know_are_served(house: House, path: str) -> None:
    await make(house)

    assert (await house.call("GET", path)).json[0]["name"] == "ci"
    assert (await house.call("DELETE", f"{path}/ci")).status == 200
    assert (await house.call("GET", path)).json == []


@pytest.mark.parametrize("header", ["Authorization", "X-API-Key"])
async def test_a_key_acts_as_its_service_account_and_in_its_namespace(house: House, header: str) -> None:
    key = await make_key(house)
    house.callers.seen.clear()
    value = f"Bearer {key}" if header == "Authorization" else key
    answer = await house.call("GET", ORDERS, token=None, headers={header: value})

    assert answer.status == 200
    assert [seen for seen in house.callers.seen if seen is not None] == [TOKEN]
    assert house.rights.made == 1


async def test_the_namespace_of_a_key_is_the_callers_when_no_other_is_named() -> None:
    house = House()
    house.kube.put(paths.pipeline("market", "orders"), build_pipeline(stopped()))
    body = json.dumps({"name": "ci", "service_account": "clerk"}).encode()
    made = await house.call("POST", KEYS, headers={"Feldera-Tenant": "market"}, body=body)
    key = {"X-API-Key": made.json["api_key"]}

    assert (await house.call("GET", ORDERS, token=None, headers=key)).status == 200
    elsewhere = await house.call("GET", ORDERS, token=None, headers={**key, "Feldera-Tenant": "shop"})
    assert elsewhere.code == "UnknownPipelineName"


async def test_nothing_is_kept_of_a_key_but_a_salted_hash(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        key = await make_key(house)
        await house.call("GET", ORDERS, token=None, headers={"X-API-Key": key})
    secret = key.rpartition(".")[2]
    kept = json.dumps(stored(house)) + "".join(
        base64.b64decode(value).decode("latin-1") for value in stored(house)["data"].values()
    )

    assert secret not in kept
    assert secret not in caplog.text
    assert stored(house)["immutable"] is True
    assert set(stored(house)["data"]) == {"salt", "scrypt", "cost"}


async def test_two_keys_of_one_secret_have_two_hashes() -> None:
    first, second = (keys.make_key("shop", "ci", "clerk", keys.Role.WRITE).secret for _ in range(2))

    assert first["metadata"]["name"] == second["metadata"]["name"]
    assert first["data"]["salt"] != second["data"]["salt"]


async def test_a_second_key_of_a_name_is_refused(house: House) -> None:
    await make(house)
    answer = await make(house)

    assert (answer.status, answer.code) == (409, "DuplicateName")
    assert answer.json["message"] == "An entity with this name already exists"


async def test_a_revoked_key_is_refused_at_its_next_use(house: House) -> None:
    key = await make_key(house)
    assert (await house.call("GET", ORDERS, token=None, headers={"X-API-Key": key})).status == 200
    revoked = await house.call("DELETE", f"{KEYS}/ci")
    answer = await house.call("GET", ORDERS, token=None, headers={"X-API-Key": key})

    assert (revoked.status, revoked.body) == (200, b"")
    assert (answer.status, answer.code) == (401, "Unauthorized")
    assert (await house.call("DELETE", f"{KEYS}/ci")).json == {
        "message": "Unknown API key 'ci'",
        "error_code": "UnknownApiKey",
        "details": {"name": "ci"},
    }


async def test_a_key_that_was_made_anew_is_another_one(house: House) -> None:
    old = await make_key(house)
    await house.call("GET", ORDERS, token=None, headers={"X-API-Key": old})
    await house.call("DELETE", f"{KEYS}/ci")
    new = await make_key(house)

    assert (await house.call("GET", ORDERS, token=None, headers={"X-API-Key": old})).status == 401
    assert (await house.call("GET", ORDERS, token=None, headers={"X-API-Key": new})).status == 200


MANGLED: dict[str, Callable[[str], str]] = {
    "another last letter": lambda key: key[:-1] + ("A" if key[-1] != "A" else "B"),
    "a letter more": lambda key: key + "A",
    "another id": lambda key: "apikey:" + "0" * 32 + key[39:],
    "nothing": lambda _: "apikey:",
    "dots": lambda _: "apikey:..",
    "capitals": lambda key: key.upper(),
}


@pytest.mark.parametrize("how", MANGLED)
async def test_a_key_that_is_nearly_right_is_wrong(house: House, how: str) -> None:
    key = await make_key(house)
    answer = await house.call("GET", ORDERS, token=None, headers={"X-API-Key": MANGLED[how](key)})

    assert (answer.status, answer.code) == (401, "Unauthorized")
    assert key not in answer.body.decode()


async def test_a_key_for_reading_changes_nothing(house: House) -> None:
    key = {"X-API-Key": await make_key(house, role="read")}
    read = await house.call("GET", ORDERS, token=None, headers=key)
    stop = await house.call("POST", f"{ORDERS}/stop", token=None, headers=key)

    assert (read.status, stop.status, stop.code) == (200, 403, "Forbidden")
    assert house.asked() == {}
    assert (await house.call("GET", KEYS)).json[0]["scopes"] == ["Read"]


async def test_nobody_makes_sees_or_revokes_a_key_of_an_account_that_is_not_theirs_to_use(
    house: House,
) -> None:
    await make(house)
    house.rights.accounts = {"porter"}
    made = await make(house, name="other", service_account="clerk")

    assert (made.status, made.code) == (403, "Forbidden")
    assert (await house.call("GET", KEYS)).json == []
    assert (await house.call("GET", f"{KEYS}/ci")).code == "UnknownApiKey"
    assert (await house.call("DELETE", f"{KEYS}/ci")).code == "UnknownApiKey"
    assert stored(house)


@pytest.mark.parametrize(
    "user", ["alice", "system:serviceaccount:market:clerk", "system:serviceaccount:shop"]
)
async def test_somebody_who_is_no_service_account_of_the_namespace_has_to_name_one(
    house: House, user: str
) -> None:
    house.rights.user = user
    unnamed, named = await make(house), await make(house, service_account="clerk")

    assert (unnamed.status, unnamed.code, named.status) == (400, "InvalidRequest", 201)
    assert "service_account" in unnamed.json["message"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"name":""}',
        b'{"name":"a","role":"owner"}',
        b'{"name":"a","role":1}',
        b"{" * 9999,
    ],
)
async def test_a_key_is_made_from_nothing_else_than_a_name_and_a_role(house: House, body: bytes) -> None:
    answer = await house.call("POST", KEYS, body=body)

    assert (answer.status, answer.code) == (400, "InvalidRequest")
    assert "POST" not in [method for method, _ in house.kube.log]


async def test_a_token_is_kept_until_shortly_before_it_expires(house: House) -> None:
    key = {"X-API-Key": await make_key(house)}
    for _ in range(3):
        await house.call("GET", ORDERS, token=None, headers=key)
    assert house.rights.made == 1

    house.rights.lifetime = keyring.MARGIN_SECONDS
    house.app.state.gateway.keyring = keyring.Keyring(house.callers.acting_as_self, "keys")
    for _ in range(3):
        await house.call("GET", ORDERS, token=None, headers=key)
    assert house.rights.made == 4


async def test_a_token_that_the_cluster_no_longer_accepts_is_asked_for_anew(house: House) -> None:
    key = {"X-API-Key": await make_key(house)}
    await house.call("GET", ORDERS, token=None, headers=key)
    house.kube.fail("GET", "/orders", ApiError(401, "Unauthorized", "the account was made anew"))

    assert (await house.call("GET", ORDERS, token=None, headers=key)).status == 401
    assert (await house.call("GET", ORDERS, token=None, headers=key)).status == 200
    assert house.rights.made == 2


@pytest.mark.parametrize(
    ("error", "http", "words"),
    [
        (ApiError(404, "NotFound", "no such account"), 401, "is no more"),
        (
            ApiError(403, "Forbidden", "no"),
            403,
            "the gateway itself may not make tokens of service account clerk",
        ),
        (ApiError(500, "InternalError", "etcd"), 503, "did not answer"),
    ],
)
async def test_a_key_without_a_token_to_be_had_says_why(
    house: House, error: ApiError, http: int, words: str
) -> None:
    key = {"X-API-Key": await make_key(house)}
    house.kube.fail("POST", "/token", error)
    answer = await house.call("GET", ORDERS, token=None, headers=key)

    assert (answer.status, words in answer.json["message"]) == (http, True)


async def test_guessing_at_a_key_costs_little_and_is_soon_refused(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed = 0

    def count(record: keys.KeyRecord, value: str) -> bool:
        nonlocal computed
        computed += 1
        return False

    monkeypatch.setattr(keyring, "is_right", count)
    key = await make_key(house)
    ring = house.app.state.gateway.keyring
    ring._guesses = Buckets(1.0, 10, clock=lambda: 0.0)
    wrong = [f"{key.partition('.')[0]}.{'A' * 41}{number:02}" for number in range(20)]
    answers = [await house.call("GET", ORDERS, token=None, headers={"X-API-Key": each}) for each in wrong]

    assert computed == 10
    assert [answer.status for answer in answers] == [401] * 10 + [429] * 10
    assert answers[-1].headers["retry-after"] == "2"


@pytest.mark.parametrize(
    "change",
    [
        {"type": "Opaque"},
        {"data": {}},
        {"data": {"salt": "?", "scrypt": "?", "cost": "?"}},
        {"data": {"salt": "", "scrypt": "", "cost": base64.b64encode(b"3").decode()}},
        {"data": {"salt": "", "scrypt": "", "cost": base64.b64encode(b"1073741824").decode()}},
        {"metadata": {"labels": {"sluice.dev/api-key": "other"}}},
    ],
)
async def test_a_secret_that_was_meddled_with_is_no_key(house: House, change: Json) -> None:
    key = await make_key(house)
    kept = stored(house)
    path = paths.secret("keys", kept["metadata"]["name"])
    metadata = {**kept["metadata"], **change.get("metadata", {})}
    house.kube.put(path, {**kept, **change, "metadata": metadata})
    answer = await house.call("GET", ORDERS, token=None, headers={"X-API-Key": key})

    assert (answer.status, answer.code) == (401, "Unauthorized")


async def test_a_gateway_without_keys_knows_none() -> None:
    house = House(GatewaySettings(namespace="shop"), GatewayKube())
    key = "apikey:" + "0" * 32 + "." + "A" * 43
    answer = await house.call("GET", ORDERS, token=None, headers={"X-API-Key": key})

    assert (answer.status, house.kube.log) == (401, [])


@pytest.mark.parametrize("value", ["", "a b", "a\tb", "\xe4", "apikey:a:b", "x" * 20000])
async def test_what_can_be_no_key_never_leaves_the_gateway(house: House, value: str) -> None:
    answer = await house.call("GET", ORDERS, token=None, headers={"X-API-Key": value})

    assert (answer.status, answer.code) == (401, "Unauthorized")
    assert house.callers.seen == []


async def test_a_token_of_the_cluster_does_as_a_key_too(house: House) -> None:
    assert (await house.call("GET", ORDERS, token=None, headers={"X-API-Key": TOKEN})).status == 200


@pytest.mark.parametrize(("method", "path"), [("POST", ""), ("GET", ""), ("GET", "/ci"), ("DELETE", "/ci")])
async def test_nobody_has_the_gateways_own_right_to_make_tokens(method: str, path: str) -> None:
    house = House(GatewaySettings(namespace="shop", keys_namespace="keys", allow_anonymous=True))
    await make(house)
    before = dict(house.kube.objects)
    body = b'{"name": "mine", "service_account": "clerk"}'
    answer = await house.call(method, KEYS + path, token=None, body=body)

    assert (answer.status, answer.code) == (401, "Unauthorized")
    assert house.kube.objects == before
    assert (await house.call("GET", KEYS)).json[0]["name"] == "ci"
