"""Kill -9 before and after every system call with which a checkpoint is written, replaced and removed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sluice.runtime.checkpoint import CheckpointStore

from .harness import FIRST_ID, REPOSITORY

CALLS = ("mkdir", "fsync", "rename", "unlink", "rmdir")

WRITER = """
import os, signal, sys
from pathlib import Path
from sluice.runtime.checkpoint import CheckpointStore
from sluice.runtime.retention import Retention

moment, left = sys.argv[2], [int(sys.argv[3])]

def dying(call):
    def wrapped(*arguments, **keywords):
        left[0] -= 1
        if left[0] == 0 and moment == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = call(*arguments, **keywords)
        if left[0] == 0 and moment == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    return wrapped

store = CheckpointStore(Path(sys.argv[1]), lambda: None)
store.load()
for name in sys.argv[5:]:
    setattr(os, name, dying(getattr(os, name)))
store.write(
    b"new state", run_number=1, deployment_id=sys.argv[4], reason="request", created_at="now",
    steps=2, processed_records=2, fingerprint=0,
)
print("acknowledged", flush=True)
store.retain(Retention(1), 0.0)
"""


def opened(directory: Path) -> CheckpointStore:
    store = CheckpointStore(directory, lambda: None)
    store.load()
    return store


def write_and_die(directory: Path, moment: str, call: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", WRITER, str(directory), moment, str(call), FIRST_ID, *CALLS]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY / "operator")}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def write_old(store: CheckpointStore) -> None:
    store.write(
        b"old state",
        run_number=1,
        deployment_id=FIRST_ID,
        reason="request",
        created_at="now",
        steps=1,
        processed_records=1,
        fingerprint=0,
    )


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_kill_at_any_system_call_leaves_the_old_or_the_new_checkpoint_whole(
    tmp_path: Path, moment: str
) -> None:
    resumed_from: list[bytes] = []
    for call in range(1, 100):
        directory = tmp_path / str(call)
        write_old(opened(directory))

        ended = write_and_die(directory, moment, call)

        store = opened(directory)
        assert store.newest is not None, f"call {call}: nothing to resume from"
        resumed_from.append(store.read(store.newest))
        acknowledged = "acknowledged" in ended.stdout
        assert resumed_from[-1] == b"new state" or not acknowledged, (
            f"call {call}: an acknowledged one is lost"
        )
        write_old(store)
        assert opened(directory).newest == store.newest, f"call {call}: the storage cannot be used any more"
        if ended.returncode == 0:
            break
        assert ended.returncode == -signal.SIGKILL, ended.stderr
    else:
        pytest.fail("the writer never came to its end")

    assert len(resumed_from) > 9, "the calls of a write are not intercepted any more"
    turned = resumed_from.index(b"new state")
    assert turned > 0, "the first kill came after the rename"
    assert set(resumed_from[turned:]) == {b"new state"}, "once there, it stays"
