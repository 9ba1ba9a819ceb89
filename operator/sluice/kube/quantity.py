"""Kubernetes quantities, compared by what they mean: ``1Gi`` is ``1024Mi``."""

from decimal import Decimal
from typing import Any, cast

from kubernetes.utils import quantity

# The library's function has no annotations.
_library: Any = quantity


def read_quantity(text: object) -> Decimal | None:
    """The number that a quantity stands for, or ``None`` when it is none."""
    try:
        return cast("Decimal", _library.parse_quantity(text))
    except ValueError:
        return None
