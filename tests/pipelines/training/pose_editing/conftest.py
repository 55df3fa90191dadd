"""Pairs of a made rule and an editor that was trained on them, made once."""

import io
from pathlib import Path

import pytest

from pipelines.training.common.options import LoopOptions, OptimizerOptions
from pipelines.training.pose_editing.options import EditorOptions, EditorSizes
from pipelines.training.pose_editing.train_pose_editor import train_pose_editor
from shards.format.dataset import Dataset
from tests.support.ruled_pairs import make_ruled_pairs

LEARNING = EditorOptions(steps=150, rate=3e-3, sizes=EditorSizes(width=64, latent=4))
LEARNING_LOOP = LoopOptions(
    batch=32, save_every=75, watch_every=75, optimizer=OptimizerOptions(warmup=10)
)


@pytest.fixture(scope="session")
def ruled(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return make_ruled_pairs(tmp_path_factory.mktemp("ruled") / "pairs")


@pytest.fixture(scope="session")
def learned(ruled: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of an editor that has learned the rule."""
    out = tmp_path_factory.mktemp("learned")
    train_pose_editor(ruled.path, out, LEARNING, LEARNING_LOOP, "cpu", io.StringIO())
    return out
