"""Runtimes as engines are given them, without a pod."""

from collections.abc import Sequence

from sluice.api.engine_blocks import SecretKey
from sluice.api.spec import PipelineSpec
from sluice.engines import Endpoint, Runtime
from sluice.kube import Execution


class NoShell:
    """A container that nobody may enter."""

    async def execute(
        self, command: Sequence[str], deadline: float, to_read: bytes, hidden: Sequence[str]
    ) -> Execution:
        """See :class:`sluice.engines.engine.Shell`."""
        raise AssertionError(f"{command} was to be executed")

    async def read_secret(self, reference: SecretKey) -> str:
        """See :class:`sluice.engines.engine.Shell`."""
        raise AssertionError(f"{reference} was to be read")


def runtime_at(endpoint: Endpoint) -> Runtime:
    """A runtime of which only its endpoint matters."""
    return Runtime(PipelineSpec(), "uid-of-the-pod", True, endpoint, lambda _: endpoint, NoShell())
