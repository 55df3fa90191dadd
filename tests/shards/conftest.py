"""A dataset of many small clips, made once for all tests of streaming."""

import numpy as np
import pytest

from motiondata.captions import caption_runs
from shards.stream.streamed_dataset import StreamedDataset
from tests.support.clip_dataset import make_clips


@pytest.fixture(scope="session")
def streamed(tmp_path_factory: pytest.TempPathFactory) -> StreamedDataset:
    random = np.random.default_rng(0)
    lengths = {
        split: [random.integers(1, 12, clips).tolist() for clips in shards]
        for split, shards in {"train": (7, 1, 11, 4), "val": (5, 6)}.items()
    }
    return StreamedDataset(make_clips(tmp_path_factory.mktemp("clips"), lengths), caption_runs)
