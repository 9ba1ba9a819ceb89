"""What is wanted: a spec, what of it may be in force now, and what people ask for besides."""

from typing import Final

from sluice.api import constants
from sluice.api.edits import PendingChange, hold_back, hold_for_run, needs_new_start
from sluice.api.json_values import Json, child, texts
from sluice.api.kinds import Kind
from sluice.api.overriding import Wish, effective_wish
from sluice.api.requests import read_requests
from sluice.api.spec import PipelineSpec
from sluice.api.status import PipelineStatus
from sluice.api.statuses import DesiredStatus, ResourcesStatus
from sluice.engines import engine_for
from sluice.kube import Kube, paths
from sluice.manifests import revision_name
from sluice.observation import Intent
from sluice.reconcile.objects import has_finalizer, parse_spec, read_identity, read_wish
from sluice.store import Key, key_of

SERVED_BY_ALL: Final = frozenset({DesiredStatus.RUNNING, DesiredStatus.PAUSED, DesiredStatus.STOPPED})
"""What is understood of a spec of which nothing else is."""
SERVED_WITH_ELEMENTS: Final = frozenset({DesiredStatus.RUNNING, DesiredStatus.CANCELED})


class IntentObserver:
    """Reads what is wanted. Remembers the spec of each run, which never changes under its name."""

    def __init__(self, kube: Kube) -> None:
        self._kube = kube
        self._run_specs: dict[Key, tuple[str, Json]] = {}

    async def observe_intent(self, body: Json, status: PipelineStatus) -> Intent:
        """What is wanted, with the last good spec where the present one cannot be understood."""
        metadata, declared = body["metadata"], child(body, "spec")
        identity = read_identity(body)
        kind = identity.kind
        run = await self._observe_run_spec(key_of(body), kind, declared, status)
        raw, spec, error = _understand(kind, declared, run)
        pending: tuple[PendingChange, ...] = ()
        is_rolled = False
        next_spec: PipelineSpec | None = None
        if spec is not None and spec.elements is not None:
            raw, spec, pending = _hold_run(kind, declared, run)
            next_spec = None if error is not None else spec_of(kind, declared)
        elif error is None and run:
            raw, spec, pending, is_rolled = _hold(kind, declared, run, status)
        served = served_by(spec)
        wish = read_wish(body, status, served)
        requests = read_requests(texts(metadata, "annotations"))
        asked = effective_wish(
            Wish(wish.desired_status, wish.force),
            requests,
            identity.uid,
            status.override,
            status.requests,
            served,
        )
        return Intent(
            kind=kind,
            name=identity.name,
            uid=identity.uid,
            generation=metadata.get("generation", 0),
            desired_status=asked.desired_status,
            force=asked.force,
            is_deleting="deletionTimestamp" in metadata,
            has_finalizer=has_finalizer(body),
            revision=revision_name(kind, identity.name, raw),
            spec=spec,
            spec_error=wish.error or error,
            raw_spec=raw,
            is_paused=texts(metadata, "annotations").get(constants.ANNOTATION_PAUSED) == "true",
            requests=requests,
            override=asked.override,
            override_problem=asked.problem,
            is_roll_needed=is_rolled,
            pending=pending,
            next_spec=next_spec,
            next_revision=revision_name(kind, identity.name, declared),
        )

    def forget(self, key: Key) -> None:
        """It is gone."""
        self._run_specs.pop(key, None)

    async def _observe_run_spec(
        self, key: Key, kind: Kind, declared: Json, status: PipelineStatus
    ) -> Json | None:
        """The spec that the present or the last run was made from; ``None`` where it is the declared one."""
        revision = status.revision
        if revision is None or revision_name(kind, key.name, declared) == revision:
            return None
        known = self._run_specs.get(key)
        if known is None or known[0] != revision:
            body = await self._kube.get(paths.revision(key.namespace, revision))
            known = revision, child(child(body or {}, "data"), "spec")
            self._run_specs[key] = known
        return known[1] or None


def served_by(spec: PipelineSpec | None) -> frozenset[DesiredStatus]:
    """What one of this spec can be asked to be."""
    if spec is not None and spec.elements is not None:
        return SERVED_WITH_ELEMENTS
    try:
        return SERVED_BY_ALL if spec is None else engine_for(spec).served(spec)
    except LookupError:
        return SERVED_BY_ALL


def _understand(kind: Kind, declared: Json, run: Json | None) -> tuple[Json, PipelineSpec | None, str | None]:
    """The spec in force as it was written and as it is read, and why the declared one is not it."""
    parsed = parse_spec(kind, declared)
    if not isinstance(parsed, str):
        return declared, parsed, None
    last_good = parse_spec(kind, run) if run else parsed
    return run or {}, None if isinstance(last_good, str) else last_good, parsed


def spec_of(kind: Kind, raw: Json) -> PipelineSpec | None:
    """The spec, if it can be understood."""
    spec = parse_spec(kind, raw)
    return None if isinstance(spec, str) else spec


def _hold_run(
    kind: Kind, declared: Json, run: Json | None
) -> tuple[Json, PipelineSpec | None, tuple[PendingChange, ...]]:
    """The spec of the run under way, or of the last one, with what of the declared one counts at once."""
    if not run:
        return declared, spec_of(kind, declared), ()
    held = hold_for_run(declared, run)
    spec = spec_of(kind, held.spec)
    return (run, spec_of(kind, run), ()) if spec is None else (held.spec, spec, held.pending)


def _hold(
    kind: Kind, declared: Json, run: Json, status: PipelineStatus
) -> tuple[Json, PipelineSpec | None, tuple[PendingChange, ...], bool]:
    is_up = status.deployment_resources_status in (ResourcesStatus.PROVISIONING, ResourcesStatus.PROVISIONED)
    held = hold_back(declared, run, is_up=is_up, is_in_use=status.storage_claim is not None)
    spec, before = parse_spec(kind, held.spec), parse_spec(kind, run)
    if isinstance(spec, str):
        # What was held back does not fit to the rest: nothing of the change is in force.
        return run, None if isinstance(before, str) else before, held.pending, False
    is_rolled = is_up and isinstance(before, PipelineSpec) and needs_new_start(spec, before)
    return held.spec, spec, held.pending, is_rolled
