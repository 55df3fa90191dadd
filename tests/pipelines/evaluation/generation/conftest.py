"""A small dataset of motion features, made once."""

from pathlib import Path

import pytest

from pipelines.datasets.statistics import stats
from tests.support.archive import MadeArchive
from tests.support.motion_features import built_features


@pytest.fixture(scope="session")
def motion(archive: MadeArchive, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a small dataset of features with its grouped statistics."""
    out = tmp_path_factory.mktemp("evaluated") / "motion"
    built_features(archive, out, "humanml3d-263")
    stats(out, "train", "vectors")
    return out
