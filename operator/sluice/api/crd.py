"""The CRDs, made from the models.

``python -m sluice.api.crd`` writes them and their reference pages. ``--check`` writes nothing and fails
with a diff where the committed files are not what the models say.
"""

import argparse
import difflib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from sluice.api import constants
from sluice.api.admission import build_policies
from sluice.api.deployment import DeploymentSpec
from sluice.api.kinds import DEPLOYMENT, PIPELINE, Kind
from sluice.api.model import VALIDATIONS, ApiModel, Rule
from sluice.api.reference import reference_page
from sluice.api.schema import Schema, spec_schema, status_schema
from sluice.api.spec import PipelineSpec
from sluice.api.status import PipelineStatus

Manifest = dict[str, Any]
Column = dict[str, str | int]

REPOSITORY: Final = Path(__file__).resolve().parents[3]
HEADER: Final = (
    "# Generated from operator/sluice/api by `python -m sluice.api.crd`; edit the models instead.\n"
)
COLUMN_DESIRED: Final[Column] = {
    "name": "Desired",
    "type": "string",
    "description": "The state that the spec asks for.",
    "jsonPath": ".spec.desiredStatus",
}
COLUMN_STATUS: Final[Column] = {
    "name": "Status",
    "type": "string",
    "description": "Where it is.",
    "jsonPath": ".status.deploymentStatus",
}
COLUMN_CHECKPOINT: Final[Column] = {
    "name": "Checkpoint",
    "type": "date",
    "description": "Age of the newest checkpoint.",
    "jsonPath": ".status.lastCheckpointTime",
}
COLUMN_ERROR: Final[Column] = {
    "name": "Error",
    "type": "string",
    "description": "Code of the error that it stopped with.",
    "jsonPath": ".status.deploymentError.errorCode",
}
COLUMN_ELEMENTS: Final[Column] = {
    "name": "Elements",
    "type": "string",
    "description": "Of a batch pipeline, how many elements are completed, of how many.",
    "jsonPath": ".status.elementProgress",
}
COLUMN_NODE: Final[Column] = {
    "name": "Node",
    "type": "string",
    "description": "Node that the runtime's pod is on.",
    "priority": 1,
    "jsonPath": ".status.runtime.nodeName",
}
COLUMN_MACHINE: Final[Column] = {
    "name": "Machine",
    "type": "string",
    "description": "Node that it is on, or was on last.",
    "jsonPath": ".status.machine",
}
COLUMN_RESTARTS: Final[Column] = {
    "name": "Restarts",
    "type": "integer",
    "description": "Automatic restarts in a row.",
    "jsonPath": ".status.restart.count",
}
COLUMN_REASON: Final[Column] = {
    "name": "Reason",
    "type": "string",
    "description": "Why it is ready, or what it waits for.",
    "priority": 1,
    "jsonPath": '.status.conditions[?(@.type=="Ready")].message',
}
COLUMN_AGE: Final[Column] = {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}


@dataclass(frozen=True, slots=True)
class CustomResource:
    """What makes a CRD of a kind."""

    kind: Kind
    description: str
    spec: type[ApiModel]
    needs: str
    """What a manifest without a spec is told to write."""
    columns: tuple[Column, ...]

    @property
    def crd_file(self) -> str:
        """Path of its CRD in the repository."""
        return f"crds/{self.kind.plural}.{constants.GROUP}.yaml"

    @property
    def reference_file(self) -> str:
        """Path of its reference page in the repository."""
        return f"docs/reference/{self.kind.noun}.md"


CUSTOM_RESOURCES: Final = (
    CustomResource(
        kind=PIPELINE,
        description="A stateful workload with a declared, safe lifecycle.",
        spec=PipelineSpec,
        needs="write spec.template (a pod template) and an engine block such as spec.feldera",
        columns=(
            COLUMN_DESIRED,
            COLUMN_STATUS,
            COLUMN_ELEMENTS,
            COLUMN_CHECKPOINT,
            COLUMN_ERROR,
            COLUMN_NODE,
            COLUMN_REASON,
            COLUMN_AGE,
        ),
    ),
    CustomResource(
        kind=DEPLOYMENT,
        description="A container on a chosen machine, which keeps its identity and its volume over stop and"
        " start.",
        spec=DeploymentSpec,
        needs="write spec.machine (where it runs) and spec.template (a pod template)",
        columns=(
            COLUMN_DESIRED,
            COLUMN_STATUS,
            COLUMN_MACHINE,
            COLUMN_CHECKPOINT,
            COLUMN_RESTARTS,
            COLUMN_ERROR,
            COLUMN_REASON,
            COLUMN_AGE,
        ),
    ),
)


def root_rules(resource: CustomResource) -> tuple[Rule, ...]:
    """The rules on the whole object."""
    longest = constants.NAME_MAX_LENGTH
    return (
        Rule("has(self.spec)", f"a {resource.kind.noun} needs a spec: {resource.needs}"),
        Rule(
            f"self.metadata.name.size() <= {longest}",
            f"the name has more than {longest} characters, and the names of its pods are longer still: write"
            f" a name of at most {longest}",
            field=".metadata.name",
        ),
        Rule(
            "self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')",
            "the name is part of host names: write lowercase letters, digits and hyphens only (no"
            " dots), a letter first and no hyphen last",
            field=".metadata.name",
        ),
    )


def resource_schema(resource: CustomResource) -> Schema:
    """Schema of a whole custom resource."""
    name = {"type": "string", "maxLength": 253}
    return {
        "description": resource.description,
        "type": "object",
        VALIDATIONS: [rule.entry() for rule in root_rules(resource)],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            # The bound is Kubernetes' own. Without it the rules on the name cost without bound too.
            "metadata": {"type": "object", "properties": {"name": name}},
            "spec": spec_schema(resource.spec),
            "status": status_schema(PipelineStatus),
        },
    }


def build_crd(resource: CustomResource) -> Manifest:
    """The manifest of the CustomResourceDefinition."""
    kind = resource.kind
    version: Manifest = {
        "name": constants.VERSION,
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "additionalPrinterColumns": list(resource.columns),
        "schema": {"openAPIV3Schema": resource_schema(resource)},
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{kind.plural}.{constants.GROUP}"},
        "spec": {
            "group": constants.GROUP,
            "scope": "Namespaced",
            "names": {
                "kind": kind.name,
                "listKind": f"{kind.name}List",
                "plural": kind.plural,
                "singular": kind.noun,
                "shortNames": [kind.short_name],
                "categories": [constants.CATEGORY],
            },
            "versions": [version],
        },
    }


ADMISSION_FILE = "charts/sluice/files/admission.yaml"


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
    files: dict[str, str] = {}
    for resource in CUSTOM_RESOURCES:
        crd = build_crd(resource)
        files[resource.crd_file] = as_yaml(crd)
        files[resource.reference_file] = reference_page(crd)
    files[ADMISSION_FILE] = as_yaml(build_policies())
    return files


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
