"""Pairs of a made rule and an editor that was trained on them, made once for all tests.

Trainings are imported in the fixtures: most tests need none.
"""

import io
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from shards.format.dataset import Dataset


@pytest.fixture(scope="session")
def ruled(tmp_path_factory: pytest.TempPathFactory) -> "Dataset":
    """Return the pairs."""
    from tests.support.ruled_pairs import make_ruled_pairs

    return make_ruled_pairs(tmp_path_factory.mktemp("ruled") / "pairs")


@pytest.fixture(scope="session")
def learned(ruled: "Dataset", tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of an editor that has learned the rule, in one thread."""
    from pipelines.training.common.inference import one_thread
    from pipelines.training.common.options import LoopOptions, OptimizerOptions
    from pipelines.training.pose_editing.options import EditorOptions, EditorSizes
    from pipelines.training.pose_editing.train_pose_editor import train_pose_editor

    options = EditorOptions(steps=120, rate=3e-3, sizes=EditorSizes(width=64, latent=4))
    warm = OptimizerOptions(warmup=10)
    loop = LoopOptions(batch=16, save_every=60, watch_every=60, optimizer=warm)
    out = tmp_path_factory.mktemp("learned")
    with one_thread():
        train_pose_editor(ruled.path, out, options, loop, "cpu", io.StringIO())
    return out
