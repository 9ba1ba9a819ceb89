"""Why a pod does not run yet, told by Kubernetes' own words: scheduler, kubelet and image puller.

The scheduler counts what is wrong with each node, in one sentence. Where a pod may run on one node only, the
others are wrong for that alone; so what says most comes first here.
"""

from typing import Final

from sluice.api.reasons import Reason

SIGNS: Final[tuple[tuple[Reason, tuple[str, ...]], ...]] = (
    (Reason.VOLUME_ELSEWHERE, ("volume node affinity conflict", "PersistentVolume's node affinity")),
    (Reason.VOLUME_PENDING, ("PersistentVolumeClaim", "persistentvolumeclaim")),
    (Reason.MACHINE_FULL, ("Insufficient ", "Too many pods", "free ports")),
    (Reason.MACHINE_TAINTED, ("untolerated taint",)),
    (Reason.MACHINE_CORDONED, ("were unschedulable",)),
    (
        Reason.MACHINE_NOT_FOUND,
        ("node affinity/selector", "[NodeAffinity]", "no nodes available", "node not found"),
    ),
    (Reason.IMAGE_MISSING, ("ImagePullBackOff", "ErrImagePull", "InvalidImageName", "ErrImageNeverPull")),
    (Reason.CONFIGURATION_MISSING, ("CreateContainerConfigError",)),
)
"""What Kubernetes says (matched as it stands), and what it means for people."""


def reason_of_waiting(words: str) -> Reason:
    """The reason that says what to do; ``WaitingForPod`` where these words say it best themselves."""
    found = (reason for reason, signs in SIGNS if any(sign in words for sign in signs))
    return next(found, Reason.WAITING_FOR_POD)
