"""Clients that act as whoever is named by a bearer token, and never as this process."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from kubernetes.aio import client

from sluice.kube.client import Kube, NoteCall, Sessions, load_configuration, protect


class Callers:
    """Gives each caller a client of its own. Nothing of one caller is kept for the next but connections."""

    def __init__(
        self, own: client.ApiClient, bare: client.ApiClient, manager: str, note_call: NoteCall | None = None
    ) -> None:
        self._own, self._own_sessions = own, Sessions(own)
        self._bare, self._bare_sessions = bare, Sessions(bare)
        self._manager = manager
        self._note_call = note_call

    async def close(self) -> None:
        """Close what was opened beside the clients' own sessions."""
        await self._own_sessions.close()
        await self._bare_sessions.close()

    def acting_as(self, token: str) -> Kube:
        """A client whose every call carries ``token`` and nothing else that could identify anybody."""
        return Kube(self._bare, self._manager, token, self._bare_sessions, self._note_call)

    def acting_as_self(self) -> Kube:
        """A client with this process's own identity."""
        return Kube(self._own, self._manager, sessions=self._own_sessions, note_call=self._note_call)


@asynccontextmanager
async def connect_callers(
    manager: str, connections: int, note_call: NoteCall | None = None
) -> AsyncGenerator[Callers]:
    """Clients for the cluster that this process runs in, or else that the kubeconfig names.

    Raises :class:`NoClusterError` when there is neither.
    """
    configuration = await load_configuration(connections)
    own, bare = (
        client.ApiClient(configuration),
        client.ApiClient(without_identity(configuration, connections)),
    )
    callers = Callers(own, bare, manager, note_call)
    try:
        yield callers
    finally:
        await callers.close()
        await own.close()
        await bare.close()


def without_identity(known: client.Configuration, connections: int) -> client.Configuration:
    """The same cluster, and nobody in particular.

    A client certificate in the same connection would win over the caller's token: the API server looks at it
    first, and everybody would have this process's rights.
    """
    bare = client.Configuration()
    bare.host = known.host
    bare.verify_ssl = known.verify_ssl
    bare.ssl_ca_cert = known.ssl_ca_cert
    bare.ca_cert_data = known.ca_cert_data
    bare.tls_server_name = known.tls_server_name
    bare.assert_hostname = known.assert_hostname
    bare.disable_strict_ssl_verification = known.disable_strict_ssl_verification
    bare.proxy = known.proxy
    bare.proxy_headers = known.proxy_headers
    protect(bare, connections)
    return bare
