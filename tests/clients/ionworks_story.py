"""What somebody does with the ``ionworks-api`` client to follow and cancel a run: see ``feldera_story``."""

import importlib
import json
import sys
from typing import Any

ionworks: Any = importlib.import_module("ionworks")


def refused(call: Any, *arguments: Any) -> list[Any]:
    """Status code and error code with which the call is refused."""
    try:
        call(*arguments)
    except ionworks.IonworksError as error:
        return [error.status_code, error.error_code]
    return [None, "it was not refused"]


def tell(url: str, key: str, project: str, running: str, failed: str) -> dict[str, Any]:
    """Two pipelines: one that runs and is cancelled, and one that failed."""
    client = ionworks.Ionworks(api_key=key, api_url=url, project_id=project, max_retries=0)
    told: dict[str, Any] = {"listed": sorted(each.name for each in client.pipeline.list())}
    told["failed ones"] = [each.name for each in client.pipeline.list(status="failed", limit=5)]
    told["before"] = client.pipeline.get(running).status
    told["elements"] = [each["name"] for each in client.get(f"/pipelines/{running}/elements")]
    told["cancelled"] = client.pipeline.cancel(running).status
    followed = client.pipeline.wait_for_completion(
        running, timeout=60, poll_interval=1, verbose=False, raise_on_failure=False
    )
    told["after"] = [followed.status, followed.is_terminal, followed.is_failed]
    broken = client.pipeline.get(failed)
    told["failed"] = [broken.status, broken.error, client.get(f"/pipelines/{failed}")["error_code"]]
    told["cancelled too late"] = client.pipeline.cancel(failed).status
    told["unknown"] = refused(client.pipeline.get, "nothing")
    told["stranger"] = refused(
        ionworks.Ionworks(api_key="apikey:nobody", api_url=url, project_id=project).pipeline.cancel, running
    )
    return told


if __name__ == "__main__":
    print(json.dumps(tell(**json.load(sys.stdin))))
