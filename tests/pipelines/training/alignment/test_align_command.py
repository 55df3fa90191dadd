"""`motiondata align` on a built dataset."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

import cli
from pipelines.engine.reports import WRONG_INPUT
from pipelines.training.encoders.load_encoder import load_encoder
from shards.format.dataset import Dataset
from shards.stream.streamed_dataset import StreamedDataset

TINY = ["--width", "8", "--layers", "1", "--points", "16", "--stride", "8"]


def align(built: Dataset, out: Path, *options: str) -> Result:
    pytest.importorskip("transformers")
    command = ["align", str(built.path), "--out", str(out), "--batch", "4", *TINY, *options]
    return CliRunner().invoke(cli.main, command)


def test_a_built_dataset_is_aligned_and_its_encoder_encodes(built: Dataset, tmp_path: Path) -> None:
    result = align(built, tmp_path, "--steps", "2")
    assert result.exit_code == 0, result.output
    assert "motion to text" in result.output
    assert [*json.loads((tmp_path / "recall.json").read_text())] == ["val", "test"]
    encoder = load_encoder(tmp_path / "checkpoint.pt")
    batch = next(iter(StreamedDataset(built).clips("test", ["points"], batch=1)))
    features = encoder.encode(batch["points"][0])
    assert features.shape == (batch["lengths"][0], 1024)
    assert np.isfinite(features).all()


def test_joints_are_aligned_and_encoded_by_st_gcn(built: Dataset, tmp_path: Path) -> None:
    result = align(built, tmp_path / "aligned", "--steps", "2", "--encoder", "st-gcn")
    assert result.exit_code == 0, result.output
    checkpoint = tmp_path / "aligned" / "checkpoint.pt"
    command = ["encode", str(built.path), "--checkpoint", str(checkpoint)]
    result = CliRunner().invoke(cli.main, [*command, "--out", str(tmp_path / "features")])
    assert result.exit_code == 0, result.output
    joints, features = (
        next(iter(StreamedDataset(Dataset.open(path)).clips("test", [field], batch=1)))
        for path, field in ((built.path, "joints"), (tmp_path / "features", "features"))
    )
    assert joints["keys"] == features["keys"]
    expected = load_encoder(checkpoint).encode(joints["joints"][0])
    assert np.array_equal(features["features"][0], expected)


def test_wrong_options_are_refused_in_a_sentence(built: Dataset, tmp_path: Path) -> None:
    result = align(built, tmp_path, "--encoder", "nowhere:make")
    assert result.exit_code == WRONG_INPUT
    assert "--encoder nowhere:make: expected module:factory" in result.output
    result = align(built, tmp_path, "--text-encoder", str(tmp_path / "t5"))
    assert result.exit_code == WRONG_INPUT
    assert "expected the folder of a text encoder" in result.output
