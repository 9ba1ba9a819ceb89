"""``python -m bench``."""

import sys
from pathlib import Path

# The cluster tool lies beside this package and is no installed one.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "cluster"))

from bench.cli import main

if __name__ == "__main__":
    sys.exit(main())
