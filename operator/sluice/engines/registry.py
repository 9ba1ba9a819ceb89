"""Which engine serves a spec. The blocks' names are those of the spec."""

from sluice.api.spec import PipelineSpec
from sluice.engines.engine import Engine
from sluice.engines.feldera import FelderaEngine
from sluice.engines.flink import FlinkEngine
from sluice.engines.hook import HookEngine

ENGINES: dict[str, Engine] = {"feldera": FelderaEngine(), "flink": FlinkEngine(), "hook": HookEngine()}


def engine_for(spec: PipelineSpec) -> Engine:
    """The engine whose block the spec has. Raises ``LookupError`` when this version serves none of them."""
    for block, engine in ENGINES.items():
        if getattr(spec, block) is not None:
            return engine
    raise LookupError(f"the spec has no engine block that this version serves: write {' or '.join(ENGINES)}")
