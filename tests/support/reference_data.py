"""Where real recordings lie, for the tests that read some.

They may not be part of the project, so a checkout has none: the tests that want them skip.
"""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def reference_data(*parts: str) -> Path:
    """Return a path below the folder of real data, or skip the test where it is absent."""
    base = os.environ.get("MOTIONDATA_REFERENCE_DATA", str(ROOT.parent / "shared" / "data"))
    path = Path(base).joinpath(*parts)
    if not path.exists():
        pytest.skip(f"no real data at {'/'.join(parts)}: set MOTIONDATA_REFERENCE_DATA")
    return path
