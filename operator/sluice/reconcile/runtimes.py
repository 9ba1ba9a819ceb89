"""The runtime in a pod, as engines are given it: what the store knows of it, and the ways to it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sluice.api.engine_blocks import SecretKey
from sluice.api.spec import PipelineSpec
from sluice.engines import Endpoint, Runtime
from sluice.kube import (
    ApiError,
    ApiUnreachableError,
    Execution,
    Kube,
    execute,
    read_secret,
)
from sluice.store import PodRecord

EndpointFactory = Callable[[PodRecord], Endpoint]


@dataclass(frozen=True, slots=True)
class PodShell:
    """The runtime's container, by way of the API server, wherever the operator runs."""

    kube: Kube
    record: PodRecord

    async def execute(
        self, command: Sequence[str], deadline: float, to_read: bytes, hidden: Sequence[str]
    ) -> Execution:
        """See :class:`sluice.engines.engine.Shell`."""
        record = self.record
        place = record.namespace, record.name, record.container
        return await execute(self.kube, *place, command, deadline, to_read, hidden)

    async def read_secret(self, reference: SecretKey) -> str:
        """See :class:`sluice.engines.engine.Shell`."""
        try:
            return await read_secret(self.kube, self.record.namespace, reference)
        except (ApiError, ApiUnreachableError) as error:
            raise LookupError(f"Secret {reference.name} cannot be read: {error}") from error


def build_runtime(kube: Kube, endpoint_of: EndpointFactory, spec: PipelineSpec, record: PodRecord) -> Runtime:
    """The runtime in the pod of ``record``."""
    return Runtime(
        spec=spec,
        pod_uid=record.pod.uid,
        is_ready=record.is_ready,
        endpoint=endpoint_of(record),
        endpoint_at=lambda port: endpoint_of(replace(record, port=port)),
        shell=PodShell(kube, record),
    )
