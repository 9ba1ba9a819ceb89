"""Helm over the chart: rendering it, and running it."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from support.kubectl import Answer, Manifest
from support.programs import HELM

CHART = Path(__file__).resolve().parents[2] / "charts" / "sluice"
NAMESPACE = "sluice-system"
RELEASE = "sluice"


def helm(*arguments: str, values: Manifest | None = None, seconds: float = 300.0) -> Answer:
    """What Helm ended with. ``values`` are those of ``--values -``."""
    given = ["--values", "-"] if values is not None else []
    done = subprocess.run(
        [str(HELM.folder() / "helm"), *arguments, *given],
        # Its caches and plugins are nobody's business here.
        env={**os.environ, "HELM_CACHE_HOME": "/tmp/sluice-helm", "HELM_PLUGINS": "/tmp/sluice-helm"},
        input=None if values is None else json.dumps(values),
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    return Answer("helm " + " ".join(arguments), done.returncode, done.stdout, done.stderr)


def helm_must(*arguments: str, values: Manifest | None = None) -> str:
    """The output of a command that has to succeed."""
    answer = helm(*arguments, values=values)
    assert answer.code == 0, f"{answer.command} ended with {answer.code}: {answer.err}"
    return answer.out


@dataclass(frozen=True)
class Rendering:
    """The objects that the chart makes of some values."""

    objects: tuple[Manifest, ...]

    def of(self, kind: str) -> list[Manifest]:
        """Those of a kind."""
        return [each for each in self.objects if each["kind"] == kind]

    def names(self, kind: str) -> list[str]:
        return [each["metadata"]["name"] for each in self.of(kind)]

    def one(self, kind: str, name: str, namespace: str | None = None) -> Manifest:
        """The one of this name."""
        found = [
            each
            for each in self.of(kind)
            if each["metadata"]["name"] == name and namespace in (None, each["metadata"].get("namespace"))
        ]
        assert len(found) == 1, [f"{each['kind']} {each['metadata']['name']}" for each in self.objects]
        return found[0]


def render(values: Manifest | None = None, release: str = RELEASE, namespace: str = NAMESPACE) -> Rendering:
    """The chart with these values."""
    text = helm_must("template", release, str(CHART), "--namespace", namespace, values=values or {})
    found: list[Any] = list(yaml.safe_load_all(text))
    return Rendering(tuple(each for each in found if each))
