"""The contract's endpoints about copies in an object store."""

import asyncio
from collections.abc import Iterable

from aiohttp import web

from sluice.runtime import views
from sluice.runtime.errors import ContractError
from sluice.runtime.object_store import StoreError
from sluice.runtime.remote import RemoteCheckpoints
from sluice.runtime.state import RuntimeState


class StoreEndpoints:
    """Served only where there is an object store."""

    def __init__(self, state: RuntimeState, remote: RemoteCheckpoints) -> None:
        self._state = state
        self._remote = remote

    def routes(self) -> Iterable[web.RouteDef]:
        """Return the routes."""
        return (
            web.post("/checkpoint/sync", self.sync),
            web.get("/checkpoint/sync_status", self.sync_status),
            web.get("/checkpoints/remote", self.list_remote),
        )

    async def sync(self, request: web.Request) -> web.Response:
        del request
        uuid = self._state.request_copy()
        if uuid is None:
            raise ContractError(
                400,
                "400",  # upstream's own code for it
                "no checkpoints found; make a POST request to `/checkpoint` to make a new checkpoint",
            )
        body = {"checkpoint_uuid": uuid, "incarnation_uuid": self._state.incarnation_uuid}
        return web.json_response(body, status=202)

    async def sync_status(self, request: web.Request) -> web.Response:
        del request
        return web.json_response(views.sync_status(self._state.facts))

    async def list_remote(self, request: web.Request) -> web.Response:
        del request
        try:
            found = await asyncio.to_thread(self._remote.list_checkpoints)
        except StoreError as error:
            raise ContractError(503, "ObjectStoreUnreachable", str(error)) from error
        return web.json_response([checkpoint.as_contract() for checkpoint in found])
