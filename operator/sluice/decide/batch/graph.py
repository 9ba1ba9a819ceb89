"""The graph of a batch pipeline: whether it can be run, and what depends on what."""

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter

from sluice.api.batch import ElementSpec
from sluice.api.spec import PipelineSpec


def elements_of(spec: PipelineSpec) -> dict[str, ElementSpec]:
    """The elements by their names, in the order of the spec."""
    return {element.name: element for element in spec.elements or ()}


def dependencies(element: ElementSpec) -> tuple[str, ...]:
    """What has to be completed before it starts."""
    return tuple(element.depends_on or ())


def in_order(elements: Mapping[str, ElementSpec]) -> list[str]:
    """Every element after all that it depends on. Raises ``graphlib.CycleError``."""
    known = {name: [on for on in dependencies(each) if on in elements] for name, each in elements.items()}
    return list(TopologicalSorter(known).static_order())


def dependents_of(elements: Mapping[str, ElementSpec], names: Iterable[str]) -> dict[str, str]:
    """What cannot start any more because of ``names``, directly or not: each with what it waits for."""
    lost = dict.fromkeys(names, "")
    for name in in_order(elements):
        cause = next((on for on in dependencies(elements[name]) if on in lost), None)
        if cause is not None and name not in lost:
            lost[name] = cause
    return {name: cause for name, cause in lost.items() if cause}


def find_problem(spec: PipelineSpec) -> str | None:
    """Why this graph can never be run, as a sentence that says what to write instead."""
    elements = elements_of(spec)
    if len(elements) != len(spec.elements or ()):
        return "two elements have the same name: give each a name of its own"
    named = [(name, on) for name, each in elements.items() for on in dependencies(each)]
    unknown = [(name, on) for name, on in named if on not in elements]
    if unknown:
        name, on = unknown[0]
        return f"element {name} depends on {on}, and there is no such element: correct dependsOn"
    try:
        order = in_order(elements)
    except CycleError as error:
        # Told by what each waits for: the sorter names them the other way round.
        circle = " -> ".join(reversed(error.args[1]))
        return f"the elements wait for each other in a circle, {circle}: remove one of these dependencies"
    untold = [name for name, each in elements.items() if each.template is None and spec.template is None]
    if untold:
        return f"element {untold[0]} has no pod template: write template, or one of its own"
    return _problem_of_paths(spec, elements, order)


def _problem_of_paths(
    spec: PipelineSpec, elements: Mapping[str, ElementSpec], order: Iterable[str]
) -> str | None:
    given = (spec.batch.inputs if spec.batch else None) or []
    named = [(name, path) for name, each in elements.items() for path in (*_inputs(each), *_outputs(each))]
    wrong = [(f"element {name}", path) for name, path in named if not _is_below(path)]
    wrong += [("batch.inputs", path) for path in given if not _is_below(path)]
    if wrong:
        whose, path = wrong[0]
        return f"{whose} names the path {path!r}: write one below the shared volume, without .. and first /"
    if spec.storage is None and (named or given):
        return "inputs and outputs are paths on the shared volume, and there is none: write storage"
    return _problem_of_makers(elements) or _problem_of_inputs(elements, order, given)


def _inputs(element: ElementSpec) -> tuple[str, ...]:
    return tuple(element.inputs or ())


def _outputs(element: ElementSpec) -> tuple[str, ...]:
    return tuple(element.outputs or ())


def _is_below(path: str) -> bool:
    parts = path.split("/")
    return "" not in parts and ".." not in parts and "." not in parts and "\n" not in path


def _problem_of_makers(elements: Mapping[str, ElementSpec]) -> str | None:
    makers: dict[str, str] = {}
    for name, each in elements.items():
        for path in _outputs(each):
            if makers.setdefault(path, name) != name:
                return f"elements {makers[path]} and {name} both make {path!r}: give each outputs of its own"
    return None


def _problem_of_inputs(
    elements: Mapping[str, ElementSpec], order: Iterable[str], given: Iterable[str]
) -> str | None:
    if not any(each.inputs for each in elements.values()):
        return None
    there: dict[str, frozenset[str]] = {}
    basis = frozenset(given)
    for name in order:
        each = elements[name]
        found = basis.union(*(there[on] | set(_outputs(elements[on])) for on in dependencies(each)))
        there[name] = found
        missing = [path for path in _inputs(each) if path not in found]
        if missing:
            return (
                f"element {name} reads {missing[0]!r}, which nothing that it depends on makes: name its"
                " maker in dependsOn, or the path in batch.inputs"
            )
    return None
