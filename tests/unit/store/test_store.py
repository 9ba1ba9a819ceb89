"""The store: only news, in the order of their versions, and how a pod ended once it is gone."""

import pytest

from sluice.store import Key, PodRecord, Store, project_pod

from .pods import Json, ended_pod, pod

KEY = Key("Pipeline", "shop", "orders")
POD_KEY = ("shop", "orders-runtime-0")
OWNER = "uid-of-orders"


def pipeline(version: int, uid: str = "uid-1", **fields: object) -> Json:
    metadata = {
        "namespace": "shop",
        "name": "orders",
        "uid": uid,
        "resourceVersion": str(version),
        "managedFields": [{"manager": "kubectl"}],
    }
    return {"kind": "Pipeline", "metadata": metadata, **fields}


def record(version: int, uid: str = "pod-1", *, is_ended: bool = False) -> PodRecord:
    body = ended_pod(143) if is_ended else pod()
    body["metadata"] |= {"resourceVersion": str(version), "uid": uid}
    return project_pod(body)


@pytest.mark.parametrize(("first", "second", "is_news"), [(9, 10, True), (10, 10, False), (10, 9, False)])
def test_only_a_newer_version_of_a_pipeline_is_news(first: int, second: int, is_news: bool) -> None:
    store = Store()
    assert store.put(pipeline(first, spec="first"))

    assert store.put(pipeline(second, spec="second")) is is_news
    known = store.get(KEY)
    assert known is not None
    assert known["spec"] == ("second" if is_news else "first")


def test_the_echo_of_our_own_write_is_no_news() -> None:
    store = Store()
    written = pipeline(7, status={"deploymentStatus": "Running"})
    store.put(written)

    assert not store.put(written)


def test_a_pipeline_of_the_same_name_made_anew_replaces_the_old_one() -> None:
    store = Store()
    store.put(pipeline(100, "uid-1"))

    assert store.put(pipeline(101, "uid-2"))


def test_managed_fields_are_not_kept_and_the_callers_object_is_not_changed() -> None:
    store, body = Store(), pipeline(1)
    store.put(body)

    known = store.get(KEY)
    assert known is not None
    assert "managedFields" not in known["metadata"]
    assert "managedFields" in body["metadata"]


def test_a_pipeline_that_is_gone_is_forgotten() -> None:
    store = Store()
    store.put(pipeline(1))
    store.drop(KEY)
    store.drop(KEY)

    assert store.get(KEY) is None
    assert (len(store), store.keys()) == (0, [])


@pytest.mark.parametrize(("first", "second", "is_kept"), [(9, 10, False), (10, 10, True), (10, 9, True)])
def test_pods_are_ordered_by_their_versions_as_numbers(first: int, second: int, is_kept: bool) -> None:
    store = Store()
    store.put_pod(record(first))
    store.put_pod(record(second, is_ended=True))

    known = store.pod(POD_KEY)
    assert known is not None
    assert known.resource_version == max(first, second)
    assert (known.pod.exit is None) is is_kept


def test_a_newer_version_that_says_nothing_new_is_kept_but_is_no_news() -> None:
    store = Store()

    assert store.put_pod(record(1))
    assert not store.put_pod(record(2))
    known = store.pod(POD_KEY)
    assert known is not None
    assert known.resource_version == 2


def test_a_pod_that_is_gone_is_remembered_as_it_was_at_last() -> None:
    store = Store()
    store.put_pod(record(1))
    store.drop_pod(record(2, is_ended=True))

    assert store.pod(POD_KEY) is None
    last_seen = store.last_seen(POD_KEY, OWNER)
    assert last_seen is not None
    assert last_seen.has_ended


def test_a_late_version_does_not_bring_a_pod_back_that_is_gone() -> None:
    store = Store()
    store.drop_pod(record(5, is_ended=True))

    assert not store.put_pod(record(4))
    assert not store.put_pod(record(6))
    assert store.pod(POD_KEY) is None


def test_the_next_pod_of_the_name_takes_the_memory_of_the_last_ones_place() -> None:
    store = Store()
    store.drop_pod(record(5, is_ended=True))

    assert store.put_pod(record(6, "pod-2"))
    assert store.last_seen(POD_KEY, OWNER) is None


def test_the_end_of_an_older_pod_that_is_told_late_does_not_take_the_new_one_away() -> None:
    store = Store()
    store.put_pod(record(6, "pod-2"))
    store.drop_pod(record(5, "pod-1", is_ended=True))

    assert store.pod(POD_KEY) is not None
    assert store.last_seen(POD_KEY, OWNER) is None


def test_the_memory_of_an_end_goes_with_the_pod_it_is_of_and_no_other() -> None:
    store = Store()
    store.drop_pod(record(5, is_ended=True))

    store.forget_last_seen(POD_KEY, "pod-2")
    assert store.last_seen(POD_KEY, OWNER) is not None
    store.forget_last_seen(POD_KEY, "pod-1")
    assert store.last_seen(POD_KEY, OWNER) is None


def test_a_pod_that_a_listing_misses_is_lost_without_proof_of_its_end() -> None:
    store = Store()
    store.put_pod(record(1))
    store.lose_pod(record(1, "pod-0"))
    assert store.pod(POD_KEY) is not None

    store.lose_pod(record(1))

    assert (store.pod(POD_KEY), store.last_seen(POD_KEY, OWNER), store.pods()) == (None, None, [])


def test_the_end_of_a_pod_is_no_news_to_another_pipeline_of_the_same_name() -> None:
    store = Store()
    store.drop_pod(record(1, is_ended=True))

    assert store.last_seen(POD_KEY, OWNER) is not None
    assert store.last_seen(POD_KEY, "uid-of-its-successor") is None
    store.forget_pod_of(POD_KEY)
    assert store.last_seen(POD_KEY, OWNER) is None


def test_a_pipeline_that_went_without_us_is_remembered_for_what_it_left_behind() -> None:
    store = Store()
    store.put(pipeline(1, status={"revision": "orders-0123456789"}))
    store.depart(KEY)

    left = store.departed(KEY)
    assert store.get(KEY) is None
    assert left is not None
    assert left["metadata"]["uid"] == "uid-1"

    store.forget_departed(KEY)
    assert store.departed(KEY) is None


@pytest.mark.parametrize(
    "known", [None, pipeline(1), pipeline(1, status={})], ids=["unknown", "no status", "no run"]
)
def test_a_pipeline_that_was_never_started_left_nothing_behind(known: Json | None) -> None:
    store = Store()
    if known is not None:
        store.put(known)
    store.depart(KEY)

    assert store.departed(KEY) is None
    assert store.get(KEY) is None
