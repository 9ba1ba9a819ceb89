"""The cluster tool is a package of its own that is never installed: the tests find it in its folder."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "cluster"))
