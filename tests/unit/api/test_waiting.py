"""Which of Kubernetes' words mean what, as its scheduler and its kubelet say them."""

import pytest

from sluice.api.reasons import SENTENCES, Reason
from sluice.api.waiting import SIGNS, reason_of_waiting

NODES = "Unschedulable: 0/3 nodes are available: "
TAINTED = "1 node(s) had untolerated taint {dedicated: render}"
ELSEWHERE = "2 node(s) didn't match Pod's node affinity/selector"
SAID = [
    (NODES + "3 node(s) didn't match Pod's node affinity/selector.", Reason.MACHINE_NOT_FOUND),
    (NODES + "3 node(s) didn't satisfy plugin(s) [NodeAffinity].", Reason.MACHINE_NOT_FOUND),
    (f"{NODES}1 node(s) were unschedulable, {ELSEWHERE}.", Reason.MACHINE_CORDONED),
    (f"{NODES}{TAINTED}, {ELSEWHERE}.", Reason.MACHINE_TAINTED),
    (f"{NODES}1 Insufficient memory, {ELSEWHERE}.", Reason.MACHINE_FULL),
    (f"{NODES}1 Insufficient nvidia.com/gpu, {ELSEWHERE}.", Reason.MACHINE_FULL),
    (f"{NODES}1 node(s) had volume node affinity conflict, {ELSEWHERE}.", Reason.VOLUME_ELSEWHERE),
    (
        f"{NODES}1 node(s) were unschedulable, 1 node(s) had volume node affinity conflict.",
        Reason.VOLUME_ELSEWHERE,
    ),
    (f"{NODES}1 node(s) were unschedulable, 1 Insufficient cpu.", Reason.MACHINE_FULL),
    (NODES + "pod has unbound immediate PersistentVolumeClaims.", Reason.VOLUME_PENDING),
    ('Unschedulable: persistentvolumeclaim "orders" not found', Reason.VOLUME_PENDING),
    ("ErrImagePull: no such host", Reason.IMAGE_MISSING),
    ('ImagePullBackOff: Back-off pulling image "x"', Reason.IMAGE_MISSING),
    ('CreateContainerConfigError: secret "clore" not found', Reason.CONFIGURATION_MISSING),
    ("RunContainerError: context deadline exceeded", Reason.WAITING_FOR_POD),
]


@pytest.mark.parametrize(("words", "reason"), SAID, ids=[words for words, _ in SAID])
def test_what_kubernetes_says_becomes_a_reason_that_says_what_to_do(words: str, reason: Reason) -> None:
    assert reason_of_waiting(words) is reason


@pytest.mark.parametrize("reason", [reason for reason, _ in SIGNS])
def test_the_sentence_says_what_to_do_and_keeps_what_kubernetes_said(reason: Reason) -> None:
    told = SENTENCES[reason].format(noun="deployment", detail="0/1 nodes")

    assert "0/1 nodes" in told
    assert any(word in told for word in ("correct", "uncordon", "add", "ask for", "look at", "make it"))
