"""Reads of single objects without a program for each: what a test looks at ten times a second."""

import json
import os
from collections.abc import Callable
from functools import cache, partial
from http import HTTPStatus
from typing import Any, Final

from kubernetes import client, config
from urllib3.exceptions import HTTPError

from sluice.api.kinds import DEPLOYMENT
from sluice.kube import paths

PLACES: Final[dict[str, Callable[[str, str], str]]] = {
    "pod": paths.pod,
    "pvc": paths.claim,
    "slpl": paths.pipeline,
    "sldep": partial(paths.resource, DEPLOYMENT),
}
"""By the name that kubectl takes for the kind."""
DEADLINE_SECONDS: Final = 5.0


class UnreadError(Exception):
    """No answer that means anything: kubectl says better why."""


def read(kind: str, namespace: str, name: str) -> dict[str, Any] | None:
    """The object, or ``None`` when it is not there. Raises :class:`UnreadError`."""
    return read_path(PLACES[kind](namespace, name))


def read_path(path: str) -> dict[str, Any] | None:
    """What the API server answers, or ``None`` when there is nothing. Raises :class:`UnreadError`."""
    api = _client(os.environ.get("KUBECONFIG"))
    try:
        response = api.call_api("GET", f"{api.configuration.host}{path}", _request_timeout=DEADLINE_SECONDS)
        body: dict[str, Any] = json.loads(response.read())
    except (HTTPError, client.ApiException, ValueError) as error:
        raise UnreadError from error
    if response.status == HTTPStatus.NOT_FOUND:
        return None
    if response.status != HTTPStatus.OK:
        raise UnreadError
    return body


@cache
def _client(kubeconfig: str | None) -> Any:
    loader: Any = config
    return loader.new_client_from_config(kubeconfig)
