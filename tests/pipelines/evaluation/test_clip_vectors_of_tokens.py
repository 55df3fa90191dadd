"""Vectors of clips of tokens: the share of each code, of each stage."""

from pathlib import Path

import numpy as np
import pytest

from pipelines.evaluation.clip_vectors import code_shares
from shards import open_dataset
from tests.support.token_clips import CODES, make_token_clips


@pytest.mark.parametrize("stages", [1, 3])
def test_codes_are_counted_in_each_stage(tmp_path: Path, stages: int) -> None:
    made = make_token_clips(tmp_path / "tokens", clips={"train": 3, "test": 1}, stages=stages)
    keys = [f"train{clip:04d}" for clip in range(3)]
    shares = code_shares(made, ("train", keys), "tokens")
    assert shares.shape == (3, CODES * stages)
    assert shares.sum(1) == pytest.approx(1)
    for key, found in zip(keys, shares, strict=True):
        codes = np.asarray(open_dataset(made.path)[key]["tokens"][:]).reshape(-1, stages)
        for stage in range(stages):
            slow = [(codes[:, stage] == code).mean() / stages for code in range(CODES)]
            assert found[stage * CODES : (stage + 1) * CODES] == pytest.approx(slow)
