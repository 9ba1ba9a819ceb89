"""A real Argo CD beside the installed operator, and a Git repository for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.argocd import ArgoCd, running_argocd
from support.git import Repository
from support.kubectl import Kubectl


@pytest.fixture(scope="session")
def argocd(system: Kubectl, crds: Kubectl, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ArgoCd]:
    del system
    with running_argocd(crds, tmp_path_factory.mktemp("argocd")) as running:
        yield running


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")
