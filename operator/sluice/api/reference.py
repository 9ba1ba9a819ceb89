"""The reference page of a kind, made from its CRD: what ``kubectl explain`` shows, on one page."""

from collections.abc import Iterator
from typing import Any, cast

from sluice.api.model import VALIDATIONS
from sluice.api.schema import PRESERVE_UNKNOWN, Schema, walk

_INTRODUCTION = """\
<!-- Generated from operator/sluice/api by `python -m sluice.api.crd`; edit the models instead. -->
# {kind}

{description}

| | |
|---|---|
| `apiVersion` | `{group}/{version}` |
| `kind` | `{kind}` |
| with kubectl | `kubectl get {plural}.{group}`, `kubectl get {short}`, `kubectl get {category}` |
| in the shell | `kubectl explain {short}.spec --recursive` |

The operator writes `status` and never `spec`. Defaults fill in absent fields only; what a manifest
sets stays as it is. A null counts as an absent field.
"""


def reference_page(crd: dict[str, Any]) -> str:
    """The page as Markdown."""
    version = crd["spec"]["versions"][0]
    root: Schema = version["schema"]["openAPIV3Schema"]
    names = crd["spec"]["names"]
    introduction = _INTRODUCTION.format(
        kind=names["kind"],
        description=root["description"],
        group=crd["spec"]["group"],
        version=version["name"],
        plural=names["plural"],
        short=names["shortNames"][0],
        category=names["categories"][0],
    )
    spec, status = root["properties"]["spec"], root["properties"]["status"]
    parts = [
        introduction,
        "## Columns of `kubectl get`\n",
        _table(("Column", "Shows", "Path"), _columns(version["additionalPrinterColumns"])),
        "## Spec\n",
        _table(("Field", "Type", "Default", "Description"), _spec_rows(spec)),
        "## Rules\n",
        "The API server refuses a manifest that breaks one of these, with this message.\n",
        _table(("Where", "Message", "Rule (CEL)"), _rule_rows(root)),
        "## Status\n",
        _table(("Field", "Type", "Description"), _status_rows(status)),
    ]
    return "\n".join(parts)


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(_cell(text) for text in line)} |\n" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _columns(columns: list[dict[str, str | int]]) -> Iterator[tuple[str, ...]]:
    for column in columns:
        wide = " (with `-o wide`)" if column.get("priority") else ""
        shows = str(column.get("description", "Time since it was created."))
        yield f"{column['name']}{wide}", shows, f"`{column['jsonPath']}`"


def _fields(schema: Schema, place: str) -> Iterator[tuple[str, Schema]]:
    """Every named field below ``schema``; items and values are told by the type of their field."""
    for path, part in walk(schema, place):
        if path != place and not path.endswith(("[]", "{}")):
            yield path, part


def _spec_rows(schema: Schema) -> Iterator[tuple[str, ...]]:
    required = {
        f"{place}.{name}" for place, part in walk(schema, "spec") for name in part.get("required", ())
    }
    for path, part in _fields(schema, "spec"):
        default = "required" if path in required else _default(part)
        yield f"`{path}`", _type(part), default, part["description"]


def _status_rows(schema: Schema) -> Iterator[tuple[str, ...]]:
    for path, part in _fields(schema, "status"):
        yield f"`{path}`", _type(part), part["description"]


def _default(schema: Schema) -> str:
    if "default" not in schema or schema["default"] == {}:
        return ""
    value = schema["default"]
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _type(schema: Schema) -> str:
    kind = str(schema["type"])
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if "format" in schema:
        return "time"
    if kind == "array":
        return f"list of {_type(schema['items'])}{_bounds(schema, 'minItems', 'maxItems')}"
    if "additionalProperties" in schema:
        return f"map of {_type(schema['additionalProperties'])}"
    if kind == "object":
        return "any object" if PRESERVE_UNKNOWN in schema and "properties" not in schema else "object"
    if kind == "string":
        return f"string{_bounds(schema, 'minLength', 'maxLength')}"
    return f"{kind}{_bounds(schema, 'minimum', 'maximum')}"


def _bounds(schema: Schema, low: str, high: str) -> str:
    if low in schema and high in schema:
        return f" ({schema[low]} to {schema[high]})"
    return f" (at most {schema[high]})" if high in schema else ""


def _rule_rows(root: Schema) -> Iterator[tuple[str, ...]]:
    for place, part in walk(root, ""):
        for rule in cast("list[dict[str, str]]", part.get(VALIDATIONS, [])):
            where = f"{place}{rule.get('fieldPath', '')}".removeprefix(".")
            yield f"`{where}`" if where else "", rule["message"], f"`{rule['rule']}`"
