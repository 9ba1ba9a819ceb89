"""What a client wrote of a pipeline and the resource has no field for: kept in annotations."""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from sluice.api import constants
from sluice.api.json_values import Json, as_object, texts
from sluice.gateway.picture import Picture

KEPT: Final[Mapping[str, tuple[str, Any]]] = {
    "description": (constants.ANNOTATION_DESCRIPTION, ""),
    "tags": (constants.ANNOTATION_TAGS, []),
    "runtime_config": (constants.ANNOTATION_RUNTIME_CONFIG, {}),
    "program_config": (constants.ANNOTATION_PROGRAM_CONFIG, {}),
}
"""By field: the annotation, and what is shown where there is none."""


def keep(fields: Mapping[str, Any], *, is_whole: bool) -> dict[str, str | None]:
    """The annotations that keep these fields; ``None`` removes one.

    ``is_whole``: a field that is left out becomes empty, and does not stay as it is.
    """
    found: dict[str, str | None] = {}
    for field, (annotation, _) in KEPT.items():
        value = fields.get(field)
        if value:
            found[annotation] = value if isinstance(value, str) else orjson.dumps(value).decode()
        elif is_whole or value is not None:
            found[annotation] = None
    return found


def read_kept(picture: Picture) -> Json:
    """The fields as the client wrote them."""
    annotations = texts(picture.metadata, "annotations")
    found: Json = {}
    for field, (annotation, empty) in KEPT.items():
        text = annotations.get(annotation)
        value: Any = text if text is None or isinstance(empty, str) else _parse(text)
        found[field] = value if type(value) is type(empty) else empty
    found["tags"] = [tag for tag in found["tags"] if isinstance(tag, str)]
    return found


def keep_spec(spec: Json) -> dict[str, str]:
    """The annotation that keeps a spec as the gateway wrote it, to tell later what it did not write."""
    return {constants.ANNOTATION_WRITTEN_SPEC: orjson.dumps(spec, option=orjson.OPT_SORT_KEYS).decode()}


def read_written(picture: Picture) -> Json:
    """The spec as the gateway wrote it last, or an empty one."""
    return as_object(
        _parse(texts(picture.metadata, "annotations").get(constants.ANNOTATION_WRITTEN_SPEC, ""))
    )


def _parse(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
