"""The Pipeline CRD, made from the models.

``python -m sluice.api.crd`` writes it and its reference page. ``--check`` writes nothing and fails
with a diff where the committed files are not what the models say.
"""

import argparse
import difflib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from sluice.api import constants
from sluice.api.model import VALIDATIONS, Rule
from sluice.api.reference import reference_page
from sluice.api.schema import Schema, spec_schema, status_schema
from sluice.api.spec import PipelineSpec
from sluice.api.status import PipelineStatus

Manifest = dict[str, Any]

REPOSITORY: Final = Path(__file__).resolve().parents[3]
CRD_FILE: Final = f"crds/{constants.PIPELINE_PLURAL}.{constants.GROUP}.yaml"
REFERENCE_FILE: Final = "docs/reference/pipeline.md"
HEADER: Final = (
    "# Generated from operator/sluice/api by `python -m sluice.api.crd`; edit the models instead.\n"
)

ROOT_RULES: Final = (
    Rule(
        "has(self.spec)",
        "a pipeline needs a spec: write spec.template (a pod template) and an engine block such as"
        " spec.feldera",
    ),
    Rule(
        f"self.metadata.name.size() <= {constants.NAME_MAX_LENGTH}",
        f"the name has more than {constants.NAME_MAX_LENGTH} characters, and the names of its pods"
        f" are longer still: write a name of at most {constants.NAME_MAX_LENGTH}",
        field=".metadata.name",
    ),
    Rule(
        "self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')",
        "the name is part of host names: write lowercase letters, digits and hyphens only (no"
        " dots), a letter first and no hyphen last",
        field=".metadata.name",
    ),
)

PRINTER_COLUMNS: Final[tuple[dict[str, str | int], ...]] = (
    {
        "name": "Desired",
        "type": "string",
        "description": "The state that the spec asks for.",
        "jsonPath": ".spec.desiredStatus",
    },
    {
        "name": "Status",
        "type": "string",
        "description": "Where the pipeline is.",
        "jsonPath": ".status.deploymentStatus",
    },
    {
        "name": "Checkpoint",
        "type": "date",
        "description": "Age of the newest checkpoint.",
        "jsonPath": ".status.lastCheckpointTime",
    },
    {
        "name": "Error",
        "type": "string",
        "description": "Code of the error that the pipeline stopped with.",
        "jsonPath": ".status.deploymentError.errorCode",
    },
    {
        "name": "Node",
        "type": "string",
        "description": "Node that the runtime's pod is on.",
        "priority": 1,
        "jsonPath": ".status.runtime.nodeName",
    },
    {
        "name": "Reason",
        "type": "string",
        "description": "Why the pipeline is ready, or what it waits for.",
        "priority": 1,
        "jsonPath": '.status.conditions[?(@.type=="Ready")].message',
    },
    {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
)


def pipeline_schema() -> Schema:
    """Schema of a whole Pipeline."""
    name = {"type": "string", "maxLength": 253}
    return {
        "description": "A stateful workload with a declared, safe lifecycle.",
        "type": "object",
        VALIDATIONS: [rule.entry() for rule in ROOT_RULES],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            # The bound is Kubernetes' own. Without it the rules on the name cost without bound too.
            "metadata": {"type": "object", "properties": {"name": name}},
            "spec": spec_schema(PipelineSpec),
            "status": status_schema(PipelineStatus),
        },
    }


def pipeline_crd() -> Manifest:
    """The manifest of the CustomResourceDefinition."""
    kind, plural = constants.PIPELINE_KIND, constants.PIPELINE_PLURAL
    version: Manifest = {
        "name": constants.VERSION,
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "additionalPrinterColumns": list(PRINTER_COLUMNS),
        "schema": {"openAPIV3Schema": pipeline_schema()},
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{constants.GROUP}"},
        "spec": {
            "group": constants.GROUP,
            "scope": "Namespaced",
            "names": {
                "kind": kind,
                "listKind": f"{kind}List",
                "plural": plural,
                "singular": kind.lower(),
                "shortNames": [constants.PIPELINE_SHORT_NAME],
                "categories": [constants.CATEGORY],
            },
            "versions": [version],
        },
    }


class _Dumper(yaml.SafeDumper):
    """YAML without anchors: a value that stands twice is written twice."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def as_yaml(manifest: Manifest) -> str:
    """``manifest`` in the form in which it is committed."""
    text = yaml.dump(manifest, Dumper=_Dumper, sort_keys=False, width=100, allow_unicode=True)
    return HEADER + text


def generated_files() -> dict[str, str]:
    """Path in the repository and content of every file that is made from the models."""
    crd = pipeline_crd()
    return {CRD_FILE: as_yaml(crd), REFERENCE_FILE: reference_page(crd)}


def drift(root: Path) -> str:
    """A unified diff from the committed files to the generated ones; empty if they agree."""
    diffs: list[str] = []
    for name, content in generated_files().items():
        path = root / name
        committed = path.read_text(encoding="utf-8") if path.exists() else ""
        before, after = committed.splitlines(keepends=True), content.splitlines(keepends=True)
        diffs += difflib.unified_diff(before, after, fromfile=name, tofile=f"{name} (generated)")
    return "".join(diffs)


def write(root: Path) -> None:
    """Write every generated file below ``root``."""
    for name, content in generated_files().items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


def main(arguments: Sequence[str] | None = None, root: Path = REPOSITORY) -> int:
    """Entry point of ``python -m sluice.api.crd``."""
    parser = argparse.ArgumentParser(prog="python -m sluice.api.crd", description=__doc__)
    parser.add_argument("--check", action="store_true", help="only compare; exit 1 on drift")
    if not parser.parse_args(arguments).check:
        write(root)
        sys.stdout.write("".join(f"wrote {name}\n" for name in generated_files()))
        return 0
    difference = drift(root)
    if not difference:
        return 0
    sys.stdout.write(difference)
    sys.stderr.write("Generated files differ from the models: run `python -m sluice.api.crd`.\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
