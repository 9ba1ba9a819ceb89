"""Quantities are compared by what they mean."""

import pytest

from sluice.kube import read_quantity


@pytest.mark.parametrize(
    ("less", "more"), [("1023Mi", "1Gi"), ("1G", "1Gi"), ("999m", "1"), ("1.5Gi", "2Gi"), ("9Gi", "10Gi")]
)
def test_sizes_are_ordered_by_what_they_mean(less: str, more: str) -> None:
    small, large = read_quantity(less), read_quantity(more)

    assert small is not None
    assert large is not None
    assert small < large


@pytest.mark.parametrize(("one", "other"), [("1Gi", "1024Mi"), ("1k", "1000"), ("1e3", "1k"), (1024, "1Ki")])
def test_the_same_size_may_be_spelled_in_several_ways(one: object, other: str) -> None:
    assert read_quantity(one) == read_quantity(other) is not None


@pytest.mark.parametrize("text", ["", "lots", "1Xi", "Gi", None, {}, []], ids=repr)
def test_what_is_no_size_is_none(text: object) -> None:
    assert read_quantity(text) is None
