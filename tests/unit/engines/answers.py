"""Answers of a process."""

import json
from typing import Any

from sluice.engines import HttpAnswer

Json = dict[str, Any]

EXTENDED: Json = {
    "runtime_status": "Running",
    "runtime_status_details": {"reason": "steady", "connector_stats": {"num_errors": 3}},
    "runtime_desired_status": "Paused",
    "storage_status_details": {
        "checkpoints": [
            {
                "uuid": "c1",
                "identifier": None,
                "fingerprint": 1,
                "size": 10,
                "steps": 1,
                "processed_records": 100,
            },
            {
                "uuid": "c2",
                "identifier": None,
                "fingerprint": 1,
                "size": 20,
                "steps": 2,
                "processed_records": 200,
            },
        ]
    },
}
BOOM: Json = {
    "message": "a worker panicked",
    "error_code": "RuntimeError.WorkerPanic",
    "details": {"worker": 3},
}


def answer(body: object, status: int = 200) -> HttpAnswer:
    return HttpAnswer(status, body if isinstance(body, bytes) else json.dumps(body).encode())


def nested(levels: int) -> Json:
    body: Json = {}
    for _ in range(levels):
        body = {"a": body}
    return body
