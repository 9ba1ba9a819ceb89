"""From pydantic's JSON schema to the structural schema that a CRD accepts.

The converter knows the constructs that the models use and refuses every other one by its place and
name. A construct that is dropped in silence would be a check that people believe in and nobody
makes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, cast

from pydantic import BaseModel

from sluice.api.model import VALIDATIONS

Schema = dict[str, Any]

PRESERVE_UNKNOWN: Final = "x-kubernetes-preserve-unknown-fields"
LIST_TYPE: Final = "x-kubernetes-list-type"
LIST_MAP_KEYS: Final = "x-kubernetes-list-map-keys"

_COMMON: Final = {"type", "title", "description", "default", VALIDATIONS}
_KEYWORDS: Final[dict[str, set[str]]] = {
    "object": {"properties", "required", "additionalProperties", "maxProperties"},
    "array": {"items", "minItems", "maxItems", LIST_TYPE, LIST_MAP_KEYS},
    "string": {"minLength", "maxLength", "enum", "format"},
    "integer": {"minimum", "maximum"},
    "boolean": set(),
}
_INSTEAD: Final = {
    "pattern": "write a Rule with a message, which tells people what to write",
    "uniqueItems": "write a list with x-kubernetes-list-type: set",
    "prefixItems": "write a model with named fields",
}
_REF_PREFIX: Final = "#/$defs/"

# The order in which a schema is written, so that a person finds what matters first.
_ORDER: Final = (
    "description",
    "type",
    "format",
    "enum",
    "default",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "maxProperties",
    LIST_TYPE,
    LIST_MAP_KEYS,
    PRESERVE_UNKNOWN,
    VALIDATIONS,
    "required",
    "additionalProperties",
    "properties",
    "items",
)
# What may stand in the schema of status: shape and words, and nothing that a value can violate.
_STATUS_KEYWORDS: Final = {
    "description",
    "type",
    "format",
    LIST_TYPE,
    LIST_MAP_KEYS,
    PRESERVE_UNKNOWN,
    "additionalProperties",
    "properties",
    "items",
}


class UnsupportedSchemaError(ValueError):
    """A model uses something that has no safe counterpart in a structural schema."""


def spec_schema(model: type[BaseModel]) -> Schema:
    """The schema of what people write: everything that the model checks, and its defaults."""
    schema = _converted(model)
    _refuse_defaults_in_items(schema, model.__name__)
    return schema


def status_schema(model: type[BaseModel]) -> Schema:
    """The schema of what the operator writes: the model's shape without its limits and defaults.

    CRDs are often older than the operator. A refused status write would stop all its work, and a field
    that the API server dropped in silence could be one that it has to remember between two steps.
    """
    schema = _relaxed(_converted(model))
    for _, part in walk(schema, model.__name__):
        if "properties" in part:
            part[PRESERVE_UNKNOWN] = True
    return schema


def _converted(model: type[BaseModel]) -> Schema:
    schema = model.model_json_schema(by_alias=True, mode="validation")
    definitions = cast("dict[str, Schema]", schema.pop("$defs", {}))
    return _Converter(definitions).convert(schema, model.__name__)


@dataclass(frozen=True)
class _Converter:
    definitions: dict[str, Schema]
    inside: tuple[str, ...] = ()

    def convert(self, schema: Schema, place: str) -> Schema:
        if "$ref" in schema:
            return self._convert_reference(schema, place)
        if "anyOf" in schema:
            return self.convert(_without_null(schema, place), place)
        kind = schema.get("type")
        if not isinstance(kind, str) or kind not in _KEYWORDS:
            raise UnsupportedSchemaError(f"{place}: type {kind!r} has no counterpart in a CRD")
        _refuse_unknown_keywords(schema, kind, place)
        result = {key: value for key, value in schema.items() if key != "title"}
        if "description" in result:
            result["description"] = _as_prose(result["description"])
        if kind == "object":
            result |= self._convert_members(result, place)
            if result.get("additionalProperties") is True:
                del result["additionalProperties"]
                result[PRESERVE_UNKNOWN] = True
        elif kind == "array":
            result["items"] = self.convert(schema.get("items", {}), f"{place}[]")
        elif result.get("format", "date-time") != "date-time":
            raise UnsupportedSchemaError(f"{place}: format {result['format']!r} is not supported")
        return _ordered(result)

    def _convert_reference(self, schema: Schema, place: str) -> Schema:
        """Put the definition in; what stands beside the reference wins."""
        reference = str(schema["$ref"])
        name = reference.removeprefix(_REF_PREFIX)
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        if not beside.keys() <= {"description", "default", "title"}:
            raise UnsupportedSchemaError(f"{place}: {sorted(beside)} beside a reference to {name}")
        if name in self.inside:
            raise UnsupportedSchemaError(f"{place}: {name} contains itself, a CRD cannot say that")
        inner = _Converter(self.definitions, (*self.inside, name))
        return inner.convert({**self.definitions[name], **beside}, place)

    def _convert_members(self, schema: Schema, place: str) -> Schema:
        properties = cast("dict[str, Schema]", schema.get("properties", {}))
        required = cast("list[str]", schema.get("required", []))
        members: Schema = {}
        if "properties" in schema:
            members["properties"] = {
                name: self._convert_required(value, f"{place}.{name}")
                if name in required
                else self._convert_optional(value, f"{place}.{name}")
                for name, value in properties.items()
            }
        values = schema.get("additionalProperties")
        if isinstance(values, dict):
            if properties:
                raise UnsupportedSchemaError(f"{place}: named fields beside a map of others")
            members["additionalProperties"] = self.convert(cast("Schema", values), f"{place}{{}}")
        elif values is False:
            raise UnsupportedSchemaError(
                f"{place}: additionalProperties: false is refused by the API server, which prunes"
                " unknown fields by itself: do not forbid extra fields in the model"
            )
        return members

    def _convert_required(self, schema: Schema, place: str) -> Schema:
        result = self.convert(schema, place)
        if "anyOf" in schema:
            raise UnsupportedSchemaError(f"{place}: give the optional field a default of None")
        return result

    def _convert_optional(self, schema: Schema, place: str) -> Schema:
        result = self.convert(schema, place)
        if result["type"] != "object":
            return result
        if result.get("default"):
            raise UnsupportedSchemaError(
                f"{place}: use default_factory, so that each nested field keeps its own default"
            )
        if "$ref" in schema:
            # The API server fills in nested defaults only below an object that is there.
            result["default"] = dict[str, Any]()
        return _ordered(result)


def _without_null(schema: Schema, place: str) -> Schema:
    """``X | None`` as X: the API server takes a null for an absent field, we never write one."""
    members = cast("list[Schema]", schema["anyOf"])
    rest = [member for member in members if member.get("type") != "null"]
    if len(rest) != 1 or len(rest) == len(members):
        raise UnsupportedSchemaError(
            f"{place}: a union: write one object with optional fields and a rule on them"
        )
    beside = {key: value for key, value in schema.items() if key != "anyOf"}
    if beside.get("default", 0) is None:
        del beside["default"]
    return {**rest[0], **beside}


def _refuse_unknown_keywords(schema: Schema, kind: str, place: str) -> None:
    unknown = sorted(schema.keys() - _COMMON - _KEYWORDS[kind])
    if unknown:
        hint = "; ".join(_INSTEAD[key] for key in unknown if key in _INSTEAD)
        message = f"{place}: {', '.join(unknown)} on type {kind} is not supported"
        raise UnsupportedSchemaError(f"{message}: {hint}" if hint else message)


def walk(schema: Schema, place: str) -> Iterator[tuple[str, Schema]]:
    """Every part of ``schema`` with its place, such as ``spec.template`` or ``spec.elements[]``."""
    yield place, schema
    for name, value in cast("dict[str, Schema]", schema.get("properties", {})).items():
        yield from walk(value, f"{place}.{name}")
    if "items" in schema:
        yield from walk(schema["items"], f"{place}[]")
    if "additionalProperties" in schema:
        yield from walk(schema["additionalProperties"], f"{place}{{}}")


def _refuse_defaults_in_items(schema: Schema, root: str) -> None:
    """A default inside a list item would rewrite a list that a manifest set."""
    for place, part in walk(schema, root):
        if "[]" in place and "default" in part:
            raise UnsupportedSchemaError(f"{place}: a default inside a list item")


def _ordered(schema: Schema) -> Schema:
    return {key: schema[key] for key in _ORDER if key in schema}


def _relaxed(schema: Schema, keys: tuple[str, ...] = ()) -> Schema:
    """``schema`` without limits; ``keys`` are those of the list map whose item it is."""
    result = {key: value for key, value in schema.items() if key in _STATUS_KEYWORDS}
    if keys:
        result["required"] = list(keys)
    if "properties" in schema:
        properties = cast("dict[str, Schema]", schema["properties"])
        result["properties"] = {name: _relaxed(value) for name, value in properties.items()}
    if "additionalProperties" in schema:
        result["additionalProperties"] = _relaxed(schema["additionalProperties"])
    if "items" in schema:
        result["items"] = _relaxed(schema["items"], tuple(schema.get(LIST_MAP_KEYS, ())))
    return _ordered(result)


def _as_prose(text: str) -> str:
    """A docstring as ``kubectl explain`` should show it: one paragraph, no markup."""
    return " ".join(text.replace("``", "").split())
