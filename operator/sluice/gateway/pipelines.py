"""``/v0/pipelines``: reading pipelines, and asking for their states (seeds 000 and 001, reference 4.1)."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel

from sluice.api.errors import ErrorCode
from sluice.gateway import acting, creating, starting, stopping
from sluice.gateway.bodies import declare_body, read_object
from sluice.gateway.creating import PipelineBody, read_pipeline
from sluice.gateway.errors import GatewayError
from sluice.gateway.outcome import Outcome
from sluice.gateway.plumbing import SECURED, Caller, EmptyJson, Gateway, Json, errors, no_cache
from sluice.gateway.presenting import Selector, present
from sluice.gateway.starting import BootstrapPolicyName, StartParameters

router = APIRouter(prefix="/v0/pipelines", dependencies=SECURED, tags=["Pipelines"])

Name = Annotated[str, Path(description="Unique name of the pipeline.")]
Shown = Annotated[Selector, Query(description="How much of a pipeline is told.")]
Flag = Annotated[bool, Query()]


class CheckpointTicket(BaseModel):
    """By which what becomes of a checkpoint is found."""

    checkpoint_sequence_number: int
    incarnation_uuid: str


def _answer(outcome: Outcome) -> Json:
    return Json(outcome.content, outcome.status)


@router.get("", responses=errors(400))
async def list_pipelines(access: Caller, selector: Shown = Selector.ALL) -> Json:
    """All pipelines of the namespace."""
    seen = await access.observe_all()
    return no_cache([present(picture, selector) for picture in seen if not picture.is_batch])


@router.get("/{name}", responses=errors(400, 404))
async def get_pipeline(access: Caller, name: Name, selector: Shown = Selector.ALL) -> Json:
    """One pipeline."""
    return no_cache(present(await access.observe(name), selector))


BODY: Final = declare_body(
    PipelineBody.model_json_schema(),
    {"name": "census", "program_code": "", "runtime_config": {"image": "example.com/census:1"}},
)


@router.post("", status_code=201, responses=errors(400, 408, 409, 501), openapi_extra=BODY)
async def create_pipeline(request: Request, access: Caller) -> Json:
    """Create a pipeline from an image. It is stopped; SQL would need a compiler, and is refused."""
    wanted = read_pipeline(await read_object(request))
    picture = await creating.create(access, wanted.name or "", wanted, _template(request))
    return Json(present(picture, Selector.ALL), HTTPStatus.CREATED)


@router.put(
    "/{name}",
    responses={201: {"description": "It was created."}, **errors(400, 404, 408, 409, 501)},
    openapi_extra=BODY,
)
async def put_pipeline(request: Request, access: Caller, name: Name) -> Json:
    """Create a pipeline, or change all of it."""
    wanted = read_pipeline(await read_object(request))
    try:
        picture = await creating.change(access, name, wanted, _template(request), is_whole=True)
    except GatewayError as error:
        if error.body["error_code"] != ErrorCode.UNKNOWN_PIPELINE:
            raise
        picture = await creating.create(access, name, wanted, _template(request))
        return Json(present(picture, Selector.ALL), HTTPStatus.CREATED)
    return Json(present(picture, Selector.ALL))


@router.patch("/{name}", responses=errors(400, 404, 408, 501), openapi_extra=BODY)
async def patch_pipeline(request: Request, access: Caller, name: Name) -> Json:
    """Change what the body names."""
    wanted = read_pipeline(await read_object(request))
    return Json(
        present(await creating.change(access, name, wanted, _template(request), is_whole=False), Selector.ALL)
    )


def _template(request: Request) -> str:
    gateway: Gateway = request.app.state.gateway
    return gateway.settings.template


@router.delete("/{name}", responses=errors(400, 404))
async def delete_pipeline(access: Caller, name: Name) -> Json:
    """Delete a pipeline that is stopped and whose storage is cleared."""
    await access.delete(name, stopping.check_deletion)
    return EmptyJson()


@router.post("/{name}/start", status_code=202, responses=errors(400, 404, 405, 501))
async def start_pipeline(
    access: Caller,
    name: Name,
    initial: Annotated[str, Query(description="running, paused or standby")] = "running",
    bootstrap_policy: Annotated[BootstrapPolicyName | None, Query()] = None,
    dismiss_error: Flag = True,
    silent_bootstrap: Flag = False,
    concurrent_bootstrap: Flag = False,
) -> Json:
    """Start the pipeline; progress is seen by reading it (seed 001)."""
    wanted = StartParameters(initial, bootstrap_policy, dismiss_error, silent_bootstrap, concurrent_bootstrap)
    starting.check_start(wanted)
    return _answer(await access.apply(name, lambda picture: starting.start(picture, wanted)))


@router.post("/{name}/stop", status_code=202, responses=errors(400, 404))
async def stop_pipeline(access: Caller, name: Name, force: Flag = False) -> Json:
    """Stop the pipeline, after a checkpoint or, with ``force``, at once (seed 000)."""
    return _answer(await access.apply(name, lambda picture: stopping.stop(picture, force=force)))


@router.post("/{name}/pause", status_code=202, responses=errors(400, 404, 405))
async def pause_pipeline(access: Caller, name: Name) -> Json:
    """Process nothing, and stay up."""
    return _answer(await access.apply(name, acting.pause))


@router.post("/{name}/resume", status_code=202, responses=errors(400, 404))
async def resume_pipeline(access: Caller, name: Name) -> Json:
    """Go on."""
    return _answer(await access.apply(name, acting.resume))


@router.post("/{name}/activate", status_code=202, responses=errors(400, 404))
async def activate_pipeline(
    access: Caller, name: Name, initial: Annotated[str, Query(description="running or paused")] = "running"
) -> Json:
    """Take over from Standby."""
    return _answer(await access.apply(name, lambda picture: acting.activate(picture, initial)))


@router.post("/{name}/approve", responses=errors(400, 404, 501))
async def approve_pipeline(
    access: Caller, name: Name, silent_bootstrap: Flag = False, concurrent_bootstrap: Flag = False
) -> Json:
    """Let a changed program take the state over."""
    return _answer(
        await access.apply(
            name,
            lambda picture: acting.approve(picture, silent=silent_bootstrap, concurrent=concurrent_bootstrap),
        )
    )


@router.post("/{name}/dismiss_error", responses=errors(400, 404))
async def dismiss_error(access: Caller, name: Name) -> Json:
    """Remove the error of a stopped pipeline. It stays stopped."""
    return _answer(await access.apply(name, stopping.dismiss_error))


@router.post("/{name}/clear", status_code=202, responses=errors(400, 404))
async def clear_pipeline(access: Caller, name: Name) -> Json:
    """Remove the checkpoints of a stopped pipeline, for good."""
    return _answer(await access.apply(name, stopping.clear))


@router.post("/{name}/checkpoint", response_model=CheckpointTicket, responses=errors(400, 404))
async def checkpoint_pipeline(access: Caller, name: Name) -> Json:
    """Ask for a checkpoint."""
    now = datetime.now(UTC)
    return _answer(await access.apply(name, lambda picture: acting.checkpoint(picture, now)))


@router.get("/{name}/checkpoint_status", responses=errors(400, 404))
async def checkpoint_status(
    access: Caller, name: Name, incarnation_uuid: Annotated[str | None, Query()] = None
) -> Json:
    """What became of the checkpoints that were asked for."""
    return no_cache(acting.checkpoint_status(await access.observe(name), incarnation_uuid))
