"""A dataset of motion features, made once."""

import pytest

from pipelines.datasets.statistics import stats
from shards.format.dataset import Dataset
from tests.support.archive import MadeArchive
from tests.support.motion_features import built_features


@pytest.fixture(scope="session")
def motion(archive: MadeArchive, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Return a small dataset of features with its grouped statistics."""
    out = tmp_path_factory.mktemp("tokenizers") / "motion"
    dataset = built_features(archive, out, "humanml3d-263")
    stats(out, "train", "vectors")
    return dataset
