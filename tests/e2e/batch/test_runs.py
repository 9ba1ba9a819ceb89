"""Graphs that are run to their end, on real pods: order, volume, failures, retries, logs, progress."""

from support.batch import BatchAtWork, element, template, told
from support.installation import kill_operator, wait_for_operator
from support.kubectl import Kubectl, Manifest, wait_until


def test_a_graph_is_run_in_order_over_its_shared_volume(batch: BatchAtWork) -> None:
    batch.run(
        element("make", "echo 1 > /data/a.txt; echo made", outputs=["a.txt"]),
        element("left", "cat /data/a.txt > /data/l.txt", "make", inputs=["a.txt"], outputs=["l.txt"]),
        element("right", "cat /data/a.txt > /data/r.txt", "make", inputs=["a.txt"], outputs=["r.txt"]),
        element(
            "join",
            'echo "$SLUICE_ELEMENT of $SLUICE_PIPELINE_NAME: $(cat /data/l.txt)$(cat /data/r.txt) $EXTRA"',
            "left",
            "right",
            inputs=["l.txt", "r.txt"],
            env={"EXTRA": "and more"},
        ),
    )
    status = batch.wait_for("Completed", 90)

    elements = batch.elements()
    assert {each["status"] for each in elements.values()} == {"Completed"}, told(elements)
    assert status["elementProgress"] == "4/4"
    assert status["elementCounts"]["completed"] == 4
    assert elements["make"]["finishedAt"] <= elements["left"]["startedAt"]
    assert max(elements[name]["finishedAt"] for name in ("left", "right")) <= elements["join"]["startedAt"]
    assert batch.condition("Ready")["status"] == "True"
    columns = batch.kubectl.must("get", "slpl", batch.name).splitlines()
    assert columns[1].split()[:4] == [batch.name, "Running", "Completed", "4/4"]

    def has_logs() -> tuple[bool, object]:
        logs = batch.logs()
        expected = {"make": "made", "join": f"join of {batch.name}: 11 and more"}
        return logs == expected, logs

    wait_until("the ends of the logs", has_logs, 10)


FAILURES: dict[str, tuple[str, str]] = {
    "model": ("MODEL_ERROR", "a negative radius"),
    "solver": ("SOLVER_ERROR", "no convergence at t=3"),
    "internal": ("INTERNAL_ERROR", "exit code 3: what it said last"),
    "timeout": ("EXECUTION_TIMEOUT", "it had not ended after 10 s (timeoutSeconds): working"),
    "output": ("INTERNAL_ERROR", "declared outputs are missing: there.txt"),
}
REFUSED: dict[str, str] = {
    "image": "Err",
    "secret": 'CreateContainerConfigError: secret "nowhere" not found',
    "invalid": "Job.batch",
    "account": 'pods "',
}


def test_each_way_to_fail_has_its_code_and_the_elements_own_last_words(
    batch: BatchAtWork, other: BatchAtWork
) -> None:
    solved = '{"errorCode": "SOLVER_ERROR", "message": "no convergence at t=3"}'
    batch.run(
        element("model", "echo 'a negative radius' > /dev/termination-log; exit 65"),
        element("solver", f"echo '{solved}' > /dev/termination-log; exit 1"),
        element("internal", "echo 'what it said last'; exit 3"),
        element("timeout", "echo working; exec sleep 60", timeoutSeconds=10, template=short_grace()),
        element("output", "true", outputs=["there.txt"]),
        element("never", "true", "model"),
        element("retried", "test -e /data/tried || { touch /data/tried; exit 1; }", retries=1),
        batch={"failurePolicy": "Continue", "parallelism": 20},
    )
    account = template()
    account["spec"]["serviceAccountName"] = "nobody"
    missing: Manifest = {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "nowhere", "key": "k"}}}
    other.run(
        element("image", "true", template=template(image="sluice.dev/nothing:here")),
        element("secret", "true", template=template(env=[missing])),
        element("invalid", "true", template=template(name="Not A Name")),
        element("account", "true", template=account),
        batch={"failurePolicy": "Continue", "parallelism": 20},
        provisioningTimeoutSeconds=6,
        storage=None,
    )
    status = batch.wait_for("Failed", 90)

    elements = batch.elements()
    for name, (code, words) in FAILURES.items():
        assert (elements[name]["status"], elements[name].get("errorCode")) == ("Failed", code), told(elements)
        assert elements[name]["error"].startswith(words), told(elements)
    assert elements["never"]["status"] == "Canceled"
    assert elements["never"]["error"] == "never started: model was not completed"
    assert (elements["retried"]["status"], elements["retried"]["retries"]) == ("Completed", 1)
    first = min((elements[name] for name in FAILURES), key=lambda each: each["finishedAt"])
    named = elements[status["deploymentError"]["details"]["element"]]
    assert (named["finishedAt"], named["errorCode"]) == (
        first["finishedAt"],
        status["deploymentError"]["errorCode"],
    )
    assert batch.condition("Stalled")["status"] == "True"

    other.wait_for("Failed", 90)
    refused = other.elements()
    for name, words in REFUSED.items():
        assert refused[name]["errorCode"] == "CONFIGURATION_ERROR", told(refused)
        assert refused[name]["error"].startswith(words), told(refused)


def short_grace() -> Manifest:
    made = template()
    made["spec"]["terminationGracePeriodSeconds"] = 1
    return made


def test_what_the_cluster_keeps_refusing_is_a_failed_submission(
    batch: BatchAtWork, namespace: Kubectl
) -> None:
    quota: Manifest = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "none"},
        "spec": {"hard": {"pods": "0"}},
    }
    namespace.must("apply", "-f", "-", manifest=quota)
    try:
        batch.run(element("a", "true"), provisioningTimeoutSeconds=8)
        batch.wait_for("Failed")
    finally:
        namespace.must("delete", "resourcequota", "none")

    found = batch.elements()["a"]
    assert found["errorCode"] == "SUBMISSION_FAILED"
    assert "exceeded quota" in found["error"]


def test_the_first_failure_cancels_the_rest_and_a_restart_takes_up_what_is_mended(batch: BatchAtWork) -> None:
    elements = (
        element("done", "echo once >> /data/done.txt"),
        element("bad", "sleep 3; test -e /data/mended", "done"),
        element("long", "trap 'echo bye; exit 1' TERM; echo hello; sleep 600 & wait $!", "done"),
        element("last", "cat /data/done.txt", "bad", "done"),
    )
    batch.run(*elements)
    batch.wait_for("Failed")
    assert batch.where() == {"done": "Completed", "bad": "Failed", "long": "Canceled", "last": "Canceled"}
    assert batch.status()["deploymentError"]["details"]["element"] == "bad"
    wait_until("the log", lambda: ("bye" in batch.logs().get("long", ""), batch.logs()), 10)

    mended = element("bad", "touch /data/mended", "done")
    short = element("long", "true", "done")
    batch.run(elements[0], mended, short, elements[3])
    pending = batch.wait_for_condition("ChangesPending", "ElementsImmutableInRun")
    assert "`elements`" in pending["message"]
    assert batch.restart("again")["state"] == "Succeeded"
    status = batch.wait_for("Completed")

    assert status["runNumber"] == 2
    assert batch.condition("ChangesPending")["status"] == "False"
    wait_until("the log", lambda: (batch.logs().get("last") == "once", batch.logs()), 10)


def test_a_killed_operator_goes_on_where_it_was_and_runs_nothing_twice(
    batch: BatchAtWork, system: Kubectl
) -> None:
    work = "echo $SLUICE_ELEMENT >> /data/all.txt; sleep 2"
    names = [f"e{number}" for number in range(8)]
    batch.run(
        *(element(name, work) for name in names),
        element("all", "sort /data/all.txt | tr '\\n' ' '", *names),
        batch={"parallelism": 3},
    )
    batch.wait_for_running("e0")
    kill_operator(system)
    wait_for_operator(system)
    batch.wait_for("Completed", 90)

    wait_until("the log", lambda: ("all" in batch.logs(), batch.logs()), 10)
    assert batch.logs()["all"].split() == names


REPORTS = """for n in 10 20 30 40 50 60 70 80; do
    printf '{"percent": %s, "message": "step %s", "checkpoint": "c%s"}' $n $n $n > $SLUICE_PROGRESS_FILE.new
    mv $SLUICE_PROGRESS_FILE.new $SLUICE_PROGRESS_FILE
    sleep 1
done; echo end"""


def test_progress_is_shown_while_an_element_runs_and_jobs_go_when_their_time_is_over(
    batch: BatchAtWork,
) -> None:
    batch.run(
        element("steps", REPORTS),
        options={"liveProgressUpdates": True},
        batch={"ttlSecondsAfterFinished": 1},
        storage=None,
    )
    found = batch.wait_for_element("steps", lambda each: "progress" in each)
    assert found["progress"]["message"] == f"step {found['progress']['percent']}"
    assert found["progress"]["checkpoint"].startswith("c")
    batch.wait_for("Completed")

    wait_until("its Jobs to be gone", lambda: (not batch.jobs() and not batch.pods(), batch.jobs()), 30)
    assert batch.logs() == {"steps": "end"}
    assert batch.where() == {"steps": "Completed"}


def test_a_circle_is_named(batch: BatchAtWork) -> None:
    batch.run(element("a", "true", "b"), element("b", "true", "a"))
    status = batch.wait_for("Failed")

    assert status["deploymentError"]["errorCode"] == "CONFIGURATION_ERROR"
    assert "a -> b -> a" in status["deploymentError"]["message"].replace("b -> a -> b", "a -> b -> a")
    assert batch.jobs() == []
