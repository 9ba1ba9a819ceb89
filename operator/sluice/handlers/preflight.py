"""Before the first watch: is the API server there, are the CRDs, and may we do what we have to?

Each lack ends the operator with one sentence that says what to do, instead of a traceback later.
"""

from sluice.api import constants
from sluice.api.json_values import child, children
from sluice.api.kinds import KINDS
from sluice.handlers.settings import OperatorSettings
from sluice.kube import ApiError, ApiUnreachableError, Kube, paths, patiently

ACCESS_REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"

NEEDED: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    *((constants.GROUP, kind.plural, ("list", "watch", "patch")) for kind in KINDS.values()),
    *((constants.GROUP, f"{kind.plural}/status", ("patch",)) for kind in KINDS.values()),
    ("", "pods", ("get", "list", "watch", "create", "delete", "deletecollection")),
    ("", "persistentvolumeclaims", ("get", "list", "create", "patch", "delete")),
    ("", "events", ("create",)),
    ("batch", "jobs", ("list", "watch", "create", "delete", "deletecollection")),
    ("", "pods/log", ("get",)),
    ("", "configmaps", ("get", "list", "create", "patch")),
    ("", "nodes", ("get",)),
    ("apps", "controllerrevisions", ("get", "list", "create", "delete", "deletecollection")),
)


CLUSTER_SCOPED = frozenset({"nodes"})


class PreflightError(Exception):
    """The operator cannot work here. The message says why and what to do."""


NEEDED_FOR_SHARING = ("coordination.k8s.io", "leases", ("get", "list", "create", "patch", "delete"))
"""In the operator's own namespace."""


async def check_cluster(kube: Kube, settings: OperatorSettings) -> None:
    """Raises :class:`PreflightError` with the first thing that is missing."""
    try:
        await _check_crds(kube)
        places = settings.namespaces or (None,)
        needed = [(namespace, *each) for namespace in places for each in NEEDED]
        if settings.share_group is not None:
            needed.append((settings.own_namespace, *NEEDED_FOR_SHARING))
        missing = [
            lack
            for namespace, group, resource, verbs in needed
            for verb in verbs
            if (lack := await _missing(kube, namespace, group, resource, verb))
        ]
    except ApiUnreachableError as error:
        raise PreflightError(
            f"The API server cannot be reached: {error}. Check the kubeconfig or the service account."
        ) from error
    except ApiError as error:
        if error.is_temporary:
            raise PreflightError(f"The API server is in trouble: {error}. Look at its log.") from error
        raise PreflightError(
            f"The API server refuses the operator: {error}. Check its credentials."
        ) from error
    if missing:
        raise PreflightError(
            f"The operator lacks permissions: {', '.join(missing)}. Grant them by RBAC, as the chart does."
        )


async def _check_crds(kube: Kube) -> None:
    found = await patiently(lambda: kube.get(paths.api_group()))
    served = {entry.get("name") for entry in children(found or {}, "resources")}
    missing = [f"{kind.plural}.{constants.GROUP}" for kind in KINDS.values() if kind.plural not in served]
    if missing:
        raise PreflightError(f"CRDs are not installed: {', '.join(missing)}. Apply crds/.")


async def _missing(kube: Kube, namespace: str | None, group: str, resource: str, verb: str) -> str | None:
    name, _, subresource = resource.partition("/")
    attributes = {"group": group, "resource": name, "subresource": subresource, "verb": verb}
    if namespace is not None and name not in CLUSTER_SCOPED:
        attributes["namespace"] = namespace
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    answer = await patiently(lambda: kube.create(ACCESS_REVIEW, review))
    is_allowed = child(answer, "status").get("allowed") is True
    where = f" in namespace {namespace}" if namespace else ""
    return None if is_allowed else f"{verb} {resource}{where}"
