"""The container that is the runtime, by its name."""

from sluice.api.json_values import Json, child, children


def runtime_container(spec: Json) -> str | None:
    """The container of a process: the one that its engine's block names, else the template's first."""
    named = [child(spec, block).get("container") for block in ("feldera", "hook")]
    listed = [each.get("name") for each in children(child(child(spec, "template"), "spec"), "containers")]
    return next((name for name in (*named, *listed[:1]) if isinstance(name, str)), None)
