"""``ionworks-api`` follows and cancels graphs of real jobs through the gateway."""

from typing import Any

from support.batch import batch_manifest, element
from support.clients import tell
from support.gateway import Door
from support.kubectl import Kubectl
from support.pipeline import PipelineAtWork

LISTENS = "trap 'exit 0' TERM; sleep 600 & wait $!"
FAIL = "exit 70"


def test_a_run_is_followed_and_cancelled_with_all_its_jobs(people: Kubectl, door: Door) -> None:
    study, broken = PipelineAtWork(people, "study"), PipelineAtWork(people, "broken")
    study.apply(batch_manifest("study", element("load", LISTENS), element("fit", LISTENS, "load")))
    broken.apply(batch_manifest("broken", element("solve", FAIL)))
    study.wait_for("Running")
    broken.wait_for("Failed")

    told: dict[str, Any] = tell(
        "ionworks_story",
        url=door.url,
        key=door.make_key("ionworks"),
        project=people.namespace,
        running=study.uid,
        failed=broken.uid,
    )

    assert (told["listed"], told["failed ones"]) == (["broken", "study"], ["broken"])
    assert (told["before"], told["elements"]) == ("running", ["load", "fit"])
    assert told["after"] == ["canceled", True, True]
    assert (told["failed"][0], told["failed"][2]) == ("failed", "SOLVER_ERROR")
    assert told["unknown"] == [404, "UnknownPipelineName"]
    assert {each["status"] for each in study.status()["elements"]} == {"Canceled"}
