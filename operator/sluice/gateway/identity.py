"""Whose request it is: a token of the cluster, an API key, or nobody."""

import hashlib
import re
from dataclasses import dataclass
from typing import Final

from sluice.api.errors import ErrorCode
from sluice.gateway.errors import refusal, unauthorized
from sluice.gateway.keyring import Keyring, Login
from sluice.gateway.keys import PREFIX, Role
from sluice.gateway.settings import GatewaySettings
from sluice.kube import Callers, Kube

BEARER: Final = re.compile(r"^bearer +(\S+) *\Z", re.IGNORECASE)
CREDENTIAL: Final = re.compile(rf"^(?:{PREFIX})?[A-Za-z0-9\-._~+/]+=*\Z")
CREDENTIAL_MAX_LENGTH: Final = 16 * 1024
NAMESPACE: Final = re.compile(r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\Z")
READING: Final = frozenset({"GET", "HEAD"})
OWN_SITES: Final = frozenset({None, "none", "same-origin"})
"""Of ``Sec-Fetch-Site``: no browser, a person's own doing, or a page of this gateway."""
NO_KEYS: Final = "This gateway serves no API keys."


@dataclass(frozen=True, slots=True)
class Identity:
    """With whose rights the API server is asked, and where, unless the request names another namespace."""

    kube: Kube
    namespace: str
    login: Login | None = None
    is_anonymous: bool = False


def read_credential(authorization: str | None, api_key: str | None) -> str | None:
    """What the headers say of who it is. ``X-API-Key`` counts where there is no ``Authorization``."""
    if authorization is None and api_key is None:
        return None
    given = api_key or ""
    if authorization is not None:
        found = BEARER.match(authorization) if len(authorization) <= CREDENTIAL_MAX_LENGTH else None
        given = found[1] if found else ""
    if len(given) > CREDENTIAL_MAX_LENGTH or CREDENTIAL.match(given) is None:
        header, wanted = (
            ("X-API-Key", "API key") if authorization is None else ("Authorization", "bearer token")
        )
        raise unauthorized(f"The {header} header holds no {wanted}.")
    return given


def name_caller(credential: str | None, address: str) -> bytes:
    """Tells one caller from another, and nothing of the credential."""
    text = f"address {address}" if credential is None else f"credential {credential}"
    return hashlib.sha256(text.encode()).digest()


async def observe_identity(
    callers: Callers, keyring: Keyring | None, settings: GatewaySettings, credential: str | None
) -> Identity:
    """Who it is. A token of the cluster is passed on as it came: the API server knows whose it is."""
    if credential is None:
        if settings.allow_anonymous or settings.anonymous_reads:
            return Identity(callers.acting_as_self(), settings.namespace, is_anonymous=True)
        raise unauthorized("The request has no token.")
    if not credential.startswith(PREFIX):
        return Identity(callers.acting_as(credential), settings.namespace)
    if keyring is None:
        raise unauthorized(NO_KEYS)
    login = await keyring.log_in(credential)
    return Identity(callers.acting_as(login.token), login.namespace, login)


def check_role(identity: Identity, method: str, settings: GatewaySettings, site: str | None) -> None:
    """A key for reading changes nothing, whatever its account may do; nor does nobody, unless it may."""
    if identity.is_anonymous and not settings.allow_anonymous and method not in READING:
        raise unauthorized("Without a token this gateway only reads.")
    if identity.is_anonymous and method not in READING and site not in OWN_SITES:
        # A token never comes by itself, as a cookie would. Without one, any page that somebody opens could
        # ask a gateway that only that person's machine reaches.
        raise refusal(ErrorCode.FORBIDDEN, reason="another site's page asks, and it has no token")
    if identity.login is not None and identity.login.role is Role.READ and method not in READING:
        raise refusal(ErrorCode.FORBIDDEN, reason="the API key is one for reading")


def read_namespace(identity: Identity, tenant: str | None) -> str:
    """A tenant is a namespace (``Feldera-Tenant``, reference 4.2)."""
    if tenant is None:
        return identity.namespace
    if NAMESPACE.match(tenant) is None:
        raise refusal(
            ErrorCode.INVALID_REQUEST,
            problem="the header Feldera-Tenant holds no name of a Kubernetes namespace",
        )
    return tenant
