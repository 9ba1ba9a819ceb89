"""Creating and changing pipelines: from an image, never from SQL, never what somebody else applies."""

import json
from typing import Any

import pytest
import yaml

from sluice.api.json_values import Json
from sluice.gateway import naming, templates
from sluice.gateway.errors import GatewayError
from sluice.kube import ApiError, paths

from .house import Answer, House, build_pipeline, stopped, up

PIPELINES = "/v0/pipelines"
IMAGE = {"image": "example.com/census:1"}
TEMPLATE: Json = {
    "desiredStatus": "Running",
    "force": False,
    "feldera": {"port": 9000},
    "storage": {"size": "1Gi"},
    "template": {
        "spec": {
            "containers": [
                {"name": "runtime", "image": "example.com/census:1", "env": [{"name": "A", "value": "1"}]},
                {"name": "sidecar", "image": "example.com/sidecar:1"},
            ]
        }
    },
}


@pytest.fixture
def house() -> House:
    return House()


def hold_template(house: House, text: str, name: str = "sluice-pipeline-template", **data: str) -> None:
    house.kube.put(paths.config_map("shop", name), {"data": {"pipelineTemplate": text, **data}})


async def post(house: House, name: str = "census", **fields: Any) -> Answer:
    body = {"name": name, "program_code": "", "runtime_config": IMAGE, **fields}
    return await house.call("POST", PIPELINES, body=json.dumps(body).encode())


async def send(house: House, method: str, target: str = "census", /, **fields: Any) -> Answer:
    return await house.call(method, f"{PIPELINES}/{target}", body=json.dumps(fields).encode())


def spec(house: House, name: str = "census") -> Json:
    found: Json = house.kube.objects[paths.pipeline("shop", name)]["spec"]
    return found


def container(house: House) -> Json:
    found: Json = spec(house)["template"]["spec"]["containers"][0]
    return found


async def test_a_pipeline_is_created_stopped_and_comes_back_as_it_was_written(house: House) -> None:
    fields: Json = {
        "description": "counts zones",
        "tags": ["a", "b"],
        "runtime_config": {**IMAGE, "workers": 8},
        "program_config": {"profile": "optimized"},
    }
    made = await post(house, **fields)
    read = await house.call("GET", f"{PIPELINES}/census")

    assert made.status == 201
    assert spec(house)["desiredStatus"] == "Stopped"
    assert container(house) == {"name": "runtime", "image": "example.com/census:1"}
    assert {key: read.json[key] for key in fields} == fields
    assert (read.json["program_status"], read.json["deployment_status"]) == ("Success", "Stopped")
    assert {**made.json, "refresh_version": 0} == {**read.json, "refresh_version": 0}


@pytest.mark.parametrize("is_manifest", [True, False])
async def test_the_template_of_the_namespace_says_what_runs(house: House, is_manifest: bool) -> None:
    hold_template(house, yaml.safe_dump({"kind": "Pipeline", "spec": TEMPLATE} if is_manifest else TEMPLATE))
    answer = await post(house, runtime_config={})

    assert answer.status == 201
    expected = {**TEMPLATE, "desiredStatus": "Stopped"}
    del expected["force"]
    assert spec(house) == expected


async def test_another_template_can_be_named_in_the_field_that_the_api_has_for_it(house: House) -> None:
    hold_template(
        house, yaml.safe_dump(TEMPLATE), "other", special=yaml.safe_dump({**TEMPLATE, "feldera": {}})
    )
    chosen = {"pipeline_template_configmap": {"name": "other", "key": "special"}}

    assert (await post(house, runtime_config=chosen)).status == 201
    assert spec(house)["feldera"] == {}


async def test_resources_variables_and_checkpoints_of_the_configuration_become_the_spec(house: House) -> None:
    hold_template(house, yaml.safe_dump(TEMPLATE))
    config: Json = {
        "image": "example.com/census:2",
        "env": {"A": "2", "B": "3"},
        "resources": {
            "cpu_cores_min": 0.5,
            "cpu_cores_max": 2,
            "memory_mb_max": 4096,
            "storage_mb_max": 30000,
            "storage_class": "fast",
        },
        "fault_tolerance": {"model": "at_least_once", "checkpoint_interval_secs": 60},
    }
    await post(house, runtime_config=config)

    assert container(house) == {
        "name": "runtime",
        "image": "example.com/census:2",
        "env": [{"name": "A", "value": "2"}, {"name": "B", "value": "3"}],
        "resources": {"requests": {"cpu": "0.5"}, "limits": {"cpu": "2", "memory": "4096M"}},
    }
    assert spec(house)["storage"] == {"size": "30000M", "storageClassName": "fast"}
    assert spec(house)["checkpoint"] == {"intervalSeconds": 60}
    assert spec(house)["template"]["spec"]["containers"][1] == {
        "name": "sidecar",
        "image": "example.com/sidecar:1",
    }


@pytest.mark.parametrize(
    "fields",
    [
        {"program_code": "CREATE TABLE t (x INT);"},
        {"program_code": "-- a comment\n create view v as select 1"},
        {"udf_rust": "fn f() {}"},
        {"udf_toml": "[dependencies]"},
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
async def test_what_would_have_to_be_compiled_is_refused_and_says_so(
    house: House, fields: Json, method: str
) -> None:
    answer = await (post(house, **fields) if method == "POST" else send(house, method, **fields))

    assert (answer.status, answer.code) == (501, "NotSupported")
    assert "no compiler" in answer.json["message"]
    assert house.kube.writes() == []


async def test_a_program_of_comments_alone_is_none(house: House) -> None:
    assert (await post(house, program_code="-- nothing\n/* at\nall */  ")).status == 201


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({}, "make a ConfigMap sluice-pipeline-template"),
        ({"image": 1}, "runtime_config.image is no text"),
        ({"image": ""}, "runtime_config.image is no text"),
        ({**IMAGE, "env": {"FELDERA_X": "1"}}, "reserved name"),
        ({**IMAGE, "env": {"X": 1}}, "no text"),
        ({"pipeline_template_configmap": {"name": "none"}}, "there is no ConfigMap none"),
        ({"pipeline_template_configmap": {"name": "../secrets/x"}}, "no name and key"),
        ({"pipeline_template_configmap": {"name": 1}}, "no name and key"),
    ],
)
async def test_a_configuration_without_an_image_says_how_to_name_one(
    house: House, config: Json, words: str
) -> None:
    answer = await post(house, runtime_config=config)

    assert (answer.status, answer.code) == (400, "InvalidRequest")
    assert words in answer.json["message"]
    assert house.kube.writes() == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "- a list",
        "a: [",
        "&a [*a]",
        "a: &a [x]\nb: *a",
        "x" * 200_000,
        "[" * 5000,
        yaml.safe_dump({"spec": []}),
        "!!python/object/apply:os.system ['true']",
        yaml.safe_dump({**TEMPLATE, "template": {}}),
        yaml.safe_dump({**TEMPLATE, "elements": []}),
    ],
)
async def test_a_template_that_is_none_is_told_by_its_name(house: House, text: str) -> None:
    hold_template(house, text)
    answer = await post(house, runtime_config={})

    assert (answer.status, answer.code) == (400, "InvalidRequest")
    assert "template" in answer.json["message"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'"x"',
        b"{",
        b'{"name": 1}',
        b'{"name": "a", "tags": [1]}',
        b'{"name": "a", "runtime_config": []}',
        b'{"name": "a", "description": 1}',
    ],
)
async def test_a_body_that_is_no_pipeline_is_told_by_its_field(house: House, body: bytes) -> None:
    answer = await house.call("POST", PIPELINES, body=body)

    assert (answer.status, answer.code) == (400, "InvalidRequest")
    assert house.kube.writes() == []


# --- Names -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["census", "Census", "my_pipe", "A", "9_x", "x" * 63, "a-B_c-9"])
async def test_a_name_comes_back_as_it_was_written(house: House, name: str) -> None:
    made = await post(house, name)
    listed = await house.call("GET", PIPELINES)
    read = await house.call("GET", f"{PIPELINES}/{name}")
    acted = await house.call("POST", f"{PIPELINES}/{name}/clear")

    assert (made.status, made.json["name"]) == (201, name)
    assert [each["name"] for each in listed.json] == [name]
    assert (read.status, read.json["name"], acted.status) == (200, name, 202)
    (path,) = [path for path in house.kube.objects if "/pipelines/" in path]
    assert naming.is_object_name(path.rpartition("/")[2])


async def test_names_that_differ_in_kubernetes_eyes_only_a_little_are_different_pipelines(
    house: House,
) -> None:
    names = ["my-pipe", "My-pipe", "my_pipe", "MY_PIPE"]
    for name in names:
        assert (await post(house, name)).status == 201

    assert sorted(each["name"] for each in (await house.call("GET", PIPELINES)).json) == sorted(names)


async def test_the_name_that_kubernetes_has_leads_nowhere_where_another_was_written(house: House) -> None:
    await post(house, "My_Pipe")
    own = naming.object_name("My_Pipe")

    assert (await house.call("GET", f"{PIPELINES}/{own}")).code == "UnknownPipelineName"


async def test_an_annotation_that_claims_another_name_is_not_believed(house: House) -> None:
    body = build_pipeline(stopped())
    body["metadata"]["annotations"] = {"sluice.dev/api-name": "Payments"}
    house.hold(body)

    assert [each["name"] for each in (await house.call("GET", PIPELINES)).json] == ["orders"]
    assert (await house.call("GET", f"{PIPELINES}/Payments")).status == 404


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "EmptyName"),
        ("x" * 64, "TooLongName"),
        ("a b", "NameDoesNotMatchPattern"),
        ("a.b", "NameDoesNotMatchPattern"),
        ("-a", "NameDoesNotMatchPattern"),
        ("a_", "NameDoesNotMatchPattern"),
        ("a\n", "NameDoesNotMatchPattern"),
        ("../x", "NameDoesNotMatchPattern"),
    ],
)
async def test_a_name_that_the_api_does_not_allow_is_refused(house: House, name: str, code: str) -> None:
    answer = await post(house, name)

    assert (answer.status, answer.code) == (400, code)
    assert house.kube.writes() == []


async def test_a_second_pipeline_of_a_name_is_refused(house: House) -> None:
    await post(house)
    answer = await post(house)

    assert (answer.status, answer.json) == (
        409,
        {"message": "An entity with this name already exists", "error_code": "DuplicateName", "details": {}},
    )


# --- Changing --------------------------------------------------------------------------------------------


async def test_put_creates_and_then_changes_and_then_changes_nothing(house: House) -> None:
    config = {"image": "example.com/census:2"}
    codes = [
        (await send(house, "PUT", runtime_config=IMAGE, tags=["a"])).status,
        (await send(house, "PUT", runtime_config=config)).status,
        (await send(house, "PUT", runtime_config=config)).status,
    ]
    read = (await house.call("GET", f"{PIPELINES}/census")).json

    assert codes == [201, 200, 200]
    assert container(house)["image"] == "example.com/census:2"
    assert (read["tags"], read["runtime_config"]) == ([], config)


async def test_patch_leaves_what_it_does_not_name(house: House) -> None:
    await post(house, description="old", tags=["a"])
    answer = await send(house, "PATCH", description="new")

    assert (answer.status, answer.json["description"], answer.json["tags"]) == (200, "new", ["a"])
    assert answer.json["runtime_config"] == IMAGE
    assert (await send(house, "PATCH", description="", tags=[])).json["tags"] == []


async def test_what_a_change_leaves_out_goes_and_what_the_cluster_filled_in_stays(house: House) -> None:
    config: Json = {**IMAGE, "fault_tolerance": {"checkpoint_interval_secs": 60}}
    await post(house, runtime_config=config)
    path = paths.pipeline("shop", "census")
    stored = house.kube.objects[path]
    house.kube.put(path, {**stored, "spec": {**stored["spec"], "provisioningTimeoutSeconds": 600}})
    await send(house, "PATCH", runtime_config=IMAGE)

    assert "checkpoint" not in spec(house)
    assert spec(house)["provisioningTimeoutSeconds"] == 600


async def test_a_pipeline_that_is_up_keeps_its_image_and_may_have_another_description(house: House) -> None:
    await post(house)
    path = paths.pipeline("shop", "census")
    house.kube.put(path, {**house.kube.objects[path], "status": up()})
    other = await send(house, "PATCH", runtime_config={"image": "example.com/census:2"})
    same = await send(house, "PUT", runtime_config=IMAGE, description="new")

    assert (other.status, other.code) == (400, "UpdateRestrictedToStopped")
    assert other.json["message"] == (
        "Pipeline can only be updated while stopped. Stop it first by invoking '/stop'."
    )
    assert (same.status, same.json["description"]) == (200, "new")


async def test_a_start_survives_a_change(house: House) -> None:
    await post(house)
    path = paths.pipeline("shop", "census")
    stored = house.kube.objects[path]
    house.kube.put(path, {**stored, "spec": {**stored["spec"], "desiredStatus": "Running"}})
    await send(house, "PATCH", runtime_config=IMAGE)

    assert spec(house)["desiredStatus"] == "Running"


@pytest.mark.parametrize("manager", ["argocd-controller", "kubectl-client-side-apply"])
async def test_the_spec_of_a_pipeline_that_somebody_else_applies_is_never_written(
    house: House, manager: str
) -> None:
    body = build_pipeline(stopped())
    body["metadata"]["managedFields"] = [
        {"manager": "sluice", "fieldsV1": {"f:status": {}}},
        {"manager": manager, "fieldsV1": {"f:spec": {"f:template": {}}}},
    ]
    house.hold(body)
    before = spec(house, "orders")
    answer = await send(house, "PATCH", "orders", runtime_config=IMAGE)

    assert (answer.status, answer.code) == (501, "NotSupported")
    assert manager in answer.json["message"]
    assert spec(house, "orders") == before
    assert (await send(house, "PATCH", "orders", description="mine")).status == 200


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_a_pipeline_keeps_its_name(house: House, method: str) -> None:
    await post(house)
    answer = await send(house, method, name="other", runtime_config=IMAGE)

    assert (answer.status, answer.code) == (501, "NotSupported")


async def test_a_change_of_what_is_not_there_is_not_found(house: House) -> None:
    assert (await send(house, "PATCH", description="x")).code == "UnknownPipelineName"


async def test_a_change_that_meets_another_is_decided_anew(house: House) -> None:
    await post(house)
    house.kube.fail("PATCH", "/census", ApiError(409, "Conflict", "modified"))

    assert (await send(house, "PATCH", description="x")).status == 200


@pytest.mark.parametrize("text", ["null", "[]", "1", "{", '{"a": NaN}'])
async def test_annotations_that_were_meddled_with_break_nothing(house: House, text: str) -> None:
    body = build_pipeline(stopped(), desiredStatus="Stopped")
    body["metadata"]["annotations"] = {
        f"sluice.dev/{name}": text
        for name in ("tags", "runtime-config", "program-config", "last-written-spec")
    }
    house.hold(body)
    read = await house.call("GET", f"{PIPELINES}/orders")

    assert (read.json["tags"], read.json["runtime_config"], read.json["program_config"]) == ([], {}, {})
    assert (await send(house, "PATCH", "orders", runtime_config=IMAGE)).status == 200


def test_a_template_is_never_expanded_beyond_what_is_written() -> None:
    with pytest.raises(GatewayError):
        templates.read_template("a: &a [1,1]\nb: &b [*a,*a]\nc: [*b,*b]", "t")
