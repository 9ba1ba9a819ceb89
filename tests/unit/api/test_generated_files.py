"""The Pipeline CRD and its reference page: complete, small enough, and as the models say."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from sluice.api import crd, spec, status
from sluice.api.model import VALIDATIONS, ApiModel
from sluice.api.schema import Schema, walk

MANIFEST = crd.pipeline_crd()
VERSION: dict[str, Any] = MANIFEST["spec"]["versions"][0]
ROOT: Schema = VERSION["schema"]["openAPIV3Schema"]
SPEC: Schema = ROOT["properties"]["spec"]
STATUS: Schema = ROOT["properties"]["status"]
FIELDS = {
    place: part
    for place, part in [*walk(SPEC, "spec"), *walk(STATUS, "status")]
    if not place.endswith(("[]", "{}"))
}

MODELS = [
    model
    for module in (spec, status)
    for model in vars(module).values()
    if isinstance(model, type) and issubclass(model, ApiModel) and model is not ApiModel
]

CLIENT_SIDE_APPLY_BYTES = 256 * 1024


def test_the_committed_files_are_those_that_the_models_say() -> None:
    difference = crd.drift(crd.REPOSITORY)

    assert not difference, f"run `python -m sluice.api.crd`:\n{difference}"


def test_the_manifest_survives_yaml() -> None:
    assert yaml.safe_load(crd.as_yaml(MANIFEST)) == MANIFEST


def test_the_manifest_fits_into_the_annotation_of_a_client_side_apply() -> None:
    assert len(crd.as_yaml(MANIFEST).encode()) < CLIENT_SIDE_APPLY_BYTES


@pytest.mark.parametrize("place", FIELDS)
def test_every_field_says_what_it_is_for(place: str) -> None:
    description = FIELDS[place].get("description", "")

    assert description.endswith("."), f"{place} has no sentence as description: {description!r}"


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_a_field_is_described_for_itself_and_not_by_its_type(model: type[ApiModel]) -> None:
    assert [name for name, field in model.model_fields.items() if not field.description] == []


@pytest.mark.parametrize(
    "rule",
    [rule for _, part in walk(ROOT, "") for rule in part.get(VALIDATIONS, [])],
    ids=lambda rule: rule["rule"],
)
def test_every_rule_says_what_to_write(rule: dict[str, str]) -> None:
    assert any(word in rule["message"] for word in ("write", "remove", "raise")), rule["message"]


def test_every_string_that_a_rule_reads_is_bounded_so_that_its_cost_is() -> None:
    unbounded = [
        place
        for place, part in walk(ROOT, "")
        if part["type"] == "string" and VALIDATIONS in part and "maxLength" not in part
    ]
    assert unbounded == []


def test_no_rule_and_no_limit_stands_in_the_way_of_a_status_write() -> None:
    shapes = {"description", "type", "format", "properties", "items"}
    shapes |= {"x-kubernetes-preserve-unknown-fields", "x-kubernetes-list-type"}
    limits = {
        place: sorted(part.keys() - shapes) for place, part in walk(STATUS, "status") if part.keys() - shapes
    }
    assert limits == {
        "status.conditions": ["x-kubernetes-list-map-keys"],
        "status.conditions[]": ["required"],
    }


def test_a_printer_column_shows_a_field_that_exists() -> None:
    paths = [str(column["jsonPath"]) for column in VERSION["additionalPrinterColumns"]]
    fields = [path.replace('[?(@.type=="Ready")]', "").lstrip(".") for path in paths]
    items = {place.replace("[]", "") for place, _ in [*walk(SPEC, "spec"), *walk(STATUS, "status")]}

    assert [path for path in fields if path not in items] == ["metadata.creationTimestamp"]


def test_the_names_are_those_that_people_type() -> None:
    names = MANIFEST["spec"]["names"]

    assert MANIFEST["metadata"]["name"] == "pipelines.sluice.dev"
    assert (names["shortNames"], names["categories"]) == (["slpl"], ["sluice"])
    assert VERSION["subresources"] == {"status": {}}


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
    path = tmp_path / crd.CRD_FILE
    path.write_text(path.read_text(encoding="utf-8").replace("slpl", "pl"), encoding="utf-8")

    assert crd.main(["--check"], root=tmp_path) == 1
    output = capsys.readouterr()
    assert "-    - pl\n+    - slpl\n" in output.out
    assert "python -m sluice.api.crd" in output.err


def test_a_check_of_missing_files_fails(tmp_path: Path) -> None:
    assert crd.main(["--check"], root=tmp_path) == 1
    assert list(tmp_path.iterdir()) == []


def test_the_reference_page_names_every_field_and_every_message() -> None:
    page = crd.generated_files()[crd.REFERENCE_FILE]
    messages = [rule["message"] for _, part in walk(ROOT, "") for rule in part.get(VALIDATIONS, [])]
    fields = [f"| `{place}` |" for place in FIELDS if "." in place]

    assert [text for text in [*fields, *messages] if text not in page] == []
