"""``/v0/pipelines``: reading pipelines, and asking for their states (seeds 000 and 001, reference 4.1)."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel

from sluice.api.errors import ErrorCode
from sluice.gateway import acting, starting, stopping
from sluice.gateway.errors import refusal
from sluice.gateway.outcome import Outcome
from sluice.gateway.plumbing import SECURED, Caller, Json, errors, no_cache
from sluice.gateway.presenting import Selector, present
from sluice.gateway.starting import BootstrapPolicyName, StartParameters

router = APIRouter(prefix="/v0/pipelines", dependencies=SECURED, tags=["Pipelines"])

Name = Annotated[str, Path(description="Unique name of the pipeline.")]
Shown = Annotated[Selector, Query(description="How much of a pipeline is told.")]
Flag = Annotated[bool, Query()]
NO_COMPILER = (
    "Sluice has no compiler and does not {what} pipelines over HTTP: apply a manifest of kind Pipeline"
    " (sluice.dev/v1alpha1) whose template names the image to run."
)


class CheckpointTicket(BaseModel):
    """By which what becomes of a checkpoint is found."""

    checkpoint_sequence_number: int
    incarnation_uuid: str


def _answer(outcome: Outcome) -> Json:
    return Json(outcome.content, outcome.status)


@router.get("", responses=errors(400))
async def list_pipelines(access: Caller, selector: Shown = Selector.ALL) -> Json:
    """All pipelines of the namespace."""
    return no_cache([present(picture, selector) for picture in await access.observe_all()])


@router.get("/{name}", responses=errors(400, 404))
async def get_pipeline(access: Caller, name: Name, selector: Shown = Selector.ALL) -> Json:
    """One pipeline."""
    return no_cache(present(await access.observe(name), selector))


@router.post("", status_code=501, responses=errors(400, 501))
async def create_pipeline(access: Caller) -> Json:
    """Not served: creating a pipeline from SQL needs a compiler."""
    del access
    raise refusal(ErrorCode.NOT_SUPPORTED, what=NO_COMPILER.format(what="create"))


@router.put("/{name}", status_code=501, responses=errors(400, 501))
@router.patch("/{name}", status_code=501, responses=errors(400, 501))
async def change_pipeline(access: Caller, name: Name) -> Json:
    """Not served: the spec belongs to whoever applies it."""
    del access, name
    raise refusal(ErrorCode.NOT_SUPPORTED, what=NO_COMPILER.format(what="change"))


@router.delete("/{name}", responses=errors(400, 404))
async def delete_pipeline(access: Caller, name: Name) -> Json:
    """Delete a pipeline that is stopped and whose storage is cleared."""
    await access.delete(name, stopping.check_deletion)
    return EmptyJson()


class EmptyJson(Json):
    """The published API answers a deletion with an empty body."""

    def render(self, content: object) -> bytes:
        """Nothing."""
        del content
        return b""


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
