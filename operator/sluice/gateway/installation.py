"""What clients ask of the installation: what it is, how to log in, whether it is well (reference 4.1)."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter

from sluice import __version__
from sluice.api.json_values import Json as JsonObject
from sluice.api.timing import to_kubernetes_time
from sluice.gateway.access import Access
from sluice.gateway.plumbing import NO_CACHE, SECURED, Caller, Json, errors, no_cache
from sluice.kube import ApiError, ApiUnreachableError, paths

router = APIRouter(tags=["Platform"])
secured = APIRouter(prefix="/v0", dependencies=SECURED, tags=["Platform"])

EDITION: Final = "Open source"
"""The one of the two words that clients know which is true of Sluice; it gates nothing here."""
STALE_AFTER_SECONDS: Final = 60


@secured.get("/config", responses=errors(400))
async def get_config(access: Caller) -> Json:
    """What this installation is. Asking the API server finds out whether the token is good."""
    await access.kube.get(paths.version())
    return Json(
        {
            "telemetry": "",
            "edition": EDITION,
            "version": __version__,
            "revision": "",
            "runtime_revision": "",
            "unstable_features": None,
            "changelog_url": "",
            "license_validity": None,
            "update_info": None,
            "build_info": {},
        }
    )


@secured.get("/cluster_healthz", responses={503: {"description": "Something is not well."}, **errors(400)})
async def get_cluster_health(access: Caller) -> Json:
    """Whether the API server answers. Compiler and runner are no services here that could be ill."""
    problem = await _observe_problem(access)
    now = to_kubernetes_time(datetime.now(UTC))

    def service(message: str, *, is_healthy: bool = True) -> JsonObject:
        return {"healthy": is_healthy, "message": message, "unchanged_since": now, "checked_at": now}

    api = service(problem or "the Kubernetes API server answers", is_healthy=problem is None)
    health = {
        "all_healthy": problem is None,
        "stale": False,
        "stale_after_seconds": STALE_AFTER_SECONDS,
        "api": api,
        "compiler": service("Sluice has no compiler: a pipeline runs an image"),
        "runner": service("the operator is not asked: a pipeline's conditions tell of its work"),
    }
    return Json(health, 200 if problem is None else 503, NO_CACHE)


async def _observe_problem(access: Access) -> str | None:
    """Why the cluster cannot be worked with."""
    try:
        await access.kube.get(paths.version())
    except ApiUnreachableError:
        return "the Kubernetes API server does not answer"
    except ApiError as error:
        if error.status == HTTPStatus.UNAUTHORIZED:
            raise
        return f"the Kubernetes API server answers {error.status}"
    return None


@router.get("/config/authentication", responses=errors())
async def get_authentication() -> Json:
    """No provider of its own: the token is one that the Kubernetes cluster accepts."""
    return no_cache({})


@router.get("/healthz", responses=errors())
async def get_health() -> Json:
    """Whether this process answers. An ill cluster restarts no gateway, so nothing is said of it."""
    return no_cache({"status": "healthy"})
