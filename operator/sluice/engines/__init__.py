"""What can run: one file for each engine behind one small interface.

Adding an engine touches its own file, its block in the spec and the registry in ``registry.py``.
"""

from sluice.engines.engine import (
    Call,
    Endpoint,
    Engine,
    EngineRefusedError,
    HttpAnswer,
    Launch,
    Question,
    Runtime,
    Shell,
)
from sluice.engines.registry import engine_for

__all__ = [
    "Call",
    "Endpoint",
    "Engine",
    "EngineRefusedError",
    "HttpAnswer",
    "Launch",
    "Question",
    "Runtime",
    "Shell",
    "engine_for",
]
