"""What Flink is told, and what a person may tell it."""

from pathlib import Path

import pytest
import yaml

from sluice.runtime.arguments import ConfigurationError
from sluice.runtime.flink.configuration import (
    build_configuration,
    jobmanager_command,
    taskmanager_command,
    write_configuration,
)
from sluice.runtime.flink.points import Choice, Point
from sluice.runtime.flink.settings import Settings, parse

NOTHING = Choice(None, "the volume holds no checkpoint")
ENVIRONMENT = {
    "SLUICE_RUN_NUMBER": "7",
    "SLUICE_DEPLOYMENT_ID": "d",
    "SLUICE_STORAGE": "/data",
    "SLUICE_CHECKPOINT_INTERVAL_SECONDS": "30",
}


def settings(*arguments: str, **environment: str) -> Settings:
    return parse(["--job-class", "Job", *arguments], {**ENVIRONMENT, **environment})


def configuration(given: Settings, choice: Choice = NOTHING) -> dict[str, str]:
    return build_configuration(given, Path("/scratch"), choice)


def test_each_run_has_folders_of_its_own() -> None:
    options = configuration(settings())

    assert options["execution.checkpointing.dir"] == "file:///data/checkpoints/7"
    assert options["execution.checkpointing.savepoint-dir"] == "file:///data/savepoints/7"
    assert options["execution.checkpointing.interval"] == "30 s"
    assert "execution.state-recovery.path" not in options


def test_what_a_run_resumes_from_is_a_uri() -> None:
    point = Point(6, 3, Path("/data/savepoints/6/savepoint-a-b"))
    options = configuration(settings(), Choice(point, "because"))

    assert options["execution.state-recovery.path"] == "file:///data/savepoints/6/savepoint-a-b"
    assert options["execution.state-recovery.ignore-unclaimed-state"] == "false"
    assert (options["sluice.resume.checkpoint"], options["sluice.resume.reason"]) == (
        "6-savepoint-a-b",
        "because",
    )


def test_a_savepoint_from_elsewhere_is_restored_as_it_is_named() -> None:
    choice = Choice(None, "named", elsewhere="file:///other/savepoint")
    options = configuration(settings("--allow-non-restored-state"), choice)

    assert options["execution.state-recovery.path"] == "file:///other/savepoint"
    assert options["execution.state-recovery.ignore-unclaimed-state"] == "true"


def test_without_storage_there_are_no_checkpoints() -> None:
    options = configuration(settings(SLUICE_STORAGE=""))

    assert not [key for key in options if key.startswith("execution.checkpointing")]


def test_an_option_of_a_person_wins_over_a_default_and_never_over_what_is_ours() -> None:
    assert configuration(settings("-D", "web.submit.enable=true"))["web.submit.enable"] == "true"
    for key in ("rest.port", "execution.checkpointing.dir", "execution.state-recovery.path"):
        with pytest.raises(ConfigurationError, match="is for the entrypoint to set"):
            settings("-D", f"{key}=x")


def test_the_parallelism_is_also_the_number_of_slots() -> None:
    options = configuration(settings("--parallelism", "4"))

    assert (options["parallelism.default"], options["taskmanager.numberOfTaskSlots"]) == ("4", "4")


def test_the_file_is_read_back_as_it_was_meant(tmp_path: Path) -> None:
    options = {"a.b": "x: y # no comment", "c": '"quoted"\n\\', "d": "true"}
    write_configuration(tmp_path, options)

    assert yaml.safe_load((tmp_path / "config.yaml").read_text()) == options


def test_everything_behind_two_hyphens_is_the_job_s() -> None:
    given = settings("--parallelism", "2", "--", "--job-class", "--", "-D")

    assert given.job_arguments == ("--job-class", "--", "-D")
    assert jobmanager_command(given, Path("/conf"))[-4:] == ["Job", "--job-class", "--", "-D"]


def test_both_jvms_know_the_job_s_classes_and_have_the_memory_that_was_given(tmp_path: Path) -> None:
    jar = tmp_path / "job.jar"
    jar.touch()
    given = settings("--jar", str(jar), "--jobmanager-heap-mb", "300", "--taskmanager-heap-mb", "500")
    manager, worker = jobmanager_command(given, Path("/conf")), taskmanager_command(given, Path("/conf"))

    assert "-Xmx300m" in manager
    assert "-Xmx564m" in worker, "the tasks' heap, and the framework's"
    assert configuration(given)["taskmanager.memory.task.heap.size"] == "500mb"
    for command in (manager, worker):
        assert f"/opt/flink/lib/*:/opt/flink/usrlib/*:{jar}" in command


@pytest.mark.parametrize("name", ["SLUICE_RUN_NUMBER", "SLUICE_DEPLOYMENT_ID"])
def test_what_the_contract_needs_has_to_be_set(name: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{name} has to be set"):
        settings(**{name: ""})
