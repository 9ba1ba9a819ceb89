"""A namespace for each page and each example, as somebody who tries it has."""

import secrets
from collections.abc import Iterator

import pytest
from support.kubectl import Kubectl


@pytest.fixture
def own_namespace(system: Kubectl, crds: Kubectl) -> Iterator[Kubectl]:
    """kubectl in a namespace of the test's own, which goes with it."""
    del system
    name = f"docs-{secrets.token_hex(3)}"
    crds.must("create", "namespace", name)
    yield crds.in_namespace(name)
    # Its end is not waited for: no other test uses the name.
    crds.must("delete", "namespace", name, "--wait=false")
