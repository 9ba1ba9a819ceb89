"""``ionworks-api`` follows and cancels batch pipelines by its own calls: against objects made by hand.

The gateway is real and serves on the loopback; the API server behind it is one in memory, whose objects are
what the operator writes. The same story on real jobs is ``test_ionworks_jobs``.
"""

import asyncio

from support.clients import tell
from unit.gateway.house import TOKEN
from unit.gateway.test_batch import UID, Canceling, build_batch
from unit.gateway.test_server import listening

FAILED = UID[:-1] + "9"


async def test_a_run_is_listed_followed_and_cancelled_by_the_published_client() -> None:
    house = Canceling()
    house.hold(build_batch(), "study")
    error = {"message": "the solver diverged", "errorCode": "SOLVER_ERROR"}
    house.hold(build_batch("Failed", uid=FAILED, name="broken", deploymentError=error), "broken")
    async with listening(house) as url:
        work = asyncio.create_task(house.work())
        told = await asyncio.to_thread(
            tell, "ionworks_story", url=url, key=TOKEN, project="shop", running=UID, failed=FAILED
        )
        await work

    assert told == {
        "listed": ["broken", "study"],
        "failed ones": ["broken"],
        "before": "running",
        "elements": ["load", "fit", "report"],
        "cancelled": "canceled",
        "after": ["canceled", True, True],
        "failed": ["failed", "the solver diverged", "SOLVER_ERROR"],
        "cancelled too late": "failed",
        "unknown": [404, "UnknownPipelineName"],
        "stranger": [401, "Unauthorized"],
    }
    assert house.asked("study")["override"]["desiredStatus"] == "Canceled"
    assert house.asked("broken") == {}
