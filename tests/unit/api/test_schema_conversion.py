"""From pydantic to a structural schema: what comes out, and what is refused."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

import pytest
from pydantic import BaseModel, ConfigDict, Field, create_model

from sluice.api.model import ApiModel, Rule
from sluice.api.schema import PRESERVE_UNKNOWN, Schema, UnsupportedSchemaError, spec_schema, status_schema

BIG = Rule("self > 9", "write a number above 9")

MaybeCount: TypeAlias = Annotated[int, Field(ge=1)] | None
MaybeBig: TypeAlias = Annotated[int, BIG] | None


class Colour(StrEnum):
    """Colours."""

    RED = "Red"
    BLUE = "Blue"


class Inner(ApiModel):
    """An inner
    object, in ``code``."""

    count: int = Field(default=3, description="How many.")


class Demanding(ApiModel):
    """Has a required field."""

    name: str


class Open(ApiModel):
    """Takes anything beside its name."""

    model_config = ConfigDict(extra="allow")
    name: str


class Ruled(ApiModel):
    """Has a rule."""

    low: int = 1
    RULES: ClassVar[tuple[Rule, ...]] = (Rule("self.low > 0", "raise low", field=".low"),)


class Recursive(ApiModel):
    """Contains itself."""

    again: "Recursive | None" = None


class Closed(BaseModel):
    """Forbids others."""

    model_config = ConfigDict(extra="forbid")
    name: str = ""


class Titled(BaseModel):
    """Its title is dropped."""

    model_config = ConfigDict(title="Noise")
    a: int


def field_schema(annotation: Any, default: Any = ...) -> Schema:
    """The schema of one field of a model that has nothing else."""
    model = create_model("Example", __base__=ApiModel, field=(annotation, default))
    schema: Schema = spec_schema(model)["properties"]["field"]
    return schema


CONVERTED: dict[str, tuple[Any, Any, Schema]] = {
    "a string": (str, ..., {"type": "string"}),
    "a string with bounds": (
        Annotated[str, Field(min_length=1, max_length=9)],
        ...,
        {"type": "string", "minLength": 1, "maxLength": 9},
    ),
    "an integer with bounds": (
        Annotated[int, Field(ge=0, le=5)],
        1,
        {"type": "integer", "default": 1, "minimum": 0, "maximum": 5},
    ),
    "a boolean with a false default": (bool, False, {"type": "boolean", "default": False}),
    "an optional value has neither null nor default": (
        MaybeCount,
        None,
        {"type": "integer", "minimum": 1},
    ),
    "an optional value with a default keeps it": (int | None, 4, {"type": "integer", "default": 4}),
    "an enum is inlined": (
        Colour,
        Colour.RED,
        {
            "description": "Colours.",
            "type": "string",
            "enum": ["Red", "Blue"],
            "default": "Red",
        },
    ),
    "a choice of literals": (
        Literal["a", "b"],
        "a",
        {"type": "string", "enum": ["a", "b"], "default": "a"},
    ),
    "a time": (datetime, ..., {"type": "string", "format": "date-time"}),
    "a list of strings": (list[str], ..., {"type": "array", "items": {"type": "string"}}),
    "a list with bounds and keys": (
        Annotated[
            list[Demanding],
            Field(
                max_length=3,
                json_schema_extra={
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["name"],
                },
            ),
        ],
        ...,
        {
            "type": "array",
            "maxItems": 3,
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"],
            "items": {
                "description": "Has a required field.",
                "type": "object",
                "required": ["name"],
                "properties": {"name": {"type": "string"}},
            },
        },
    ),
    "a map of strings": (
        dict[str, str],
        ...,
        {"type": "object", "additionalProperties": {"type": "string"}},
    ),
    "any object": (
        dict[str, Any],
        ...,
        {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
    ),
    "a list of any objects": (
        list[dict[str, Any]],
        ...,
        {
            "type": "array",
            "items": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        },
    ),
    "an open model keeps its named fields": (
        Open,
        ...,
        {
            "description": "Takes anything beside its name.",
            "type": "object",
            "x-kubernetes-preserve-unknown-fields": True,
            "required": ["name"],
            "properties": {"name": {"type": "string"}},
        },
    ),
    "a nested object with a factory gets a default, so that its own defaults apply": (
        Inner,
        Field(default_factory=Inner),
        {
            "description": "An inner object, in code.",
            "type": "object",
            "default": {},
            "properties": {"count": {"description": "How many.", "type": "integer", "default": 3}},
        },
    ),
    "an optional nested object gets no default": (
        Inner | None,
        None,
        {
            "description": "An inner object, in code.",
            "type": "object",
            "properties": {"count": {"description": "How many.", "type": "integer", "default": 3}},
        },
    ),
    "a field's description wins over its type's": (
        Demanding,
        Field(description="The one."),
        {
            "description": "The one.",
            "type": "object",
            "required": ["name"],
            "properties": {"name": {"type": "string"}},
        },
    ),
    "rules of a model stand at its level": (
        Ruled,
        ...,
        {
            "description": "Has a rule.",
            "type": "object",
            "x-kubernetes-validations": [
                {"rule": "self.low > 0", "message": "raise low", "fieldPath": ".low"}
            ],
            "properties": {"low": {"type": "integer", "default": 1}},
        },
    ),
    "rules of a value stand at the value": (
        MaybeBig,
        None,
        {
            "type": "integer",
            "x-kubernetes-validations": [{"rule": BIG.cel, "message": BIG.message}],
        },
    ),
    "a title is dropped": (
        Titled,
        ...,
        {
            "description": "Its title is dropped.",
            "type": "object",
            "required": ["a"],
            "properties": {"a": {"type": "integer"}},
        },
    ),
}


@pytest.mark.parametrize(("annotation", "default", "schema"), CONVERTED.values(), ids=CONVERTED)
def test_a_field_becomes_this_schema(annotation: Any, default: Any, schema: Schema) -> None:
    assert field_schema(annotation, default) == schema


REFUSED: dict[str, tuple[Any, Any, str]] = {
    "a pattern, whose refusal tells nobody what to write": (
        Annotated[str, Field(pattern="^a$")],
        ...,
        "Rule with a message",
    ),
    "a union": (int | str, ..., "union"),
    "a union with null": (int | str | None, None, "union"),
    "an optional field without a default": (int | None, ..., "default of None"),
    "a set": (set[str], ..., "x-kubernetes-list-type: set"),
    "a tuple": (tuple[int, int], ..., "model with named fields"),
    "a decimal": (Decimal, ..., "union"),
    "a float": (float, ..., "number"),
    "an exclusive bound": (Annotated[int, Field(gt=0)], ..., "exclusiveMinimum"),
    "a multiple": (Annotated[int, Field(multiple_of=5)], ..., "multipleOf"),
    "a single literal": (Literal["a"], ..., "const"),
    "anything": (Any, ..., "type None"),
    "a list of anything": (list[Any], ..., "type None"),
    "a format that Kubernetes reads differently": (bytes, ..., "format 'binary'"),
    "a closed model": (Closed, ..., "additionalProperties: false"),
    "a model that contains itself": (Recursive, ..., "contains itself"),
    "a spelt-out default of a nested object": (Inner, Inner(count=5), "default_factory"),
    "a default inside a list item": (list[Inner], ..., "a default inside a list item"),
    "an unknown extension": (
        Annotated[str, Field(json_schema_extra={"x-note": "a"})],
        ...,
        "x-note",
    ),
    "a rule on a reference": (Annotated[Inner, BIG], ..., "beside a reference to Inner"),
}


@pytest.mark.parametrize(("annotation", "default", "words"), REFUSED.values(), ids=REFUSED)
def test_what_a_crd_cannot_say_is_refused_with_its_place(annotation: Any, default: Any, words: str) -> None:
    with pytest.raises(UnsupportedSchemaError) as caught:
        field_schema(annotation, default)

    assert "Example.field" in str(caught.value)
    assert words in str(caught.value)


class Loose(ApiModel):
    """A status."""

    state: Colour = Field(default=Colour.RED, description="The state.")
    count: Annotated[int, Field(ge=1, le=2)] = 1
    inner: Inner = Field(default_factory=Inner)
    details: dict[str, Any] = Field(default_factory=dict)
    names: Annotated[list[str], Field(max_length=2)] = Field(default_factory=list[str])
    labels: dict[str, Annotated[str, Field(max_length=2)]] = Field(default_factory=dict[str, str])


class Keyed(ApiModel):
    """A status with conditions."""

    conditions: list[Demanding] = Field(
        json_schema_extra={
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"],
        }
    )


def test_a_status_schema_has_shapes_and_nothing_that_a_value_can_violate_or_lose() -> None:
    assert status_schema(Loose) == {
        "description": "A status.",
        "type": "object",
        PRESERVE_UNKNOWN: True,
        "properties": {
            "state": {"description": "The state.", "type": "string"},
            "count": {"type": "integer"},
            "inner": {
                "description": "An inner object, in code.",
                "type": "object",
                PRESERVE_UNKNOWN: True,
                "properties": {"count": {"description": "How many.", "type": "integer"}},
            },
            "details": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
            "names": {"type": "array", "items": {"type": "string"}},
            "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        },
    }


def test_the_keys_of_a_list_map_in_status_stay_required_as_the_api_server_wants_it() -> None:
    conditions = status_schema(Keyed)["properties"]["conditions"]

    assert conditions["items"]["required"] == ["name"]
    assert "required" not in status_schema(Keyed)


def test_names_are_in_camel_case() -> None:
    model = create_model("Example", __base__=ApiModel, two_words=(int, ...))

    assert list(spec_schema(model)["properties"]) == ["twoWords"]
