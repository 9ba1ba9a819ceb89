"""Pipelines with a hook block that the API server has to refuse, and ones that it has to take."""

from typing import Any, Final

from support.kubectl import Manifest

from integration.admission_cases import ABSENT, AT_LEAST_ONE, VALID, Refused, changed, storage

SYNC: Final = storage(sync={"url": "s3://bucket/folder"})


def hook(**fields: Any) -> Manifest:
    return {"feldera": ABSENT, "hook": fields}


REFUSED_HOOKS: Final = (
    Refused(
        "a hook's container that is to pause",
        ("spec.desiredStatus", "can neither be paused nor follow another one"),
        hook() | {"desiredStatus": "Paused"},
    ),
    Refused(
        "a hook's container in standby",
        ("spec.desiredStatus", "write desiredStatus Running or Stopped"),
        hook() | SYNC | {"desiredStatus": "Standby"},
    ),
    Refused(
        "a hook's volume that is to be copied",
        ("spec.storage", "let the hook write to the object store"),
        hook() | SYNC,
    ),
    Refused(
        "periodic checkpoints of a process that knows nothing of them",
        ("spec.checkpoint", "write checkpoint.schedule instead"),
        hook() | {"checkpoint": {"intervalSeconds": 60}},
    ),
    Refused(
        "two hooks",
        ("spec.hook", "write hook.exec or hook.http, not both"),
        hook(exec={"command": ["/bin/save"]}, http={"port": 80}),
    ),
    Refused(
        "a hook without a command", ("spec.hook.exec.command", "at least 1 items"), hook(exec={"command": []})
    ),
    Refused("a hook without a port", ("spec.hook.http.port", "Required"), hook(http={"path": "/save"})),
    Refused(
        "a hook's path with a space",
        ("spec.hook.http.path", "not the path of a request"),
        hook(http={"port": 80, "path": "/save all"}),
    ),
    Refused(
        "a hook by a method that changes nothing",
        ("spec.hook.http.method", '"POST", "PUT", "GET"'),
        hook(http={"port": 80, "method": "HEAD"}),
    ),
    Refused("no time for a hook", ("spec.hook.timeoutSeconds", AT_LEAST_ONE), hook(timeoutSeconds=0)),
    Refused(
        "a hook's container without a template",
        ("spec.template", "write template.spec.containers"),
        hook() | {"template": ABSENT},
    ),
)

ACCEPTED_HOOKS: Final[dict[str, Manifest]] = {
    "a container without a hook": changed(VALID, {"spec": hook()}),
    "a command as a hook": changed(
        VALID, {"spec": hook(container="main", exec={"command": ["/bin/save"]}, timeoutSeconds=5)}
    ),
    "a request as a hook": changed(
        VALID, {"spec": hook(http={"port": 9000, "path": "/save?all=1", "method": "PUT"}) | storage()}
    ),
}
