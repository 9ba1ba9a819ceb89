"""What is done at the API server for one request, with its caller's rights and no others."""

import asyncio
import logging
import uuid
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from sluice.api.errors import ErrorCode
from sluice.api.json_values import Json, child
from sluice.api.kinds import PIPELINE, Kind
from sluice.api.requests import build_request
from sluice.gateway.errors import GatewayError, refusal
from sluice.gateway.naming import can_be_name, is_object_name, object_name
from sluice.gateway.outcome import Outcome
from sluice.gateway.picture import Picture, build_picture
from sluice.kube import ApiError, Kube, paths

logger = logging.getLogger("sluice.gateway")

ATTEMPTS: Final = 5
"""Of a write that somebody else's write gets in the way of."""
HINTS: Final = 10_000
BREATH: Final = 50
"""Objects of a long list after which others have their turn."""

Hints = OrderedDict[tuple[str, str], str]
"""Names of objects by namespace and uid: only where to look first. The caller's rights decide on the look."""
Look = Callable[[], Awaitable[Picture]]


@dataclass(frozen=True, slots=True)
class Access:
    """One request's way to the objects of one namespace."""

    kube: Kube
    namespace: str
    hints: Hints = field(default_factory=Hints)
    is_anonymous: bool = False
    """Whether the rights are the gateway's own, because the caller is nobody."""

    # --- Reading ---------------------------------------------------------------------------------------

    async def observe(self, name: str) -> Picture:
        """The pipeline of this name. Raises for one that is not there, or is as good as gone."""
        path = paths.pipeline(self.namespace, object_name(name)) if can_be_name(name) else None
        body = None if path is None else await self.kube.get(path)
        picture = None if body is None else build_picture(body)
        if picture is None or picture.is_gone or picture.is_batch or picture.name != name:
            raise refusal(ErrorCode.UNKNOWN_PIPELINE, pipeline_name=name[:253])
        return picture

    async def observe_object(self, kind: Kind, name: str) -> Picture | None:
        """The object of this very name in Kubernetes, for as long as it is there."""
        body = (
            await self.kube.get(paths.resource(kind, self.namespace, name)) if is_object_name(name) else None
        )
        return None if body is None else build_picture({"kind": kind.name, **body})

    async def observe_everything(self, kind: Kind) -> list[Picture]:
        """Every object of the kind, in the order of the API server."""
        return [picture async for picture in self._list(kind)]

    async def observe_events(self, picture: Picture) -> list[Json]:
        """What the cluster still has of the operator's events on it."""
        path = paths.events_of(self.namespace, picture.kind.name, picture.object_name, picture.uid)
        return [event async for event in self.kube.list(path)]

    async def observe_user(self) -> str:
        """The caller's name, as the API server has it."""
        question = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
        answer = await self.kube.create(paths.own_identity(), question)
        return str(child(child(answer, "status"), "userInfo").get("username"))

    async def observe_all(self, kind: Kind = PIPELINE) -> list[Picture]:
        """Every object of the kind that is not as good as gone, in the order of the API server."""
        return [picture for picture in await self.observe_everything(kind) if not picture.is_gone]

    async def observe_by_uid(self, kind: Kind, uid: str) -> Picture | None:
        """The object of this uid: by its name where that is known, else among all of the namespace."""
        uid = uid.lower()
        if not _is_uuid(uid):
            return None
        hint = self.hints.get((self.namespace, uid))
        body = None if hint is None else await self.kube.get(paths.resource(kind, self.namespace, hint))
        if body is not None and child(body, "metadata").get("uid") == uid:
            return build_picture(body)
        found = [picture async for picture in self._list(kind) if picture.uid == uid]
        return found[0] if found else None

    async def observe_by_label(self, kind: Kind, label: str, value: str) -> Picture | None:
        """The one object with this label; several make it nobody's."""
        found = [picture async for picture in self._list(kind, f"{label}={value}")]
        return found[0] if len(found) == 1 else None

    async def _list(self, kind: Kind, selector: str | None = None) -> AsyncIterator[Picture]:
        number = 0
        async for body in self.kube.list(paths.resources(kind, self.namespace), selector):
            # The items of a list do not say what they are.
            picture = build_picture({"kind": kind.name, **body})
            if (number := number + 1) % BREATH == 0:
                await asyncio.sleep(0)
            self.hints[self.namespace, picture.uid] = picture.object_name
            if len(self.hints) > HINTS:
                self.hints.popitem(last=False)
            yield picture

    # --- Writing ---------------------------------------------------------------------------------------

    async def apply(self, name: str, action: Callable[[Picture], Outcome]) -> Outcome:
        """Decide on the pipeline of this name, and write what was decided."""
        return await self.apply_to(lambda: self.observe(name), action)

    async def apply_to(self, look: Look, action: Callable[[Picture], Outcome]) -> Outcome:
        """Decide on what is there, and write what was decided on exactly that.

        The write is conditional on the resource version, so that neither another client nor the operator can
        have made a step in between that would have been refused or not been needed.
        """
        for _ in range(ATTEMPTS):
            picture = await look()
            outcome = action(picture)
            if not outcome.asks:
                return outcome
            outcome = outcome.with_tokens()
            if await self.merge(picture, {"annotations": _requests(picture, outcome)}):
                logger.info("asked %s/%s for %s", self.namespace, picture.object_name, _verbs(outcome))
                return outcome
        raise never_at_rest()

    async def merge(self, picture: Picture, metadata: Json, spec: Json | None = None) -> Json | None:
        """Patch the object as it was looked at. ``None`` when it is another one by now: look again."""
        path = paths.resource(picture.kind, self.namespace, picture.object_name)
        version = picture.metadata.get("resourceVersion")
        patch: Json = {"metadata": {"resourceVersion": version, **metadata}}
        if spec is not None:
            patch["spec"] = spec
        try:
            return await self.kube.merge(path, patch)
        except ApiError as error:
            # One that is gone by now is told by the next look.
            if error.is_conflict or error.is_not_found:
                return None
            raise

    async def delete(self, name: str, check: Callable[[Picture], None]) -> None:
        """Delete what ``check`` lets pass: this very object, as it was when it was checked."""
        for _ in range(ATTEMPTS):
            picture = await self.observe(name)
            check(picture)
            path = paths.resource(picture.kind, self.namespace, picture.object_name)
            version = picture.metadata.get("resourceVersion")
            if await self.kube.delete(path, uid=picture.uid, resource_version=version):
                logger.info("deleted %s/%s", self.namespace, picture.object_name)
                return
        raise never_at_rest()


def never_at_rest() -> GatewayError:
    """Somebody else's writes always came first."""
    return refusal(ErrorCode.CLUSTER_UNAVAILABLE, reason="the object is being changed all the time")


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False


def _requests(picture: Picture, outcome: Outcome) -> Json:
    return dict(build_request(ask.verb, ask.token or "", picture.uid, ask.arguments) for ask in outcome.asks)


def _verbs(outcome: Outcome) -> str:
    return ", ".join(ask.verb.value for ask in outcome.asks)
