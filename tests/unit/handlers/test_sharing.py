"""Operators that share the objects: each key has one of them, and few move when one comes or goes."""

import pytest

from sluice.api.json_values import Json
from sluice.handlers.sharing import (
    FORGOTTEN_SECONDS,
    LEASE_SECONDS,
    RENEW_SECONDS,
    LeaseKeeper,
    Share,
    lease_name,
)
from sluice.kube import ApiError, paths
from sluice.store import Key

from ..reconcile.fake_kube import FakeKube

KEYS = [Key("Pipeline", "shop", f"p{number}") for number in range(2000)]
GROUP = "sluice"


def owners(*members: str) -> dict[Key, str]:
    """Who looks at each key, by everybody's own word."""
    shares = {member: Share(member) for member in members}
    for member, share in shares.items():
        share.meet(set(members) - {member})
    found: dict[Key, str] = {}
    for key in KEYS:
        (found[key],) = (member for member, share in shares.items() if share.owns(key))
    return found


def test_alone_it_looks_at_everything() -> None:
    assert all(Share("a").owns(key) for key in KEYS)


@pytest.mark.parametrize("members", [("a", "b"), ("a", "b", "c", "d")])
def test_each_key_has_one_owner_and_the_parts_are_alike(members: tuple[str, ...]) -> None:
    found = list(owners(*members).values())

    fair = len(KEYS) / len(members)
    assert all(0.85 * fair < found.count(member) < 1.15 * fair for member in members)


def test_when_one_goes_only_its_own_keys_move() -> None:
    before, after = owners("a", "b", "c"), owners("a", "b")

    assert {before[key] for key in KEYS if before[key] != after[key]} == {"c"}


class Group:
    """Leases on an API server in memory, and a clock that is moved by hand."""

    def __init__(self) -> None:
        self.kube, self.now = FakeKube(), 1000.0
        self.changes: list[str] = []

    def keeper(self, identity: str) -> tuple[Share, LeaseKeeper]:
        share = Share(identity)
        told = lambda: self.changes.append(identity)  # noqa: E731 - a name for it says no more
        return share, LeaseKeeper(self.kube, "system", GROUP, identity, share, told, lambda: self.now)

    def lease(self, identity: str) -> Json | None:
        return self.kube.objects.get(paths.lease("system", lease_name(GROUP, identity)))


async def test_who_joins_knows_everybody_before_its_first_look() -> None:
    group = Group()
    _, first = group.keeper("a")
    await first.join()
    share, second = group.keeper("b")
    await second.join()

    assert list(share.members) == ["a", "b"]


async def test_a_new_member_is_noticed_and_one_that_left_is_gone_at_once() -> None:
    group = Group()
    share, first = group.keeper("a")
    await first.join()
    _, second = group.keeper("b")
    await second.join()
    await first.join()
    assert (list(share.members), group.changes) == (["a", "b"], ["b", "a"])

    await second.leave()
    await first.join()
    assert (list(share.members), group.changes) == (["a"], ["b", "a", "a"])


async def test_one_that_is_killed_is_given_up_when_its_lease_was_not_renewed_in_time() -> None:
    group = Group()
    share, first = group.keeper("a")
    _, second = group.keeper("b")
    await second.join()
    await first.join()
    group.now += LEASE_SECONDS - 1
    await first.join()
    assert list(share.members) == ["a", "b"]

    group.now += 1
    await first.join()
    assert list(share.members) == ["a"]
    assert group.lease("b") is not None

    group.now += FORGOTTEN_SECONDS
    await first.join()
    assert group.lease("b") is None, "what a dead operator left is cleared up"


async def test_one_that_renews_stays_whatever_its_clock_says() -> None:
    group = Group()
    share, first = group.keeper("a")
    _, second = group.keeper("b")
    for _ in range(10):
        await second.join()
        lease = group.lease("b")
        assert lease is not None
        await first.join()
        group.now += RENEW_SECONDS

    assert list(share.members) == ["a", "b"]


async def test_a_lease_that_somebody_removed_is_made_again() -> None:
    group = Group()
    _, first = group.keeper("a")
    await first.join()
    group.kube.objects.clear()
    await first.join()

    assert group.lease("a") is not None


async def test_leaving_is_no_error_where_the_api_server_is_away() -> None:
    group = Group()
    _, first = group.keeper("a")
    await first.join()
    group.kube.fail("DELETE", "leases", ApiError(500, "InternalError", "away"))

    await first.leave()
