"""One command's connection to the cluster: every error of it becomes one sentence and an exit code."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import cast

import click

from sluice.api.constants import CLI_FIELD_MANAGER
from sluice.cli.exits import Exit, Problem
from sluice.kube import ApiError, ApiUnreachableError, Cluster, Kube, NoClusterError, connect, paths
from sluice.telling.subject import Subject, UnreadableStatusError


@dataclass(frozen=True, slots=True)
class Target:
    """What the options chose."""

    cluster: Cluster = field(default_factory=Cluster)
    namespace: str | None = None


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Session:
    """The API server, the namespace that is meant, and time."""

    kube: Kube
    namespace: str
    now: Callable[[], datetime] = field(default=_now)
    sleep: Callable[[float], Awaitable[None]] = field(default=asyncio.sleep)

    async def find(self, name: str) -> Subject | None:
        """The pipeline, or ``None`` when there is none of this name."""
        body = await self.kube.get(paths.pipeline(self.namespace, name))
        return None if body is None else Subject(body)

    async def must_find(self, name: str) -> Subject:
        """The pipeline. Raises :class:`Problem` when there is none."""
        found = await self.find(name)
        if found is not None:
            return found
        if await self.kube.get(paths.api_group()) is None:
            raise Problem(
                "This cluster does not know pipelines: install them with"
                " `kubectl apply --server-side -f crds/`."
            )
        raise Problem(
            f"There is no pipeline {name} in namespace {self.namespace}: `kubectl get slpl -A`"
            " lists them all.",
            Exit.NOT_FOUND,
        )

    async def all(self) -> AsyncIterator[Subject]:
        """Every pipeline of the namespace."""
        async for body in self.kube.list(paths.pipelines(self.namespace)):
            yield Subject(body)


Opener = Callable[[Target], AbstractAsyncContextManager[Session]]


@asynccontextmanager
async def open_session(target: Target) -> AsyncGenerator[Session]:
    """A session with the cluster that the options chose."""
    async with connect(target.cluster, CLI_FIELD_MANAGER) as kube:
        yield Session(kube, target.namespace or target.cluster.namespace())


def run(target: Target, work: Callable[[Session], Awaitable[Exit]]) -> None:
    """Do the work and end the command with its exit code."""
    context = click.get_current_context()
    opener = cast("Opener", context.obj or open_session)
    context.exit(_attempt(lambda: _within(opener(target), work)))


async def _within(
    opening: AbstractAsyncContextManager[Session], work: Callable[[Session], Awaitable[Exit]]
) -> Exit:
    async with opening as session:
        return await work(session)


def _attempt(work: Callable[[], Awaitable[Exit]]) -> Exit:
    """Run it. Raises :class:`Problem` for whatever is wrong with the cluster, or with the way to it."""

    async def finish() -> Exit:
        return await work()

    try:
        return asyncio.run(finish())
    except NoClusterError as error:
        raise Problem(
            f"No cluster to connect to: {error}. Set KUBECONFIG, or use --kubeconfig and --context."
        ) from error
    except UnreadableStatusError as error:
        raise Problem(str(error)) from error
    except ApiUnreachableError as error:
        raise Problem(f"The API server does not answer: {error}. Look whether kubectl reaches it.") from error
    except ApiError as error:
        raise Problem(_refusal(error)) from error
    except KeyboardInterrupt:
        raise Problem("Interrupted: `sluice status` shows where things are.", Exit.INTERRUPTED) from None


def _refusal(error: ApiError) -> str:
    if error.status == HTTPStatus.UNAUTHORIZED:
        return "The API server does not know you: log in again, or choose another --context."
    if error.is_forbidden:
        return f"You may not do this: {error.message}. Ask for the rights that docs/cli.md lists."
    if error.is_not_found:
        return f"It is not there: {error.message}."
    return f"The API server refused: {error.message} ({error.reason})."
