"""Reading JSON from outside: whatever stands there, a reader gets the type that it asked for or nothing."""

from typing import Any, cast

Json = dict[str, Any]


def as_object(value: object) -> Json:
    """``value`` if it is a JSON object, else an empty one."""
    return cast("Json", value) if isinstance(value, dict) else {}


def child(body: Json, key: str) -> Json:
    """The object at ``key``, or an empty one."""
    return as_object(body.get(key))


def children(body: Json, key: str) -> list[Json]:
    """The objects in the list at ``key``, or none."""
    value: object = body.get(key)
    return [as_object(entry) for entry in cast("list[object]", value)] if isinstance(value, list) else []


def texts(body: Json, key: str) -> dict[str, str]:
    """The string values of the object at ``key``: labels, annotations."""
    return {name: value for name, value in child(body, key).items() if isinstance(value, str)}
