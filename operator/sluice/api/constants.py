"""Names that are part of the API or are found on objects in a cluster."""

from typing import Final

GROUP: Final = "sluice.dev"
VERSION: Final = "v1alpha1"
API_VERSION: Final = f"{GROUP}/{VERSION}"

CATEGORY: Final = "sluice"

FIELD_MANAGER: Final = "sluice"
CLI_FIELD_MANAGER: Final = "sluice-cli"
"""Of what people write by the command line: the operator itself never writes a spec."""
GATEWAY_FIELD_MANAGER: Final = "sluice-gateway"
"""What people ask for over HTTP is told from what the operator writes, and from what Git applies."""
FINALIZER: Final = f"{GROUP}/operator"
"""On an object from its first start on, so that deleting it stops it first and leaves nothing behind."""

# Labels of the objects that the operator makes. A server-side selector on the first one keeps every other
# pod of the cluster out of the operator's watch.
LABEL_MANAGED_BY: Final = "app.kubernetes.io/managed-by"
MANAGED_BY: Final = "sluice"
LABEL_NAME: Final = f"{GROUP}/name"
LABEL_KIND: Final = f"{GROUP}/kind"
LABEL_UID: Final = f"{GROUP}/uid"
"""UID of the custom resource: what tells our child from somebody else's, and an orphan from a child."""
LABEL_RUN_NUMBER: Final = f"{GROUP}/run-number"
LABEL_DEPLOYMENT_ID: Final = f"{GROUP}/deployment-id"
LABEL_RUN_ID: Final = f"{GROUP}/run-id"
"""Only where a deploymentId does not tell one start from another."""
LABEL_CHECKPOINT: Final = f"{GROUP}/checkpoint"
"""On a claim: the newest checkpoint that the operator knew of when it last started a runtime on it."""
LABEL_START_FROM: Final = f"{GROUP}/start-from"
"""On a claim: the ``startFrom`` that was taken into account already, for a cluster that lost ``status``."""
LABEL_ON_DELETE: Final = f"{GROUP}/on-delete"
LABEL_ROLE: Final = f"{GROUP}/role"
LABEL_GROUP: Final = f"{GROUP}/share-group"
"""On the Lease of an operator that shares its work with the others of this group."""

RUNTIME_ROLE: Final = "runtime"
MAINTENANCE_ROLE: Final = "maintenance"
"""Of a pod under the runtime's own name, so that the API server never lets both be there."""

ANNOTATION_PAUSED: Final = f"{GROUP}/paused"
"""``"true"`` on an object: the operator leaves it and everything of it as it is."""
REQUESTS_PREFIX: Final = f"requests.{GROUP}/"
"""Of the annotations by which people ask for something once: see ``RequestVerb``."""

NAME_MAX_LENGTH: Final = 45
"""The longest name of a pod is ``<name>-deployment-0``, and a host name has at most 63 characters."""

OUT_OF_SERVICE_TAINT: Final = "node.kubernetes.io/out-of-service"
