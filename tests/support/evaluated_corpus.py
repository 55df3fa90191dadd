"""A small synthetic corpus and its dataset, for tests of evaluation."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from motiondata.synthesis.corpus.corpus import synthesize
from pipelines.engine.execution import Execution
from pipelines.evaluation.references import References, read_references
from pipelines.products.lidar.build import build_lidar
from shards.format.dataset import Dataset
from tests.support.archive import SENSOR
from tests.support.lidar_options import lidar_options
from tests.support.small_body import small_arrays

CLIPS = 40


@dataclass(frozen=True)
class Corpus:
    """A corpus, and the dataset built from it, with mirrored clips and two views."""

    folder: Path
    dataset: Dataset
    test: References

    @property
    def labels(self) -> Path:
        return self.folder / "labels.jsonl"


def make_corpus(root: Path) -> Corpus:
    """Synthesize a corpus below a folder, and build its dataset."""
    synthesize(root / "corpus", CLIPS, seed=3)
    np.savez(root / "body.npz", **small_arrays())  # type: ignore[arg-type]
    (root / "sensor.toml").write_text(SENSOR)
    options = lidar_options(
        root / "corpus/index.csv",
        root / "corpus/amass",
        body=root / "body.npz",
        sensor=str(root / "sensor.toml"),
        points=8,
        mirror=True,
        views=2,
    )
    build_lidar(options, root / "lidar", Execution())
    dataset = Dataset.open(root / "lidar")
    return Corpus(root / "corpus", dataset, read_references(dataset, "test"))


def write_captions(path: Path, keys: Sequence[str], captions: Sequence[str]) -> Path:
    """Write captions of samples as `evaluate` reads them."""
    lines = [
        json.dumps({"key": key, "caption": caption})
        for key, caption in zip(keys, captions, strict=True)
    ]
    path.write_text("".join(f"{line}\n" for line in lines))
    return path
