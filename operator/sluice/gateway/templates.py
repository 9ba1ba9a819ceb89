"""What a pipeline is made from that is created over HTTP: a template in a ConfigMap, and ``runtime_config``.

There is no compiler here. What a pipeline runs is an image, which the template names, or ``runtime_config``.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

import yaml

from sluice.api.errors import ErrorCode
from sluice.api.json_values import Json, as_object, child, children, texts
from sluice.api.names import runtime_container
from sluice.api.statuses import DesiredStatus
from sluice.gateway.access import Access
from sluice.gateway.errors import refusal
from sluice.gateway.naming import is_resource_name
from sluice.kube import paths

TEMPLATE_FIELD: Final = "pipeline_template_configmap"
"""The published API's own field for it (reference 5)."""
TEMPLATE_KEY: Final = "pipelineTemplate"
MAX_LENGTH: Final = 128 * 1024
ENGINES: Final = ("feldera", "flink", "hook", "elements")
COMMENTS: Final = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
NO_COMPILER: Final = (
    "Sluice has no compiler: leave {field} empty. What the pipeline runs is an image that was built"
    " elsewhere: name it in runtime_config.image, or in a template, a ConfigMap that"
    " runtime_config.pipeline_template_configmap names."
)
NO_IMAGE: Final = (
    "nothing says which image to run: make a ConfigMap {name} with a key {key} that holds the spec of a"
    " Pipeline, or name another in runtime_config.pipeline_template_configmap, or write runtime_config.image"
)
RESERVED: Final = ("FELDERA_", "KUBERNETES_", "SLUICE_", "TOKIO_")
"""Beginnings of names of variables that are not a client's to set."""


def check_program(fields: Mapping[str, str | None]) -> None:
    """Raises for anything that somebody would have to compile."""
    for field, text in fields.items():
        if text and COMMENTS.sub("", text).strip():
            raise refusal(ErrorCode.NOT_SUPPORTED, what=NO_COMPILER.format(field=field))


async def build_spec(access: Access, default: str, config: Json) -> Json:
    """The spec of a pipeline with this ``runtime_config``: stopped, until it is started."""
    template = await _observe_template(access, default, config)
    image = config.get("image")
    if template is None and image is None:
        raise _invalid(NO_IMAGE.format(name=default, key=TEMPLATE_KEY))
    spec: Json = template or {"template": {"spec": {"containers": [{"name": "runtime"}]}}}
    spec = {**spec, "desiredStatus": DesiredStatus.STOPPED.value}
    spec.pop("force", None)
    if not any(engine in spec for engine in ENGINES):
        spec["feldera"] = {}
    if "elements" in spec:
        raise _invalid("the template is that of a batch pipeline, which has an API of its own")
    _set_container(spec, config)
    _set_storage(spec, child(config, "resources"))
    interval: object = child(config, "fault_tolerance").get("checkpoint_interval_secs")
    if isinstance(interval, int) and interval > 0:
        spec["checkpoint"] = {**child(spec, "checkpoint"), "intervalSeconds": interval}
    return spec


async def _observe_template(access: Access, default: str, config: Json) -> Json | None:
    chosen = child(config, TEMPLATE_FIELD)
    name, key = chosen.get("name", default), chosen.get("key", TEMPLATE_KEY)
    if not isinstance(name, str) or not is_resource_name(name) or not isinstance(key, str):
        raise _invalid(f"runtime_config.{TEMPLATE_FIELD} is no name and key of a ConfigMap")
    body = await access.kube.get(paths.config_map(access.namespace, name))
    text = None if body is None else texts(body, "data").get(key)
    if text is None:
        if chosen:
            raise _invalid(f"there is no ConfigMap {name} with a key {key} in namespace {access.namespace}")
        return None
    return read_template(text, name)


def read_template(text: str, name: str) -> Json:
    """The spec in a ConfigMap: written alone, or as a whole manifest."""
    if len(text) > MAX_LENGTH:
        raise _invalid(f"the template in ConfigMap {name} has more than {MAX_LENGTH} characters")
    try:
        # A few aliases in YAML can stand for gigabytes.
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, yaml.CSafeLoader)):
            raise _invalid(f"the template in ConfigMap {name} has an alias: write it out")
        parsed: Any = yaml.load(text, yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError):
        raise _invalid(f"the template in ConfigMap {name} is no YAML") from None
    body = as_object(parsed)
    spec = child(body, "spec") if "spec" in body else body
    if not spec:
        raise _invalid(f"the template in ConfigMap {name} is no spec of a Pipeline")
    return spec


def _set_container(spec: Json, config: Json) -> None:
    pod = child(child(spec, "template"), "spec")
    listed = children(pod, "containers")
    name = runtime_container(spec)
    container = next((each for each in listed if each.get("name") == name), None)
    if container is None:
        raise _invalid("the template has no container for the runtime")
    image: object = config.get("image")
    if image is not None and (not isinstance(image, str) or not image):
        raise _invalid("runtime_config.image is no text")
    changed: Json = {"image": image} if image else {}
    if variables := _variables(child(config, "env")):
        kept = [each for each in children(container, "env") if each.get("name") not in variables]
        changed["env"] = [*kept, *({"name": key, "value": value} for key, value in variables.items())]
    if amounts := _amounts(child(config, "resources")):
        known = child(container, "resources")
        changed["resources"] = {
            **known,
            **{kind: {**child(known, kind), **amounts[kind]} for kind in amounts},
        }
    pod = {**pod, "containers": [{**each, **changed} if each is container else each for each in listed]}
    spec["template"] = {**child(spec, "template"), "spec": pod}


def _variables(given: Json) -> dict[str, str]:
    for name, value in given.items():
        if not isinstance(value, str) or name.upper().startswith(RESERVED):
            raise _invalid("runtime_config.env holds a reserved name, or a value that is no text")
    return {name: value for name, value in given.items() if isinstance(value, str)}


def _amounts(given: Json) -> dict[str, dict[str, str]]:
    """``resources`` of a container, of the published API's fields."""
    found: dict[str, dict[str, str]] = {}
    fields = {
        "cpu_cores_min": ("requests", "cpu", ""),
        "cpu_cores_max": ("limits", "cpu", ""),
        "memory_mb_min": ("requests", "memory", "M"),
        "memory_mb_max": ("limits", "memory", "M"),
    }
    for field, (kind, resource, unit) in fields.items():
        amount: object = given.get(field)
        if isinstance(amount, int | float) and not isinstance(amount, bool) and amount > 0:
            found.setdefault(kind, {})[resource] = f"{amount:g}{unit}"
    return found


def _set_storage(spec: Json, given: Json) -> None:
    size: object = given.get("storage_mb_max")
    storage_class: object = given.get("storage_class")
    changed: Json = {}
    if isinstance(size, int) and not isinstance(size, bool) and size > 0:
        changed["size"] = f"{size}M"
    if isinstance(storage_class, str) and storage_class:
        changed["storageClassName"] = storage_class
    if changed:
        spec["storage"] = {**child(spec, "storage"), **changed}


def _invalid(problem: str) -> Exception:
    return refusal(ErrorCode.INVALID_REQUEST, problem=problem)
