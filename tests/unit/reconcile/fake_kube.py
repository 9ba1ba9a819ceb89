"""An API server in memory: single objects, merge patches, resource versions, and faults on demand."""

import copy
import re
from collections.abc import AsyncIterator
from typing import Any, cast

from sluice.api.json_values import Json, as_object
from sluice.kube import ApiError, Kube


def apply_merge_patch(target: Any, patch: Any) -> Any:
    """RFC 7386, as its section 2 spells it."""
    if not isinstance(patch, dict):
        return patch
    result = dict(as_object(target))
    for key, value in as_object(cast("object", patch)).items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = apply_merge_patch(result.get(key), value)
    return result


REQUIREMENT = re.compile(
    r"(?P<key>[^,=! ]+)(?:(?P<sign>!?=)(?P<value>[^,]*)| in \((?P<values>[^)]*)\))(?:,|$)"
)


def _is_selected(labels: dict[str, str], selector: str) -> bool:
    """Equality, inequality and sets, as Kubernetes reads label selectors."""
    read = list(REQUIREMENT.finditer(selector))
    assert "".join(each[0] for each in read) == selector, selector
    for each in read:
        wanted = [each["value"]] if each["values"] is None else each["values"].split(",")
        if (labels.get(each["key"]) in wanted) is (each["sign"] == "!="):
            return False
    return True


class FakeKube(Kube):
    """Objects by their paths. ``fail`` makes the next call of a kind on a path end in an error."""

    def __init__(self) -> None:
        self.objects: dict[str, Json] = {}
        self.log: list[tuple[str, str]] = []
        self._faults: list[tuple[str, str, Exception]] = []
        self._version = 100

    def fail(self, method: str, part: str, error: Exception) -> None:
        self._faults.append((method, part, error))

    def put(self, path: str, body: Json) -> Json:
        """An object that somebody else wrote."""
        self._version += 1
        stored = copy.deepcopy(body)
        stored.setdefault("metadata", {})["resourceVersion"] = str(self._version)
        stored["metadata"].setdefault("uid", f"uid-{self._version}")
        self.objects[path] = stored
        return copy.deepcopy(stored)

    def writes(self) -> list[str]:
        """What was written, as ``METHOD last-part-of-the-path``."""
        reads = ("GET", "TRY")
        return [f"{method} {path.rsplit('/', 1)[-1]}" for method, path in self.log if method not in reads]

    async def get(self, path: str) -> Json | None:
        self._note("GET", path)
        return copy.deepcopy(self.objects.get(path))

    async def list(
        self, path: str, label_selector: str | None = None, field_selector: str | None = None
    ) -> AsyncIterator[Json]:
        self._note("GET", path)
        field, _, wanted = (field_selector or "").partition("=")
        for name, known in list(self.objects.items()):
            if name.startswith(path) and (field != "metadata.name" or name.endswith(f"/{wanted}")):
                yield copy.deepcopy(known)

    async def create(self, path: str, body: Json, *, is_dry_run: bool = False) -> Json:
        self._note("TRY" if is_dry_run else "POST", path)
        if is_dry_run:
            return copy.deepcopy(body)
        name = f"{path}/{body['metadata']['name']}"
        if name in self.objects:
            raise ApiError(409, "AlreadyExists", f"{name} already exists")
        return self.put(name, body)

    async def merge(self, path: str, patch: Json) -> Json:
        self._note("PATCH", path)
        name, _, subresource = path.partition("/status")
        known = self.objects.get(name)
        if known is None:
            raise ApiError(404, "NotFound", f"{name} not found")
        expected = patch.get("metadata", {}).get("resourceVersion", known["metadata"]["resourceVersion"])
        if expected != known["metadata"]["resourceVersion"]:
            raise ApiError(409, "Conflict", "the object has been modified")
        assert ("status" in patch) is (subresource == "" and path.endswith("/status"))
        return self.put(name, apply_merge_patch(known, patch))

    async def delete(
        self,
        path: str,
        *,
        uid: str | None = None,
        grace_seconds: int | None = None,
        resource_version: str | None = None,
    ) -> bool:
        self._note("DELETE", path)
        known = self.objects.get(path)
        if known is None or (uid is not None and known["metadata"]["uid"] != uid):
            return False
        if resource_version not in (None, known["metadata"]["resourceVersion"]):
            return False
        if "/pods/" in path:
            marks = {"deletionTimestamp": "now", "deletionGracePeriodSeconds": grace_seconds}
            self.put(path, {**known, "metadata": {**known["metadata"], **marks}})
        else:
            del self.objects[path]
        return True

    async def delete_all(self, path: str, label_selector: str, *, grace_seconds: int | None = None) -> None:
        self._note("DELETE", path)
        for name, body in list(self.objects.items()):
            if name.startswith(f"{path}/") and _is_selected(
                body["metadata"].get("labels", {}), label_selector
            ):
                del self.objects[name]

    def _note(self, method: str, path: str) -> None:
        self.log.append((method, path))
        for fault in self._faults:
            if fault[0] == method and fault[1] in path:
                self._faults.remove(fault)
                raise fault[2]
