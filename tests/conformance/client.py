"""A plain HTTP client: status, body, and waiting with a deadline."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

Seen = TypeVar("Seen")

TIMEOUT_SECONDS = 10.0
POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Answer:
    status: int
    content_type: str
    text: str

    @property
    def body(self) -> Any:
        return json.loads(self.text)


class Client:
    """Speaks with one process."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")

    def get(self, path: str) -> Answer:
        return self._request("GET", path)

    def post(self, path: str) -> Answer:
        return self._request("POST", path)

    def status(self) -> dict[str, Any]:
        answer = self.get("/status")
        assert answer.status == 200, f"/status answered {answer.status}: {answer.text}"
        return cast("dict[str, Any]", answer.body)

    def wait_for_status(self, wanted: str) -> dict[str, Any]:
        return wait_for(self.status, lambda seen: seen["runtime_status"] == wanted, f"/status {wanted}")

    def checkpoint(self) -> int:
        """Ask for a checkpoint, wait until it is made and return its sequence number."""
        asked = self.post("/checkpoint")
        assert asked.status == 200, asked.text
        number = int(asked.body["checkpoint_sequence_number"])
        path = f"/checkpoint_status?incarnation_uuid={asked.body['incarnation_uuid']}"
        wait_for(
            lambda: self.get(path).body,
            lambda seen: seen["success"] is not None and seen["success"] >= number,
            f"success of checkpoint {number}",
        )
        return number

    def checkpoint_ids(self) -> set[str]:
        return {each["uuid"] for each in self.get("/checkpoints").body}

    def _request(self, method: str, path: str) -> Answer:
        request = urllib.request.Request(self.url + path, method=method)  # noqa: S310 - http by construction
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:  # noqa: S310
                return _answer(response)
        except urllib.error.HTTPError as response:
            with response:
                return _answer(response)


def _answer(response: Any) -> Answer:
    content_type = str(response.headers.get("Content-Type", ""))
    return Answer(int(response.status), content_type, response.read().decode())


def wait_for(probe: Callable[[], Seen], accept: Callable[[Seen], bool], what: str) -> Seen:
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while True:
        seen = probe()
        if accept(seen):
            return seen
        assert time.monotonic() < deadline, f"no {what} within {TIMEOUT_SECONDS} s; last seen: {seen}"
        time.sleep(POLL_SECONDS)


def assert_error(answer: Answer, status: int, error_code: str) -> dict[str, Any]:
    """Section 1.4: an error body always has exactly these three members."""
    assert answer.status == status, answer.text
    body = cast("dict[str, Any]", answer.body)
    assert set(body) == {"message", "error_code", "details"}, body
    assert body["error_code"] == error_code, body
    assert isinstance(body["message"], str)
    return body
