"""Whose an object is: the labels that every object of a custom resource carries."""

from dataclasses import dataclass

from sluice.api import constants
from sluice.api.kinds import PIPELINE, Kind


@dataclass(frozen=True, slots=True)
class Identity:
    """The custom resource that an object belongs to."""

    namespace: str
    name: str
    uid: str
    kind: Kind = PIPELINE

    @property
    def pod_name(self) -> str:
        """Name of its pod."""
        return self.kind.pod_name(self.name)

    def claim_name(self, existing_claim: str | None) -> str:
        """Name of its volume claim: the one that the spec names, or its own."""
        return self.kind.claim_name(self.name, existing_claim)

    @property
    def labels(self) -> dict[str, str]:
        """The labels by which watches, sweeps and people find the object."""
        return {
            constants.LABEL_MANAGED_BY: constants.MANAGED_BY,
            constants.LABEL_KIND: self.kind.name,
            constants.LABEL_NAME: self.name,
            constants.LABEL_UID: self.uid,
        }

    @property
    def selector(self) -> str:
        """Selects every object of this custom resource and of no other, also of one with the same name."""
        return f"{constants.MANAGED_SELECTOR},{constants.LABEL_UID}={self.uid}"
