"""The small brand, for the tests of this folder."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "notebooks"))

from small_brand import ingested, made, made_once, small  # noqa: E402, F401
