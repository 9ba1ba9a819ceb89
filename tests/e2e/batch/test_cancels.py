"""Cancels on real pods: graceful, forced, twice, while elements are created, and after the end."""

from datetime import datetime

from support.batch import GRACE_SECONDS, BatchAtWork, element, told
from support.kubectl import wait_until

from sluice.api.json_values import child

LISTENS = "trap 'echo saved >> /data/term.txt; exit 0' TERM; sleep 600 & wait $!"
DEAF = "trap '' TERM; while :; do sleep 1; done"


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def must_be_clear(batch: BatchAtWork) -> None:
    """Nothing of it runs any more."""
    assert [
        job["metadata"]["name"] for job in batch.jobs() if not child(job, "status").get("conditions")
    ] == []
    phases = [pod["status"]["phase"] for pod in batch.pods()]
    assert not {"Pending", "Running"} & set(phases), phases


def test_a_cancel_ends_what_has_not_ended_and_a_restart_resumes(batch: BatchAtWork) -> None:
    hook = {"exec": {"command": ["sh", "-c", "echo $SLUICE_ELEMENT > /data/hook.txt"]}, "timeoutSeconds": 20}
    batch.run(
        element("done", "echo once >> /data/done.txt"),
        element("saves", f"test -e /data/hook.txt || {{ {LISTENS}; }}", "done", hook=hook),
        element("plain", f"test -e /data/term.txt || {{ {LISTENS}; }}", "done"),
        element("last", "cat /data/done.txt /data/hook.txt /data/term.txt", "saves", "plain"),
    )
    batch.wait_for_running("saves", "plain")
    batch.cancel()
    batch.cancel()
    status = batch.wait_for("Canceled")

    elements = batch.elements()
    assert batch.where() == {"done": "Completed"} | dict.fromkeys(("saves", "plain", "last"), "Canceled")
    assert "startedAt" not in elements["last"]
    assert "error" not in elements["saves"], told(elements)
    assert status["stop"]["mode"] == "Graceful"
    assert status["stop"]["durationSeconds"] < GRACE_SECONDS
    assert batch.condition("Ready")["status"] == "True"
    must_be_clear(batch)

    batch.start()
    batch.wait_for_condition("Stalled", "Canceled")
    assert batch.restart("again")["state"] == "Succeeded"
    batch.wait_for("Completed")

    wait_until("the log", lambda: ("last" in batch.logs(), batch.logs()), 10)
    assert batch.logs()["last"].split() == ["once", "saves", "saved", "saved"]
    assert batch.elements()["done"] == elements["done"], "what was completed is not run again"


def test_force_overtakes_a_cancel_and_waits_for_no_hook(batch: BatchAtWork) -> None:
    hook = {"exec": {"command": ["sleep", "600"]}}
    batch.run(
        element("one", DEAF, hook=hook), element("two", DEAF, hook=hook), element("next", "true", "one")
    )
    batch.wait_for_running("one", "two")
    batch.cancel()
    batch.wait_for_condition("Ready", "Canceling")
    assert batch.status()["deploymentStatus"] == "Running"

    batch.cancel(force=True)
    # Not sooner: a kubelet that has begun to end a pod may give it the grace that it began with.
    status = batch.wait_for("Canceled", GRACE_SECONDS + 40)

    assert status["stop"]["mode"] == "Force"
    assert set(batch.where().values()) == {"Canceled"}
    must_be_clear(batch)


def test_a_cancel_overtakes_a_storm_of_creations(batch: BatchAtWork) -> None:
    batch.run(*(element(f"e{number}", "exec sleep 600") for number in range(60)), batch={"parallelism": 60})
    wait_until("the first Jobs", lambda: (len(batch.jobs()) > 0, "none yet"), 20)
    batch.cancel(force=True)
    status = batch.wait_for("Canceled", 90)

    elements = batch.elements()
    assert {each["status"] for each in elements.values()} == {"Canceled"}
    seen = moment(status["stop"]["requestedAt"])
    submitted = [moment(each["submittedAt"]) for each in elements.values() if "submittedAt" in each]
    assert submitted
    assert max(submitted) <= seen, "started after the cancel was seen"
    must_be_clear(batch)


def test_many_that_run_are_canceled_together_and_a_neighbour_with_the_same_names_is_not(
    batch: BatchAtWork, other: BatchAtWork
) -> None:
    names = [f"e{number}" for number in range(10)]
    script = "trap 'exit 0' TERM; sleep 600 & wait $!"
    other.run(element("e1", script), storage=None)
    batch.run(*(element(name, script) for name in names), batch={"parallelism": len(names)}, storage=None)
    batch.wait_for_running(*names)
    other.wait_for_running("e1")
    before = [pod["metadata"]["uid"] for pod in other.pods()]
    batch.cancel()
    batch.wait_for("Canceled")

    assert set(batch.where().values()) == {"Canceled"}
    must_be_clear(batch)
    assert [pod["metadata"]["uid"] for pod in other.pods()] == before
    assert other.where() == {"e1": "Running"}


def test_what_has_ended_cannot_be_canceled_any_more(batch: BatchAtWork) -> None:
    batch.run(element("a", "true"), storage=None)
    batch.wait_for("Completed")
    ended = batch.elements()
    batch.cancel()
    batch.wait_for_condition("Ready", "NothingToCancel")

    assert batch.status()["deploymentStatus"] == "Completed"
    assert batch.elements() == ended


def test_an_override_cancels_although_git_says_running(batch: BatchAtWork) -> None:
    batch.run(element("a", "exec sleep 600"), storage=None)
    batch.wait_for_running("a")
    batch.request("override", "o1", uid=batch.uid, desiredStatus="Canceled", force=True)
    batch.wait_for("Canceled")

    assert batch.status()["override"]["desiredStatus"] == "Canceled"


def test_deleting_it_cancels_it_and_leaves_nothing_behind(batch: BatchAtWork) -> None:
    batch.run(element("saves", LISTENS.replace("/data", "/tmp")), element("b", "true", "saves"), storage=None)
    batch.wait_for_running("saves")
    batch.kubectl.must("delete", "slpl", batch.name, "--wait=false", "--cascade=foreground")
    batch.wait_until_gone()

    def is_clear() -> tuple[bool, object]:
        left = batch.jobs(), batch.pods(), batch.logs()
        return not any(left), left

    wait_until("everything of it to be gone", is_clear, 30)
