"""What is made from charts/sluice/values.yaml: the chart's README.md and its values.schema.json.

With --check it only compares, and exits 1 where they differ. A comment above a value is its description.
"""

import json
import sys
from pathlib import Path
from typing import Any

import yaml

CHART = Path(__file__).resolve().parents[1] / "charts" / "sluice"
CHOICES = {
    "image.pullPolicy": ["Always", "IfNotPresent", "Never"],
    "operator.runtimeAccess": ["auto", "direct", "proxy"],
    "operator.logFormat": ["text", "json"],
    "gateway.logFormat": ["text", "json"],
    "gateway.service.type": ["ClusterIP", "NodePort", "LoadBalancer"],
    "admissionPolicy.action": ["Deny", "Warn", "Audit"],
}
FREE = {"resources", "podSecurityContext", "securityContext", "labels"}
"""Objects whose fields are Kubernetes' own, or a person's."""
TYPES = {bool: "boolean", int: "integer", str: "string", list: "array", dict: "object"}
STRINGS = {"watchNamespaces", "namespaces", "runtimeNamespaces", "allowedServiceAccounts", "extraArgs"}
"""Lists of these names hold strings; all others hold objects."""
NUMBER_OR_SHARE = {"maxUnavailable"}


def descriptions(text: str) -> dict[str, str]:
    """Description of each value by its path."""
    found: dict[str, str] = {}
    path: list[tuple[int, str]] = []
    comment: list[str] = []
    for line in text.splitlines():
        stripped = line.strip()
        if stripped.startswith("#"):
            comment.append(stripped.lstrip("# "))
        elif ":" in stripped and not stripped.startswith("-"):
            depth = len(line) - len(line.lstrip())
            path = [entry for entry in path if entry[0] < depth]
            path.append((depth, stripped.partition(":")[0].strip('"')))
            if comment:
                found[".".join(name for _, name in path)] = " ".join(comment)
            comment = []
        else:
            comment = []
    return found


def schema_of(value: Any, path: str, told: dict[str, str]) -> dict[str, Any]:
    """The JSON schema of a value, after its default."""
    name = path.rpartition(".")[2]
    schema: dict[str, Any] = {"type": TYPES[type(value)]}
    if path in told:
        schema["description"] = told[path]
    if path in CHOICES:
        schema["enum"] = CHOICES[path]
    elif name in NUMBER_OR_SHARE:
        schema["type"] = ["integer", "string"]
    elif isinstance(value, int) and not isinstance(value, bool):
        schema["minimum"] = 0
    elif isinstance(value, list):
        schema["items"] = {"type": "string" if name in STRINGS else "object"}
    elif isinstance(value, dict) and value and name not in FREE:
        schema["additionalProperties"] = False
        schema["properties"] = {
            key: schema_of(part, f"{path}.{key}" if path else key, told) for key, part in value.items()
        }
    return schema


def rows(value: Any, path: str, told: dict[str, str]) -> list[str]:
    """The table's rows."""
    if isinstance(value, dict) and value and path.rpartition(".")[2] not in FREE:
        parts = ((f"{path}.{key}" if path else key, part) for key, part in value.items())
        return [row for name, part in parts for row in rows(part, name, told)]
    return [f"| `{path}` | `{json.dumps(value)}` | {told.get(path, '')} |"]


def pages() -> dict[Path, str]:
    """Every generated file with its content."""
    text = (CHART / "values.yaml").read_text()
    values, told = yaml.safe_load(text), descriptions(text)
    schema = schema_of(values, "", told)
    schema["properties"]["global"] = {"type": "object", "description": "Of a parent chart."}
    table = "\n".join(["| value | default | meaning |", "|---|---|---|", *rows(values, "", told)])
    template = (CHART / "README.md.tpl").read_text()
    return {
        CHART / "README.md": template.replace("VALUES", table),
        CHART / "values.schema.json": json.dumps(
            {"$schema": "http://json-schema.org/draft-07/schema#", **schema}, indent=2
        )
        + "\n",
    }


def main() -> int:
    """Write them, or compare."""
    stale = [path for path, content in pages().items() if not path.exists() or path.read_text() != content]
    if "--check" in sys.argv:
        for path in stale:
            print(f"{path.relative_to(CHART.parents[1])} differs from values.yaml: run `make chart`")
        return 1 if stale else 0
    for path in stale:
        path.write_text(pages()[path])
        print(f"wrote {path.relative_to(CHART.parents[1])}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
