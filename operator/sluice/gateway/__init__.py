"""The gateway: the published API's own endpoints over the Pipeline resource (seeds 000 and 001).

Stateless. It knows the resource and the API server and nothing of the operator: what people ask for becomes
an annotation that the operator takes, and never a change of ``spec``, which belongs to whoever applies it.
"""

from sluice.gateway.serving import run_gateway
from sluice.gateway.settings import GatewaySettings

__all__ = ["GatewaySettings", "run_gateway"]
