"""The command line on a real cluster, on a terminal as a person has one, and without as a script."""

import json
import re

import pytest
from support.batch import BatchAtWork, batch_manifest, element
from support.kubectl import KUBECTL, Kubectl, Manifest
from support.pipeline import PipelineAtWork, example_manifest, runtime_container, with_environment
from support.terminal import CTRL_C, run_without_terminal, terminal

SLOW_SNAPSHOT = {"ZONE_CENSUS_TEST_SNAPSHOT_SECONDS": "4"}
ENDLESS_SNAPSHOT = {"ZONE_CENSUS_TEST_SNAPSHOT_SECONDS": "600"}


def declared(pipeline: PipelineAtWork, manifest: Manifest) -> None:
    """A manifest owns its fields, as with a Git tool."""
    pipeline.apply(manifest)


def made_once(pipeline: PipelineAtWork, manifest: Manifest) -> None:
    """Nobody comes back for its fields."""
    pipeline.kubectl.must("create", "-f", "-", manifest=manifest)


def on(pipeline: PipelineAtWork) -> tuple[str, str, str]:
    """The arguments that name it."""
    return pipeline.name, "-n", pipeline.kubectl.namespace or "default"


def test_a_stop_and_a_start_are_shown_phase_by_phase(pipeline: PipelineAtWork) -> None:
    made_once(pipeline, example_manifest(pipeline.name))
    with terminal("sluice", "start", *on(pipeline)) as first:
        assert first.wait_for_end() == 0
    pipeline.wait_for_records(more_than=5)

    with terminal("sluice", "stop", *on(pipeline)) as stop:
        code = stop.wait_for_end()
    status = pipeline.status()
    with terminal("sluice", "start", *on(pipeline)) as start:
        assert start.wait_for_end() == 0

    assert code == 0, stop.text
    assert "is wanted Running already, by spec: nothing was written" in first.text
    assert "Wrote spec.desiredStatus: Stopped" in stop.text
    assert f"Undo: `sluice start {pipeline.name} -n" in stop.text
    assert "Stopping" in stop.text
    assert "\x1b[1A" in stop.raw, "a live view is drawn in its place"
    assert f"is stopped, with checkpoint {status['stop']['checkpoint']}" in stop.text
    assert f"{pipeline.name} is Running." in start.text
    pipeline.must_be_exact()


def test_what_a_manifest_owns_is_stopped_by_an_override_and_brought_back(pipeline: PipelineAtWork) -> None:
    declared(pipeline, example_manifest(pipeline.name))
    pipeline.wait_for("Running")

    stop = run_without_terminal("sluice", "stop", *on(pipeline), "--wait")
    stopped = pipeline.get()
    start = run_without_terminal("sluice", "start", *on(pipeline), "--wait")

    assert stop.returncode == 0, stop.stderr
    assert "kubectl-client-side-apply owns spec.desiredStatus" in stop.stdout
    assert stopped is not None
    assert stopped["spec"]["desiredStatus"] == "Running"
    assert stopped["status"]["override"]["desiredStatus"] == "Stopped"
    assert start.returncode == 0, start.stderr
    assert "Took the override" in start.stdout
    assert "override" not in pipeline.status()


def test_a_batch_pipeline_is_canceled_and_run_again(system: Kubectl, namespace: Kubectl) -> None:
    batch = BatchAtWork(namespace, "sweep")
    listens = "test -e /data/seen || { trap 'touch /data/seen; exit 0' TERM; sleep 600 & wait $!; }"
    made_once(batch, batch_manifest("sweep", element("load", "true"), element("fit", listens, "load")))
    batch.wait_for_running("fit")

    with terminal("sluice", "cancel", *on(batch)) as cancel:
        code = cancel.wait_for_end()
    canceled = batch.where()
    with terminal("sluice", "start", *on(batch)) as start:
        again = start.wait_for_end()

    assert code == 0, cancel.text
    assert "sweep is Canceled, 1/2 elements completed." in cancel.text
    assert canceled == {"load": "Completed", "fit": "Canceled"}
    assert again == 0, start.text
    assert batch.where() == {"load": "Completed", "fit": "Completed"}


def test_ctrl_c_ends_the_waiting_and_not_the_stop(pipeline: PipelineAtWork) -> None:
    made_once(pipeline, with_environment(example_manifest(pipeline.name), **SLOW_SNAPSHOT))
    pipeline.wait_for("Running")

    with terminal("sluice", "stop", *on(pipeline)) as stop:
        stop.wait_for("Suspending")
        stop.press(CTRL_C)
        code = stop.wait_for_end(10)

    assert code == 130
    assert "Nobody waits any more, and the stop goes on" in stop.text
    assert pipeline.wait_for("Stopped")["stop"]["checkpoint"]


def test_a_stop_that_hangs_times_out_is_explained_and_is_forced(pipeline: PipelineAtWork) -> None:
    made_once(pipeline, with_environment(example_manifest(pipeline.name), **ENDLESS_SNAPSHOT))
    pipeline.wait_for("Running")

    late = run_without_terminal("sluice", "stop", *on(pipeline), "--timeout", "2s")
    why = run_without_terminal("sluice", "explain", *on(pipeline))
    with terminal("sluice", "stop", *on(pipeline), "--force") as forced:
        code = forced.wait_for_end(30)

    assert late.returncode == 3, late.stdout
    assert "the stop goes on" in late.stdout
    assert f"{pipeline.name} is Suspending, and is wanted Stopped" in why.stdout
    assert f"`sluice stop {' '.join(on(pipeline))} --force`" in why.stdout
    assert code == 0, forced.text
    assert "and force: true" in forced.text


def test_everything_there_is_to_see_can_be_seen(pipeline: PipelineAtWork) -> None:
    made_once(pipeline, example_manifest(pipeline.name))
    pipeline.wait_for("Running")
    pipeline.wait_for_records(more_than=5)

    made = run_without_terminal("sluice", "checkpoint", *on(pipeline), "--wait")
    kept = pipeline.checkpoints()[-1]
    history = run_without_terminal("sluice", "history", *on(pipeline))
    status = run_without_terminal("sluice", "status", *on(pipeline), "-o", "json")
    name, *where = on(pipeline)
    everything = run_without_terminal("sluice", "status", *where)
    top = run_without_terminal("sluice", "top", *where)
    logs = run_without_terminal("sluice", "logs", name, *where)

    assert made.returncode == 0, made.stdout + made.stderr
    for text in ("created", "Provisioning -> ", f"checkpoint {kept}", "checkpoint asked for"):
        assert text in history.stdout
    assert json.loads(status.stdout)["status"]["deploymentStatus"] == "Running"
    assert name in everything.stdout
    counted = re.search(rf"^{name} +Running +(?:now|.+ s) +(\d+) ", top.stdout, re.MULTILINE)
    assert counted is not None, top.stdout
    assert int(counted[1]) > 5
    assert logs.returncode == 0, logs.stderr
    assert logs.stdout


def test_top_draws_until_ctrl_c(pipeline: PipelineAtWork) -> None:
    made_once(pipeline, example_manifest(pipeline.name))
    pipeline.wait_for("Running")

    with terminal("sluice", "top", *on(pipeline)[1:], "--interval", "0.5") as top:
        top.wait_for(pipeline.name, times=3)
        top.press(CTRL_C)

        assert top.wait_for_end(10) == 130


def test_a_pause_and_a_restart_are_waited_for(pipeline: PipelineAtWork) -> None:
    made_once(pipeline, example_manifest(pipeline.name))
    first = pipeline.wait_for("Running")

    pause = run_without_terminal("sluice", "pause", *on(pipeline), "--wait")
    paused = pipeline.status()
    restart = run_without_terminal("sluice", "restart", *on(pipeline), "--wait")
    second = pipeline.status()

    assert (pause.returncode, paused["deploymentStatus"]) == (0, "Paused"), pause.stdout
    assert restart.returncode == 0, restart.stdout
    assert second["deploymentStatus"] == "Paused"
    assert second["deploymentId"] != first["deploymentId"]


def test_clearing_asks_and_removes_every_checkpoint(pipeline: PipelineAtWork) -> None:
    made_once(pipeline, example_manifest(pipeline.name))
    pipeline.wait_for("Running")
    refused = run_without_terminal("sluice", "clear", *on(pipeline), "--yes", "--wait")
    assert run_without_terminal("sluice", "stop", *on(pipeline), "--wait").returncode == 0

    with terminal("sluice", "clear", *on(pipeline)) as clear:
        clear.wait_for("for good?")
        clear.press(b"y\n")
        code = clear.wait_for_end()

    assert refused.returncode == 1
    assert "only a stopped pipeline can be cleared" in refused.stdout
    assert code == 0, clear.text
    assert pipeline.status()["storageStatus"] == "Cleared"


def test_a_pipeline_that_fails_is_explained_and_its_error_dismissed(pipeline: PipelineAtWork) -> None:
    manifest = example_manifest(pipeline.name, restart={"policy": "Never"})
    runtime_container(manifest)["command"] = ["python3", "-c", "raise SystemExit(3)"]
    made_once(pipeline, manifest)
    pipeline.wait_for("Stopped")

    start = run_without_terminal("sluice", "start", *on(pipeline), "--wait")
    why = run_without_terminal("sluice", "explain", *on(pipeline))
    stop = run_without_terminal("sluice", "stop", *on(pipeline), "--wait")
    dismissed = run_without_terminal("sluice", "dismiss-error", *on(pipeline), "--wait")

    assert start.returncode == 1, start.stdout
    assert "deploymentError RunnerCheckError" in why.stdout
    assert stop.returncode == 0, stop.stdout
    assert dismissed.returncode == 0, dismissed.stdout
    assert "deploymentError" not in pipeline.status()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("stop", "nobody"), 4), (("stop",), 2), (("status", "--context", "nowhere"), 1)],
)
def test_what_cannot_be_done_has_its_exit_code(
    pipeline: PipelineAtWork, arguments: tuple[str, ...], code: int
) -> None:
    done = run_without_terminal("sluice", *arguments)

    assert done.returncode == code, done.stderr
    assert done.stderr


def test_it_is_a_plugin_of_kubectl_that_kubectl_completes(pipeline: PipelineAtWork) -> None:
    made_once(pipeline, example_manifest(pipeline.name, desiredStatus="Stopped"))
    pipeline.wait_for("Stopped")

    status = run_without_terminal(KUBECTL, "sluice", "status", *on(pipeline), "-o", "name")
    commands = run_without_terminal(KUBECTL, "__complete", "sluice", "dismi")
    words = f"sluice stop -n {pipeline.kubectl.namespace} {pipeline.name[:1]}"
    names = run_without_terminal("sluice", COMP_WORDS=words, COMP_CWORD="4", _SLUICE_COMPLETE="bash_complete")

    assert status.stdout.strip() == f"pipeline.sluice.dev/{pipeline.name}"
    assert commands.stdout.startswith("dismiss-error")
    assert f"plain,{pipeline.name}" in names.stdout.splitlines()
