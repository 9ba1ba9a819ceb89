"""What of a graph is found out before anything of it is started."""

from typing import Any

import pytest

from sluice.decide.batch.graph import dependents_of, elements_of, find_problem

from .world import CHAIN, FAN, TEMPLATE, spec_of

STORAGE = {"storage": {"size": "1Gi"}}


@pytest.mark.parametrize("elements", [CHAIN, FAN], ids=["chain", "fan"])
def test_a_sound_graph_has_no_problem(elements: tuple[dict[str, Any], ...]) -> None:
    assert find_problem(spec_of(*elements)) is None


def test_a_circle_is_named_in_the_order_in_which_its_elements_wait() -> None:
    circle = (
        {"name": "a", "dependsOn": ["c"]},
        {"name": "b", "dependsOn": ["a"]},
        {"name": "c", "dependsOn": ["b"]},
        {"name": "d", "dependsOn": ["c"]},
    )

    problem = find_problem(spec_of(*circle))

    assert problem is not None
    assert any(told in problem for told in ("a -> c -> b -> a", "b -> a -> c -> b", "c -> b -> a -> c"))


def test_an_element_that_waits_for_itself_is_a_circle() -> None:
    problem = find_problem(spec_of({"name": "a", "dependsOn": ["a"]}))

    assert problem is not None
    assert "a -> a" in problem


@pytest.mark.parametrize(
    ("elements", "fields", "words"),
    [
        (({"name": "a", "dependsOn": ["x"]},), {}, "depends on x, and there is no such element"),
        (({"name": "a"}, {"name": "a"}), {}, "same name"),
        (({"name": "a"},), {"template": None}, "a has no pod template"),
        (({"name": "a", "outputs": ["x.csv"]},), {}, "there is none: write storage"),
        (({"name": "a", "outputs": ["/x.csv"]},), STORAGE, "'/x.csv'"),
        (({"name": "a", "outputs": ["../x.csv"]},), STORAGE, "'../x.csv'"),
        (
            ({"name": "a", "inputs": ["x.csv"]},),
            STORAGE,
            "reads 'x.csv', which nothing that it depends on makes",
        ),
        (
            ({"name": "a", "outputs": ["x"]}, {"name": "b", "outputs": ["x"]}),
            STORAGE,
            "a and b both make 'x'",
        ),
        (
            ({"name": "a", "outputs": ["x"]}, {"name": "b", "inputs": ["x"]}),
            STORAGE,
            "element b reads 'x'",
        ),
    ],
)
def test_a_graph_that_can_never_be_run_is_told_with_what_to_write_instead(
    elements: tuple[dict[str, Any], ...], fields: dict[str, Any], words: str
) -> None:
    problem = find_problem(spec_of(*elements, **fields))

    assert problem is not None
    assert words in problem


def test_an_input_may_be_made_by_something_that_it_depends_on_only_indirectly_or_be_given() -> None:
    elements = (
        {"name": "a", "outputs": ["x"]},
        {"name": "b", "dependsOn": ["a"]},
        {"name": "c", "dependsOn": ["b"], "inputs": ["x", "given.csv"]},
    )

    assert find_problem(spec_of(*elements, batch={"inputs": ["given.csv"]}, **STORAGE)) is None


def test_an_own_template_makes_the_shared_one_unnecessary() -> None:
    assert find_problem(spec_of({"name": "a", "template": TEMPLATE}, template=None)) is None


def test_what_cannot_start_any_more_is_told_with_what_it_waits_for() -> None:
    assert dependents_of(elements_of(spec_of(*CHAIN)), ["a"]) == {"b": "a", "c": "b"}
    assert dependents_of(elements_of(spec_of(*FAN)), ["b"]) == {"end": "b"}


def test_a_thousand_elements_are_judged_within_a_moment() -> None:
    chain = [
        {"name": f"e{number}", "dependsOn": [f"e{number - 1}"] if number else []} for number in range(1000)
    ]

    assert find_problem(spec_of(*chain)) is None
