"""Resource paths of the API server."""

from collections.abc import Sequence
from urllib.parse import quote, urlencode

from sluice.api.constants import GROUP, VERSION
from sluice.api.kinds import PIPELINE, Kind


def _core(namespace: str, plural: str, name: str) -> str:
    return f"/api/v1/namespaces/{namespace}/{plural}" + (f"/{name}" if name else "")


def resource(kind: Kind, namespace: str, name: str) -> str:
    """One custom resource."""
    return f"{resources(kind, namespace)}/{name}"


def resources(kind: Kind, namespace: str | None) -> str:
    """All custom resources of a kind: of a namespace, or of the whole cluster."""
    return everywhere(kind.plural, namespace, f"{GROUP}/{VERSION}")


def pipeline(namespace: str, name: str) -> str:
    """One pipeline."""
    return resource(PIPELINE, namespace, name)


def pipelines(namespace: str) -> str:
    """All pipelines of a namespace."""
    return resources(PIPELINE, namespace)


def api_group() -> str:
    """The API group's own discovery document."""
    return f"/apis/{GROUP}/{VERSION}"


def pod(namespace: str, name: str = "") -> str:
    """One pod, or all of a namespace."""
    return _core(namespace, "pods", name)


def pod_log(namespace: str, name: str, **parameters: str | int | bool | None) -> str:
    """What a pod's container wrote, as the parameters choose."""
    return with_query(f"{pod(namespace, name)}/log", **parameters)


def claim(namespace: str, name: str = "") -> str:
    """One volume claim, or all of a namespace."""
    return _core(namespace, "persistentvolumeclaims", name)


def secret(namespace: str, name: str) -> str:
    """One Secret."""
    return _core(namespace, "secrets", name)


def event(namespace: str) -> str:
    """The events of a namespace."""
    return _core(namespace, "events", "")


def events_of(namespace: str, kind: str, name: str, uid: str) -> str:
    """The events about one object and no other of its name."""
    selector = f"involvedObject.kind={kind},involvedObject.name={name},involvedObject.uid={uid}"
    return with_query(event(namespace), fieldSelector=selector)


def revision(namespace: str, name: str = "") -> str:
    """One ControllerRevision, or all of a namespace."""
    return f"/apis/apps/v1/namespaces/{namespace}/controllerrevisions" + (f"/{name}" if name else "")


def lease(namespace: str, name: str = "") -> str:
    """One Lease, or all of a namespace."""
    return f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases" + (f"/{name}" if name else "")


def everywhere(plural: str, namespace: str | None, group: str = "") -> str:
    """All objects of a kind: in one namespace, or in the whole cluster when ``namespace`` is ``None``."""
    prefix = f"/apis/{group}" if group else "/api/v1"
    return f"{prefix}/namespaces/{namespace}/{plural}" if namespace else f"{prefix}/{plural}"


def node(name: str) -> str:
    """One node."""
    return f"/api/v1/nodes/{name}"


def pod_proxy(namespace: str, name: str, port: int, path: str) -> str:
    """``path`` of the process in a pod, reached through the API server."""
    return f"{pod(namespace, name)}:{port}/proxy/{quote(path.lstrip('/'), safe='/?=&')}"


def pod_exec(
    namespace: str, name: str, container: str, command: Sequence[str], *, has_input: bool = False
) -> str:
    """A command in a container, with what it says and, where that is wanted, something to read."""
    query = [("container", container), ("stdout", "true"), ("stderr", "true")]
    query += [("stdin", "true")] if has_input else []
    return f"{pod(namespace, name)}/exec?{urlencode(query + [('command', part) for part in command])}"


def version() -> str:
    """The API server's version: what everybody may read who is anybody, and nobody with a bad token."""
    return "/version"


def with_query(path: str, **parameters: str | int | bool | None) -> str:
    """``path`` with the parameters that are set."""
    given = {key: _text(value) for key, value in parameters.items() if value is not None}
    return f"{path}{'&' if '?' in path else '?'}{urlencode(given)}" if given else path


def _text(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
