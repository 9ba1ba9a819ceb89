"""kubectl for tests: what people type, with every wait bounded and every failure told."""

import contextlib
import json
import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, cast

from support.reading import PLACES, UnreadError, read, read_path

Manifest = dict[str, Any]

KUBECTL = os.environ.get("KUBECTL", "kubectl")
REQUEST_SECONDS = 20


@dataclass(frozen=True)
class Answer:
    """What a command ended with."""

    command: str
    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Kubectl:
    """Runs kubectl against the cluster that ``KUBECONFIG`` names, in ``namespace`` if there is one."""

    namespace: str | None = None

    def in_namespace(self, namespace: str) -> "Kubectl":
        return replace(self, namespace=namespace)

    def run(
        self, *arguments: str, manifest: Manifest | None = None, seconds: float = REQUEST_SECONDS
    ) -> Answer:
        """The answer, whatever it is. ``manifest`` is what ``-f -`` reads; ``seconds`` is all it may take."""
        command = [KUBECTL, f"--request-timeout={seconds:g}s"]
        if self.namespace is not None:
            command.append(f"--namespace={self.namespace}")
        done = subprocess.run(
            [*command, *arguments],
            input=None if manifest is None else json.dumps(manifest),
            capture_output=True,
            text=True,
            timeout=seconds + 5,
            check=False,
        )
        return Answer("kubectl " + " ".join(arguments), done.returncode, done.stdout, done.stderr)

    def must(
        self, *arguments: str, manifest: Manifest | None = None, seconds: float = REQUEST_SECONDS
    ) -> str:
        """The output of a command that has to succeed."""
        answer = self.run(*arguments, manifest=manifest, seconds=seconds)
        assert answer.code == 0, f"{answer.command} ended with {answer.code}: {answer.err}"
        return answer.out

    def get(self, *arguments: str) -> Manifest:
        """An object, or a list of them."""
        return cast("Manifest", json.loads(self.must("get", "-o", "json", *arguments)))

    def look(self, name: str) -> Manifest | None:
        """The object with this kind and name, or None when it is not there."""
        kind, _, own_name = name.partition("/")
        if self.namespace is not None and kind in PLACES:
            with contextlib.suppress(UnreadError):
                return read(kind, self.namespace, own_name)
        answer = self.run("get", "-o", "json", name)
        if answer.code != 0 and "(NotFound)" in answer.err:
            return None
        assert answer.code == 0, f"{answer.command} ended with {answer.code}: {answer.err}"
        return cast("Manifest", json.loads(answer.out))

    def raw(self, path: str) -> Manifest:
        """What the API server answers at ``path``."""
        with contextlib.suppress(UnreadError):
            answer = read_path(path)
            if answer is not None:
                return answer
        return cast("Manifest", json.loads(self.must("get", "--raw", path)))


def wait_until(what: str, look: Callable[[], tuple[bool, object]], seconds: float) -> None:
    """Look until it is there. ``look`` gives whether it is, and what it saw; the failure tells the last."""
    deadline = time.monotonic() + seconds
    while True:
        there, seen = look()
        if there:
            return
        assert time.monotonic() < deadline, f"waited {seconds:g} s for {what}; seen last: {seen}"
        time.sleep(0.1)
