"""Several operators that share the objects: each looks at its part, told by a hash of the object's key.

Members of a group are told by Leases, one each. When one comes or goes, the keys that it gains or loses are
few (rendezvous hashing), and nothing has to be agreed on: every write of a status is conditional on the
version that it was decided on, so two operators that take an object for theirs can never both take a step.
"""

import asyncio
import hashlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sluice.api import constants
from sluice.api.json_values import Json, child
from sluice.kube import ApiError, ApiUnreachableError, Kube, paths
from sluice.store import Key

logger = logging.getLogger("sluice")

LEASE_SECONDS: Final = 15
RENEW_SECONDS: Final = 5.0
FORGOTTEN_SECONDS: Final = 10 * LEASE_SECONDS
"""A lease that nobody has renewed for so long is removed: its holder is gone for good."""


class Share:
    """Which keys are this operator's. Alone, all of them."""

    def __init__(self, identity: str) -> None:
        self._identity = identity
        self._members: tuple[str, ...] = (identity,)

    @property
    def members(self) -> tuple[str, ...]:
        """Everybody who is at work, in order."""
        return self._members

    def meet(self, others: set[str]) -> bool:
        """Take note of who else is at work; whether that is news."""
        members = tuple(sorted({self._identity, *others}))
        is_news = members != self._members
        self._members = members
        return is_news

    def owns(self, key: Key) -> bool:
        """Whether this operator looks at ``key``: of all members it draws the highest number for it."""
        if len(self._members) == 1:
            return True
        return max(self._members, key=lambda member: _draw(member, key)) == self._identity


def _draw(member: str, key: Key) -> bytes:
    return hashlib.blake2b("\0".join((member, *key)).encode(), digest_size=8).digest()


@dataclass(frozen=True, slots=True)
class Seen:
    """A lease as it was first seen with this time of renewal."""

    renewed: str
    at: float
    """By this process's own clock: clocks of two machines are never compared."""


class LeaseKeeper:
    """Keeps this operator's lease, and knows by theirs who else is at work."""

    def __init__(
        self,
        kube: Kube,
        namespace: str,
        group: str,
        identity: str,
        share: Share,
        on_change: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._kube, self._namespace, self._group, self._identity = kube, namespace, group, identity
        self._share, self._on_change, self._clock = share, on_change, clock
        self._seen: dict[str, Seen] = {}
        self._path = paths.lease(namespace, lease_name(group, identity))

    async def join(self) -> None:
        """Be a member, and know the others, before the first look at anything."""
        await self._renew()
        await self._look_around()

    async def keep_for_ever(self) -> None:
        """Renew, and look around."""
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            try:
                await self._renew()
                await self._look_around()
            except (ApiError, ApiUnreachableError) as error:
                logger.warning("the lease of this operator could not be renewed: %s", error)

    async def leave(self) -> None:
        """Hand everything over at once."""
        try:
            await self._kube.delete(self._path)
        except (ApiError, ApiUnreachableError) as error:
            logger.warning("the lease of this operator stays until it runs out: %s", error)

    async def _renew(self) -> None:
        now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        spec = {"holderIdentity": self._identity, "leaseDurationSeconds": LEASE_SECONDS, "renewTime": now}
        try:
            await self._kube.merge(self._path, {"spec": spec})
        except ApiError as error:
            if not error.is_not_found:
                raise
            await self._kube.create(paths.lease(self._namespace), self._lease(spec))

    def _lease(self, spec: Json) -> Json:
        metadata = {
            "name": lease_name(self._group, self._identity),
            "labels": {constants.LABEL_GROUP: self._group},
        }
        return {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": metadata,
            "spec": spec,
        }

    async def _look_around(self) -> None:
        now = self._clock()
        selector = f"{constants.LABEL_GROUP}={self._group}"
        leases = [body async for body in self._kube.list(paths.lease(self._namespace), selector)]
        self._note(leases, now)
        alive = {holder for holder, seen in self._seen.items() if now - seen.at < LEASE_SECONDS}
        for body in leases:
            seen = self._seen.get(_holder(body))
            if seen is not None and now - seen.at >= FORGOTTEN_SECONDS:
                path = paths.lease(self._namespace, body["metadata"]["name"])
                await self._kube.delete(path, uid=body["metadata"]["uid"])
        if self._share.meet(alive):
            logger.info("operators at work: %s", ", ".join(self._share.members))
            self._on_change()

    def _note(self, leases: list[Json], now: float) -> None:
        found: dict[str, Seen] = {}
        for body in leases:
            holder, renewed = _holder(body), str(child(body, "spec").get("renewTime"))
            known = self._seen.get(holder)
            found[holder] = known if known is not None and known.renewed == renewed else Seen(renewed, now)
        found.pop(self._identity, None)
        self._seen = found


def _holder(body: Json) -> str:
    return str(child(body, "spec").get("holderIdentity"))


def lease_name(group: str, identity: str) -> str:
    """Name of a member's lease: that of its pod, which is a host name, after the group's."""
    return f"{group}.{identity.lower()}"
