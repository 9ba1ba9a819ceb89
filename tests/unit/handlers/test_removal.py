"""Before the CRDs go, every custom resource does, or somebody is told which one does not."""

import pytest

from sluice.handlers.removal import RemovalError, remove_all
from sluice.kube import paths

from ..reconcile.fake_kube import FakeKube

HELD = paths.pipeline("shop", "held")


def cluster(*names: str) -> FakeKube:
    kube = FakeKube()
    for name in names:
        metadata = {"namespace": "shop", "name": name}
        kube.put(paths.pipeline("shop", name), {"kind": "Pipeline", "metadata": metadata})
    return kube


class Holding(FakeKube):
    """One object's finalizer is never removed."""

    async def delete(
        self,
        path: str,
        *,
        uid: str | None = None,
        grace_seconds: int | None = None,
        resource_version: str | None = None,
    ) -> bool:
        if path != HELD:
            return await super().delete(path, uid=uid)
        self._note("DELETE", path)
        self.objects[path]["metadata"]["deletionTimestamp"] = "2026-03-01T12:00:00Z"
        return True


async def test_everything_is_deleted_and_waited_for() -> None:
    kube = cluster("a", "b")

    await remove_all(kube, ("shop",), deadline=5)

    assert kube.objects == {}


async def test_what_does_not_go_is_named_and_deleted_only_once() -> None:
    kube = Holding()
    for name in ("held", "other"):
        metadata = {"namespace": "shop", "name": name}
        kube.put(paths.pipeline("shop", name), {"kind": "Pipeline", "metadata": metadata})

    with pytest.raises(RemovalError, match="still 1: pipeline shop/held") as failed:
        await remove_all(kube, ("shop",), deadline=1.5)

    assert "uninstall again" in str(failed.value)
    assert [path for method, path in kube.log if method == "DELETE"].count(HELD) == 1
    assert list(kube.objects) == [HELD]
