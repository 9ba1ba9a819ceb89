"""The command line, its environment, and the refusal of what cannot be used."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sluice import contract
from sluice.runtime.arguments import ConfigurationError, parse
from sluice.runtime.lifecycle import Desired

from .harness import FIRST_ID, REPOSITORY, SECOND_ID, Jobs


def test_everything_has_a_default() -> None:
    settings = parse([], {})
    assert settings.initial is Desired.RUNNING
    assert settings.storage is None
    assert settings.port == contract.DEFAULT_PORT
    assert settings.bind_address == "0.0.0.0"
    assert settings.run_number is None
    assert settings.checkpoint_interval_seconds is None
    assert settings.retention.count == 3
    assert settings.deployment_id != parse([], {}).deployment_id
    assert settings.termination_message_path == Path(contract.TERMINATION_MESSAGE_PATH)


def test_the_environment_is_the_fallback() -> None:
    settings = parse(
        ["--initial", "running", "-p", "81"],
        {
            contract.ENV_PIPELINE_NAME: "census",
            contract.ENV_DEPLOYMENT_ID: FIRST_ID,
            contract.ENV_INITIAL: "paused",
            contract.ENV_RUN_NUMBER: "7",
            contract.ENV_STORAGE: "/data",
            contract.ENV_PORT: "80",
            contract.ENV_CHECKPOINT_INTERVAL_SECONDS: "60",
            contract.ENV_CHECKPOINT_RETAIN: "5",
            contract.ENV_START_FROM: SECOND_ID,
            contract.ENV_CHECKPOINT_MAX_AGE_SECONDS: "3600",
            contract.ENV_BOOTSTRAP_POLICY: "reject",
            contract.ENV_SYNC_URL: "s3://bucket/folder",
            contract.ENV_SYNC_OPTIONS: '{"endpoint": "http://store", "region": "here"}',
            contract.ENV_SYNC_INTERVAL_SECONDS: "7",
        },
    )
    assert settings.initial is Desired.RUNNING
    assert settings.port == 81
    assert settings.name == "census"
    assert settings.deployment_id == FIRST_ID
    assert settings.run_number == 7
    assert settings.storage == Path("/data")
    assert settings.checkpoint_interval_seconds == 60
    assert settings.retention.count == 5
    assert settings.start_from == SECOND_ID
    assert settings.retention.max_age_seconds == 3600
    assert settings.bootstrap_policy == "reject"
    assert settings.sync_store is not None
    assert settings.sync_interval_seconds == 7


def test_a_store_without_a_storage_has_nothing_to_copy() -> None:
    assert parse([], {contract.ENV_SYNC_URL: "s3://bucket/folder"}).sync_store is None


def test_without_a_url_no_library_of_a_store_is_imported() -> None:
    command = [
        sys.executable,
        "-c",
        "import sys; from sluice.runtime.arguments import parse; parse([], {}); ",
    ]
    command[-1] += "print([name for name in sys.modules if name.split('.')[0] in ('fsspec', 'obstore')])"
    environment = {"PYTHONPATH": str(REPOSITORY / "operator")}
    output = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    assert output.strip() == "[]"


def test_an_empty_variable_counts_as_unset() -> None:
    settings = parse([], dict.fromkeys([contract.ENV_STORAGE, contract.ENV_CHECKPOINT_INTERVAL_SECONDS], ""))
    assert settings.storage is None
    assert settings.checkpoint_interval_seconds is None


def test_the_command_line_of_the_contract_is_understood(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(
        "name: pipeline-1\nstorage_config: {path: /data, cache: page_cache}\n"
    )
    (tmp_path / "metadata.json").write_text('{"sql": "none"}')
    settings = parse(
        [
            "--config-file",
            str(tmp_path / "config.yaml"),
            *("--bind-address", "127.0.0.1", "--initial", "paused", "--deployment-id", FIRST_ID),
            *("--bootstrap-policy", "await_approval", "--silent-bootstrap", "--default-port", "0"),
            *("--metadata-file", str(tmp_path / "metadata.json")),
        ],
        {},
    )
    assert settings.name == "pipeline-1"
    assert settings.storage == Path("/data")
    assert settings.bootstrap_policy == "await_approval"
    assert settings.metadata == {"sql": "none"}


def test_a_json_configuration_beside_the_yaml_one_is_preferred(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("name: yaml\n")
    (tmp_path / "config.json").write_text('{"name": "json"}')
    assert parse(["--config-file", str(tmp_path / "config.yaml")], {}).name == "json"


@pytest.mark.parametrize(
    ("arguments", "environment", "part"),
    [
        (["--unknown"], {}, "unrecognized arguments: --unknown"),
        (["--init", "running"], {}, "unrecognized arguments"),
        (["--initial"], {}, "expected one argument"),
        (["--initial", "Running"], {}, "--initial cannot be 'Running'"),
        ([], {contract.ENV_INITIAL: "stopped"}, "SLUICE_INITIAL cannot be 'stopped'"),
        (["--deployment-id", "1"], {}, "has to be a UUID"),
        (["--bootstrap-policy", "maybe"], {}, "--bootstrap-policy cannot be 'maybe'"),
        (["-p", "65536"], {}, "from 0 to 65535"),
        (["-p", "http"], {}, "from 0 to 65535"),
        ([], {contract.ENV_RUN_NUMBER: "-1"}, "SLUICE_RUN_NUMBER cannot be '-1'"),
        ([], {contract.ENV_RUN_NUMBER: "٣"}, "SLUICE_RUN_NUMBER"),
        ([], {contract.ENV_CHECKPOINT_INTERVAL_SECONDS: "0"}, "from 1"),
        ([], {contract.ENV_CHECKPOINT_RETAIN: "0"}, "from 1"),
        ([], {contract.ENV_START_FROM: "newest"}, "SLUICE_START_FROM cannot be 'newest'"),
        ([], {contract.ENV_CHECKPOINT_MAX_AGE_SECONDS: "0"}, "from 1"),
        ([], {contract.ENV_SYNC_OPTIONS: '{"a": 1}'}, "JSON object of strings"),
        ([], {contract.ENV_SYNC_OPTIONS: "[]"}, "JSON object of strings"),
        ([], {contract.ENV_STORAGE: "/data", contract.ENV_SYNC_URL: "folder"}, "has to be a URL"),
        (["--failure-grace-seconds", "nan"], {}, "0 or more"),
        (["--config-file", "/nowhere/config.yaml"], {}, "No such file"),
        (["--silent-bootstrap", "--concurrent-bootstrap"], {}, "exclude each other"),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_sentence(
    arguments: list[str], environment: dict[str, str], part: str
) -> None:
    with pytest.raises(ConfigurationError) as raised:
        parse(arguments, environment)
    assert part in str(raised.value)


@pytest.mark.parametrize("content", ["- a list", "a: [", "\0"])
def test_a_configuration_that_is_no_mapping_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "config.yaml").write_text(content)
    with pytest.raises(ConfigurationError, match="--config-file"):
        parse(["--config-file", str(tmp_path / "config.yaml")], {})


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("Plain", ("--initial", "nonsense")),
        ("Missing", ()),
        ("not_a_job", ()),
    ],
)
def test_a_bad_configuration_exits_with_one_line_and_last_words(
    jobs: Jobs, name: str, arguments: tuple[str, ...]
) -> None:
    job = jobs.start_odd(name, *arguments)

    assert job.wait_exit() == contract.EXIT_BAD_CONFIGURATION
    (line,) = job.output.read_text().splitlines()
    words = job.last_words()
    assert words == {
        "checkpoint": None,
        "error": {"message": line, "error_code": "BadConfiguration", "details": {}},
    }
    assert not jobs.storage.exists(), "nothing is touched"


def test_a_configuration_error_is_valid_json_whatever_it_quotes(jobs: Jobs) -> None:
    job = jobs.start_odd("Plain", "--initial", '"\n\N{SNOWMAN}' * 3000)
    assert job.wait_exit() == contract.EXIT_BAD_CONFIGURATION
    assert json.dumps(job.last_words())
