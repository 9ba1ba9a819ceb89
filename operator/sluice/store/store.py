"""Custom resources and pods as the watches last told of them."""

from sluice.api.json_values import Json, child
from sluice.api.kinds import kind_of
from sluice.observation import Pod
from sluice.store.elements import ElementStore
from sluice.store.freshness import Freshness
from sluice.store.keys import Key, PodKey, key_of
from sluice.store.projections import PodRecord


class Store:
    """One entry a custom resource and one a pod, replaced only by something newer.

    The watch delivers our own writes again, later; a write's answer is put here at once, and an older
    version that arrives afterwards is dropped. ``put_*`` tell whether there was any news.
    """

    def __init__(self) -> None:
        self._bodies: dict[Key, Json] = {}
        self._pods: dict[PodKey, PodRecord] = {}
        self._last_seen: dict[PodKey, PodRecord] = {}
        self._departed: dict[Key, Json] = {}
        self.elements = ElementStore()
        self.freshness = Freshness()

    def __len__(self) -> int:
        return len(self._bodies)

    def keys(self) -> list[Key]:
        """All custom resources that are known."""
        return list(self._bodies)

    def get(self, key: Key) -> Json | None:
        """The custom resource as last seen, without its managed fields."""
        return self._bodies.get(key)

    def put(self, body: Json) -> bool:
        """Take over a newer version; false when it is known already."""
        key, metadata = key_of(body), body["metadata"]
        known = self._bodies.get(key)
        is_same = known is not None and known["metadata"]["uid"] == metadata["uid"]
        if known is not None and is_same and _version(known) >= _version(body):
            return False
        slim = {name: value for name, value in metadata.items() if name != "managedFields"}
        self._bodies[key] = {**body, "metadata": slim}
        return True

    def put_written(self, body: Json) -> None:
        """Take over what a write of ours was answered with. The watch has to tell it, too."""
        self.put(body)
        self.expect_news_of(body)

    def expect_news_of(self, body: Json) -> None:
        """The custom resource is in this version, however that was found out: the watch has to come to it."""
        key = key_of(body)
        self.freshness.expect(kind_of(body).plural, key.namespace, key.name, _version(body))

    def bodies(self) -> list[Json]:
        """All custom resources as last seen."""
        return list(self._bodies.values())

    def drop(self, key: Key) -> None:
        """The custom resource is gone from the API."""
        self._bodies.pop(key, None)

    def depart(self, key: Key) -> None:
        """It went without us. If it was ever started, its last version tells what to clear up."""
        known = self._bodies.pop(key, None)
        if known is not None and child(known, "status").get("revision"):
            self._departed[key] = known

    def departed(self, key: Key) -> Json | None:
        """The last version of one that left something behind."""
        return self._departed.get(key)

    def forget_departed(self, key: Key) -> None:
        """What it left behind is cleared up."""
        self._departed.pop(key, None)

    def pod(self, key: PodKey) -> PodRecord | None:
        """The pod with this namespace and name."""
        return self._pods.get(key)

    def put_pod(self, record: PodRecord) -> bool:
        """Take over a newer version; false when it tells nothing new."""
        key = record.namespace, record.name
        known = self._pods.get(key)
        gone = self._last_seen.get(key)
        if gone is not None and gone.pod.uid == record.pod.uid:
            return False
        if known is not None and known.resource_version >= record.resource_version:
            return False
        self._pods[key] = record
        if gone is not None:
            del self._last_seen[key]
        if known is None or (known.pod, known.address) != (record.pod, record.address):
            return True
        # A process at rest is asked seldom: that it went silent, or its node did, is told by this. That it is
        # ready is told by its own answers first.
        return known.is_ready and not record.is_ready

    def drop_pod(self, record: PodRecord) -> None:
        """The pod is gone from the API; ``record`` is its last version, kept as the proof of how it ended."""
        key = record.namespace, record.name
        known = self._pods.get(key)
        if known is not None and known.pod.uid != record.pod.uid:
            return
        self._pods.pop(key, None)
        self._last_seen[key] = record

    def last_seen(self, key: PodKey, owner_uid: str) -> Pod | None:
        """How this owner's pod of this name was when it went, if its end was seen."""
        record = self._last_seen.get(key)
        return record.pod if record is not None and record.owner_uid == owner_uid else None

    def forget_last_seen(self, key: PodKey, uid: str) -> None:
        """The end of the pod with this uid has been dealt with."""
        record = self._last_seen.get(key)
        if record is not None and record.pod.uid == uid:
            del self._last_seen[key]

    def forget_pod_of(self, key: PodKey) -> None:
        """Nobody will ask how the pod of this name ended: its owner is gone."""
        self._last_seen.pop(key, None)

    def pods(self) -> list[PodRecord]:
        """All pods that are known."""
        return list(self._pods.values())

    def lose_pod(self, record: PodRecord) -> None:
        """The pod is not in the API and nothing was heard of its end: no proof of anything."""
        key = record.namespace, record.name
        known = self._pods.get(key)
        if known is not None and known.pod.uid == record.pod.uid:
            del self._pods[key]


def _version(body: Json) -> int:
    return int(body["metadata"].get("resourceVersion") or 0)
