"""Which cluster to talk to, and in which namespace: the one that this process runs in, or a kubeconfig's."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kubernetes.aio import client, config

from sluice.api.json_values import Json, child

OWN_NAMESPACE: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
DEFAULT_NAMESPACE: Final = "default"
USUAL_PLACE: Final = "~/.kube/config"

_loaders: Any = config


@dataclass(frozen=True, slots=True)
class Cluster:
    """A choice. With none made, it is the cluster around this process, else what ``kubectl`` would take."""

    kubeconfig: str | None = None
    context: str | None = None

    async def load(self, configuration: client.Configuration) -> None:
        """Fill in address and credentials. Raises whatever is wrong with what it reads."""
        if self._is_inside():
            _loaders.load_incluster_config(configuration)
            return
        self._check_files()
        await _loaders.load_kube_config(
            config_file=self._files(), context=self.context, client_configuration=configuration
        )

    def namespace(self) -> str:
        """The namespace that is meant where none is named."""
        if self._is_inside():
            return OWN_NAMESPACE.read_text().strip() if OWN_NAMESPACE.exists() else DEFAULT_NAMESPACE
        self._check_files()
        contexts, current = _loaders.list_kube_config_contexts(config_file=self._files())
        chosen = _named(contexts, self.context) if self.context else current
        return child(chosen or {}, "context").get("namespace") or DEFAULT_NAMESPACE

    def _is_inside(self) -> bool:
        is_chosen = self.kubeconfig or self.context or os.environ.get("KUBECONFIG")
        return bool(os.environ.get("KUBERNETES_SERVICE_HOST")) and not is_chosen

    def _files(self) -> str | None:
        # The loader's own default was read when it was imported.
        return self.kubeconfig or os.environ.get("KUBECONFIG") or None

    def _check_files(self) -> None:
        """Raises ``FileNotFoundError`` when no file of that name exists; the loader only logs that."""
        named = [place for place in (self._files() or USUAL_PLACE).split(os.pathsep) if place]
        if not any(Path(place).expanduser().exists() for place in named):
            raise FileNotFoundError(f"there is no file {' or '.join(named)}")


def _named(contexts: Sequence[Json], name: str) -> Json | None:
    return next((each for each in contexts if each.get("name") == name), None)
