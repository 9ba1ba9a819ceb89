"""Base of all models of the API, and the CEL rules that travel with them into the CRD."""

from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler
from pydantic.alias_generators import to_camel
from pydantic_core import CoreSchema

VALIDATIONS = "x-kubernetes-validations"


@dataclass(frozen=True, slots=True)
class Rule:
    """One ``x-kubernetes-validations`` entry: refused unless ``cel`` is true, with ``message``.

    A message says what to write instead. ``field`` is a path below the model (``.force``) that the
    refusal then names. A rule stands in a model's ``RULES``, or in ``Annotated`` on a single value;
    only the API server evaluates it, so that reading an object never depends on it.
    """

    cel: str
    message: str
    field: str | None = None

    def entry(self) -> dict[str, str]:
        """The rule as the CRD spells it."""
        entry = {"rule": self.cel, "message": self.message}
        return entry if self.field is None else {**entry, "fieldPath": self.field}

    def __get_pydantic_json_schema__(
        self, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        schema = handler(core_schema)
        schema[VALIDATIONS] = [*schema.get(VALIDATIONS, []), self.entry()]
        return schema


class ApiModel(BaseModel):
    """A model whose fields are ``snake_case`` here and ``camelCase`` in a manifest.

    Reading is tolerant: a field that a newer version added is ignored, because the API server has
    already refused what it does not know, and an operator must not fall over an object that a newer
    one wrote.
    """

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        extra="ignore",
        frozen=True,
    )

    RULES: ClassVar[tuple[Rule, ...]] = ()

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        schema = handler(core_schema)
        if cls.RULES:
            model = handler.resolve_ref_schema(schema)
            model[VALIDATIONS] = [rule.entry() for rule in cls.RULES]
        return schema
