"""The CRDs and their reference pages: complete, small enough, and as the models say."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from sluice.api import crd, deployment, spec, status
from sluice.api.model import VALIDATIONS, ApiModel
from sluice.api.schema import Schema, walk


@dataclass(frozen=True)
class Made:
    """A CRD, taken apart."""

    manifest: dict[str, Any]

    @property
    def version(self) -> dict[str, Any]:
        version: dict[str, Any] = self.manifest["spec"]["versions"][0]
        return version

    @property
    def root(self) -> Schema:
        root: Schema = self.version["schema"]["openAPIV3Schema"]
        return root

    def parts(self) -> Iterator[tuple[str, Schema]]:
        """Every part of spec and status, with its place."""
        for name in ("spec", "status"):
            yield from walk(self.root["properties"][name], name)

    def fields(self) -> dict[str, Schema]:
        return {place: part for place, part in self.parts() if not place.endswith(("[]", "{}"))}

    def rules(self) -> list[dict[str, str]]:
        return [rule for _, part in walk(self.root, "") for rule in part.get(VALIDATIONS, [])]


MADE = {resource.kind.name: Made(crd.build_crd(resource)) for resource in crd.CUSTOM_RESOURCES}
EACH = pytest.mark.parametrize("made", MADE.values(), ids=MADE.keys())

MODELS = [
    model
    for module in (spec, status, deployment)
    for model in vars(module).values()
    if isinstance(model, type) and issubclass(model, ApiModel) and model is not ApiModel
]

CLIENT_SIDE_APPLY_BYTES = 256 * 1024


def test_the_committed_files_are_those_that_the_models_say() -> None:
    difference = crd.drift(crd.REPOSITORY)

    assert not difference, f"run `python -m sluice.api.crd`:\n{difference}"


@EACH
def test_the_manifest_survives_yaml(made: Made) -> None:
    assert yaml.safe_load(crd.as_yaml(made.manifest)) == made.manifest


@EACH
def test_the_manifest_fits_into_the_annotation_of_a_client_side_apply(made: Made) -> None:
    assert len(crd.as_yaml(made.manifest).encode()) < CLIENT_SIDE_APPLY_BYTES


@pytest.mark.parametrize(
    ("kind", "place"), [(kind, place) for kind, made in MADE.items() for place in made.fields()]
)
def test_every_field_says_what_it_is_for(kind: str, place: str) -> None:
    description = MADE[kind].fields()[place].get("description", "")

    assert description.endswith("."), f"{place} has no sentence as description: {description!r}"


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_a_field_is_described_for_itself_and_not_by_its_type(model: type[ApiModel]) -> None:
    assert [name for name, field in model.model_fields.items() if not field.description] == []


@pytest.mark.parametrize(
    "rule",
    [rule for made in MADE.values() for rule in made.rules()],
    ids=lambda rule: rule["rule"],
)
def test_every_rule_says_what_to_write(rule: dict[str, str]) -> None:
    assert any(word in rule["message"] for word in ("write", "remove", "raise")), rule["message"]


@EACH
def test_every_string_that_a_rule_reads_is_bounded_so_that_its_cost_is(made: Made) -> None:
    unbounded = [
        place
        for place, part in walk(made.root, "")
        if part["type"] == "string" and VALIDATIONS in part and "maxLength" not in part
    ]
    assert unbounded == []


@EACH
def test_no_rule_and_no_limit_stands_in_the_way_of_a_status_write(made: Made) -> None:
    shapes = {"description", "type", "format", "properties", "items"}
    shapes |= {"x-kubernetes-preserve-unknown-fields", "x-kubernetes-list-type"}
    limits = {
        place: sorted(part.keys() - shapes)
        for place, part in walk(made.root["properties"]["status"], "status")
        if part.keys() - shapes
    }
    assert limits == {
        "status.conditions": ["x-kubernetes-list-map-keys"],
        "status.conditions[]": ["required"],
    }


@EACH
def test_a_printer_column_shows_a_field_that_exists(made: Made) -> None:
    paths = [str(column["jsonPath"]) for column in made.version["additionalPrinterColumns"]]
    fields = [path.replace('[?(@.type=="Ready")]', "").lstrip(".") for path in paths]
    items = {place.replace("[]", "") for place, _ in made.parts()}

    assert [path for path in fields if path not in items] == ["metadata.creationTimestamp"]


@pytest.mark.parametrize(
    ("kind", "name", "short"),
    [("Pipeline", "pipelines.sluice.dev", "slpl"), ("Deployment", "deployments.sluice.dev", "sldep")],
)
def test_the_names_are_those_that_people_type(kind: str, name: str, short: str) -> None:
    made = MADE[kind]
    names = made.manifest["spec"]["names"]

    assert made.manifest["metadata"]["name"] == name
    assert (names["shortNames"], names["categories"]) == ([short], ["sluice"])
    assert made.version["subresources"] == {"status": {}}


def test_writing_below_an_empty_folder_leaves_no_drift(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert crd.main([], root=tmp_path) == 0
    assert crd.main(["--check"], root=tmp_path) == 0
    assert "wrote crds/pipelines.sluice.dev.yaml" in capsys.readouterr().out


def test_a_check_of_an_edited_file_fails_and_prints_the_difference(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    crd.write(tmp_path)
    path = tmp_path / crd.CUSTOM_RESOURCES[0].crd_file
    path.write_text(path.read_text(encoding="utf-8").replace("slpl", "pl"), encoding="utf-8")

    assert crd.main(["--check"], root=tmp_path) == 1
    output = capsys.readouterr()
    assert "-    - pl\n+    - slpl\n" in output.out
    assert "python -m sluice.api.crd" in output.err


def test_a_check_of_missing_files_fails(tmp_path: Path) -> None:
    assert crd.main(["--check"], root=tmp_path) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("resource", crd.CUSTOM_RESOURCES, ids=lambda each: each.kind.name)
def test_the_reference_page_names_every_field_and_every_message(resource: crd.CustomResource) -> None:
    page, made = crd.generated_files()[resource.reference_file], MADE[resource.kind.name]
    messages = [rule["message"] for rule in made.rules()]
    fields = [f"| `{place}` |" for place in made.fields() if "." in place]

    assert [text for text in [*fields, *messages] if text not in page] == []
