"""What somebody does with the ``feldera`` SDK, its calls unchanged: read from stdin where, told on stdout.

It runs in the clients' own virtualenv, so the SDK is imported by name: no checker here can know its types.
"""

import importlib
import json
import sys
import time
from typing import Any

feldera: Any = importlib.import_module("feldera")
rest: Any = importlib.import_module("feldera.rest.feldera_client")
errors: Any = importlib.import_module("feldera.rest.errors")
enums: Any = importlib.import_module("feldera.enums")


def refused(call: Any, *arguments: Any, **more: Any) -> list[Any]:
    """Status code and error code with which the call is refused."""
    try:
        call(*arguments, **more)
    except errors.FelderaAPIError as error:
        return [error.status_code, error.error_code]
    return [None, "it was not refused"]


def tell(url: str, token: str, tenant: str, name: str) -> dict[str, Any]:
    """The story of one pipeline."""
    client = rest.FelderaClient(url, api_key=token, tenant=tenant)
    told: dict[str, Any] = {
        "unknown": refused(client.get_pipeline, "nothing", enums.PipelineFieldSelector.STATUS)
    }
    told["sql"] = refused(feldera.PipelineBuilder(client, name, "CREATE TABLE t (x INT);").create)
    pipeline = feldera.PipelineBuilder(client, name, "", description="a story", tags=["sdk"]).create()
    told["created"] = [pipeline.name, pipeline.status().name, pipeline.description(), pipeline.tags()]

    pipeline.start(timeout_s=90)
    told["started"] = pipeline.status().name
    again = refused(pipeline.start, bootstrap_policy=enums.BootstrapPolicy.ALLOW, wait=False)
    told["started otherwise"] = again
    pipeline.pause(timeout_s=60)
    told["paused"] = pipeline.status().name
    pipeline.resume(timeout_s=60)
    told["resumed"] = pipeline.status().name
    told["records"] = _wait_for_records(pipeline)
    told["log"] = next(iter(pipeline.logs()))
    told["metrics"] = "records_processed_total" in str(pipeline.metrics())
    told["checkpoint"] = pipeline.checkpoint(wait=True, timeout_s=60)
    told["checkpoints"] = len(pipeline.checkpoints())
    told["cleared while up"] = refused(pipeline.clear_storage)

    pipeline.stop(force=False, timeout_s=90)
    told["stopped"] = [pipeline.status().name, pipeline.storage_status().name]
    told["kept"] = len(pipeline.storage_status_details()["checkpoints"])
    told["deleted while in use"] = refused(pipeline.delete)
    pipeline.start(timeout_s=90)
    pipeline.stop(force=True, timeout_s=60)
    told["forced"] = pipeline.status().name
    told["events"] = [event["deployment_resources_status"] for event in pipeline.events()]
    told["listed"] = name in [each.name for each in feldera.Pipeline.all(client)]

    key = client.create_api_key("story", role="read")
    told["key"] = sorted(key)
    reader = rest.FelderaClient(url, api_key=key["api_key"], tenant=tenant)
    told["read by key"] = reader.get_pipeline(name, enums.PipelineFieldSelector.ALL).name
    told["stopped by key"] = refused(reader.stop_pipeline, name, force=True)

    pipeline.clear_storage(timeout_s=60)
    told["cleared"] = pipeline.storage_status().name
    pipeline.delete()
    told["gone"] = refused(client.get_pipeline, name, enums.PipelineFieldSelector.STATUS)
    return told


def _wait_for_records(pipeline: Any) -> bool:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if pipeline.stats().global_metrics.total_processed_records > 0:
            return True
        time.sleep(0.2)
    return False


if __name__ == "__main__":
    print(json.dumps(tell(**json.load(sys.stdin))))
