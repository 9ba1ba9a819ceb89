"""The runtime in a pod, as engines are given it: what the store knows of it, and the ways to it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sluice.api.spec import PipelineSpec
from sluice.engines import Endpoint, Runtime
from sluice.kube import Execution, Kube, execute
from sluice.store import PodRecord

EndpointFactory = Callable[[PodRecord], Endpoint]


@dataclass(frozen=True, slots=True)
class PodShell:
    """The runtime's container, by way of the API server, wherever the operator runs."""

    kube: Kube
    record: PodRecord

    async def execute(self, command: Sequence[str], deadline: float) -> Execution:
        """See :class:`sluice.engines.engine.Shell`."""
        record = self.record
        return await execute(self.kube, record.namespace, record.name, record.container, command, deadline)


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
