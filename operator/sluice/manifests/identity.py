"""Whose an object is: the labels that every object of a pipeline carries."""

from dataclasses import dataclass

from sluice.api import constants


@dataclass(frozen=True, slots=True)
class Identity:
    """The custom resource that an object belongs to."""

    namespace: str
    name: str
    uid: str
    kind: str = constants.PIPELINE_KIND

    @property
    def labels(self) -> dict[str, str]:
        """The labels by which watches, sweeps and people find the object."""
        return {
            constants.LABEL_MANAGED_BY: constants.MANAGED_BY,
            constants.LABEL_KIND: self.kind,
            constants.LABEL_NAME: self.name,
            constants.LABEL_UID: self.uid,
        }

    @property
    def selector(self) -> str:
        """Selects every object of this custom resource and of no other, also of one with the same name."""
        return f"{constants.LABEL_MANAGED_BY}={constants.MANAGED_BY},{constants.LABEL_UID}={self.uid}"
