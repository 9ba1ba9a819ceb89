"""``/v0/api-keys``: keys for clients that cannot have a token of the cluster (reference 4.1).

A key stands for a service account of the caller's namespace. Whoever may make a token of that account may
make, see and revoke its keys: a key gives nobody more than that.
"""

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, Field, ValidationError

from sluice.api.constants import LABEL_API_KEY
from sluice.api.errors import ErrorCode
from sluice.api.json_values import Json as JsonObject
from sluice.api.json_values import child
from sluice.gateway.access import Access
from sluice.gateway.bodies import declare_body, read_object
from sluice.gateway.errors import invalid, refusal, unauthorized
from sluice.gateway.identity import NO_KEYS
from sluice.gateway.keyring import Keyring
from sluice.gateway.keys import KeyRecord, Role, key_id, make_key, read_key, secret_name
from sluice.gateway.naming import is_resource_name
from sluice.gateway.plumbing import SECURED, Caller, EmptyJson, Gateway, Json, errors, no_cache
from sluice.kube import ApiError, Kube, paths

router = APIRouter(prefix="/v0", dependencies=SECURED, tags=["Platform"])

ACCOUNT_PREFIX: Final = "system:serviceaccount:"
KeyName = Annotated[str, Path(description="Name of the key.")]


class NewKeyBody(BaseModel):
    """What a key is made from."""

    name: str = Field(min_length=1, max_length=128, description="Unique in its namespace.")
    role: Role = Field(default=Role.WRITE, description="`read`: the key changes nothing.")
    service_account: str | None = Field(
        default=None,
        max_length=253,
        description="For whom it stands; unset: the caller's own service account. Sluice's own field.",
    )


class KeyShown(BaseModel):
    """A key, without what makes it one."""

    id: str
    name: str
    role: Role
    scopes: list[str]
    service_account: str


class KeyMade(BaseModel):
    """A key, shown this once."""

    id: str
    name: str
    api_key: str


BODY: Final = declare_body(NewKeyBody.model_json_schema(), {"name": "ci", "role": "write"})


@router.post(
    "/api-keys",
    status_code=201,
    response_model=KeyMade,
    responses=errors(400, 408, 409, 501),
    openapi_extra=BODY,
)
@router.post("/api_keys", status_code=201, response_model=KeyMade, include_in_schema=False)
async def create_api_key(request: Request, access: Caller) -> Json:
    """Make a key for a service account of the namespace."""
    keyring = _require_keyring(request, access)
    wanted = _read_wanted(await read_object(request))
    account = wanted.service_account or await _observe_own_account(access)
    if not is_resource_name(account) or not await _may_make_tokens(access, account):
        reason = f"you may not make tokens of service account {account} in namespace {access.namespace}"
        raise refusal(ErrorCode.FORBIDDEN, reason=reason)
    key = make_key(access.namespace, wanted.name, account, wanted.role)
    try:
        made = await _own(request).create(paths.secret(keyring.namespace), key.secret)
    except ApiError as error:
        if error.is_conflict:
            raise refusal(ErrorCode.DUPLICATE_NAME) from error
        raise
    record = read_key(made)
    return Json(
        {"id": record.uid if record else "", "name": wanted.name, "api_key": key.text}, HTTPStatus.CREATED
    )


@router.get("/api-keys", response_model=list[KeyShown], responses=errors(400, 501))
@router.get("/api_keys", response_model=list[KeyShown], include_in_schema=False)
async def list_api_keys(request: Request, access: Caller) -> Json:
    """The keys of the service accounts that the caller may make tokens of."""
    return no_cache([_present(record) for record in await _observe_keys(request, access)])


@router.get("/api-keys/{name}", response_model=KeyShown, responses=errors(400, 404, 501))
@router.get("/api_keys/{name}", response_model=KeyShown, include_in_schema=False)
async def get_api_key(request: Request, access: Caller, name: KeyName) -> Json:
    """One key."""
    return no_cache(_present(await _observe_key(request, access, name)))


@router.delete("/api-keys/{name}", responses=errors(400, 404, 501))
@router.delete("/api_keys/{name}", include_in_schema=False)
async def revoke_api_key(request: Request, access: Caller, name: KeyName) -> Json:
    """Revoke a key: its next use is refused."""
    record = await _observe_key(request, access, name)
    place = paths.secret(_require_keyring(request, access).namespace, secret_name(record.id))
    await _own(request).delete(place, uid=record.uid)
    return EmptyJson()


def _read_wanted(body: JsonObject) -> NewKeyBody:
    try:
        return NewKeyBody.model_validate(body)
    except ValidationError as error:
        raise invalid(error.errors()) from None


def _present(record: KeyRecord) -> JsonObject:
    scopes = ["Read"] if record.role is Role.READ else ["Read", "Write"]
    return {
        "id": record.uid,
        "name": record.name,
        "role": record.role.value,
        "scopes": scopes,
        "service_account": record.account,
    }


def _require_keyring(request: Request, access: Access) -> Keyring:
    # The gateway's own rights are to make tokens of other accounts: nobody is to have those.
    if access.is_anonymous:
        raise unauthorized("API keys are made, seen and revoked by somebody.")
    gateway: Gateway = request.app.state.gateway
    if gateway.keyring is None:
        raise refusal(ErrorCode.NOT_SUPPORTED, what=f"{NO_KEYS} Send a token of the Kubernetes cluster.")
    return gateway.keyring


def _own(request: Request) -> Kube:
    gateway: Gateway = request.app.state.gateway
    return gateway.callers.acting_as_self()


async def _observe_keys(request: Request, access: Access) -> list[KeyRecord]:
    place = paths.secret(_require_keyring(request, access).namespace)
    listed = [
        record
        async for body in _own(request).list(place, f"{LABEL_API_KEY}={access.namespace}")
        # The items of a list do not repeat what they are; their type they do.
        if (record := read_key(body)) is not None
    ]
    allowed = {
        account: await _may_make_tokens(access, account)
        for account in sorted({record.account for record in listed})
    }
    return sorted((record for record in listed if allowed[record.account]), key=lambda each: each.name)


async def _observe_key(request: Request, access: Access, name: str) -> KeyRecord:
    place = paths.secret(
        _require_keyring(request, access).namespace, secret_name(key_id(access.namespace, name))
    )
    body = await _own(request).get(place)
    record = None if body is None else read_key(body)
    if record is None or not await _may_make_tokens(access, record.account):
        raise refusal(ErrorCode.UNKNOWN_API_KEY, name=name[:128])
    return record


async def _observe_own_account(access: Access) -> str:
    """The caller's service account, if the caller is one of this namespace."""
    user = await access.observe_user()
    namespace, _, name = user.removeprefix(ACCOUNT_PREFIX).partition(":")
    if not user.startswith(ACCOUNT_PREFIX) or namespace != access.namespace or not name:
        problem = (
            f"name the service account of namespace {access.namespace} that the key is for: service_account"
        )
        raise refusal(ErrorCode.INVALID_REQUEST, problem=problem)
    return name


async def _may_make_tokens(access: Access, account: str) -> bool:
    attributes = {
        "namespace": access.namespace,
        "verb": "create",
        "resource": "serviceaccounts",
        "subresource": "token",
        "name": account,
    }
    question: JsonObject = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    answer = await access.kube.create(paths.own_access_review(), question)
    return child(answer, "status").get("allowed") is True
