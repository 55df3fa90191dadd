"""Small input for the blocks of the documents, under the names that the documents use."""

import csv
import re
import shutil
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from benchmarks.builds.clips import bundled_arrays
from motiondata.synthesis.corpus.corpus import synthesize
from pipelines.clips.options import ClipSelection
from pipelines.datasets.export import export
from pipelines.datasets.export_options import ExportOptions
from pipelines.datasets.statistics import stats
from pipelines.editing.build import edit
from pipelines.editing.commands import filter_samples
from pipelines.engine.execution import Execution
from pipelines.products.lidar.build import build_lidar
from pipelines.products.motion_features.build import build_features
from pipelines.products.motion_features.options import (
    MotionFeatureBuildOptions,
    MotionFeatureOptions,
)
from pipelines.products.pfnn.build import build_pfnn
from pipelines.products.pfnn.options import PfnnBuildOptions
from pipelines.products.pose_pairs.build import build_pose_pairs
from pipelines.products.pose_pairs.options import PosePairBuildOptions, PosePairOptions
from pipelines.sources import import_cmu
from tests.support.acclaim_files import amc_text, write_subject
from tests.support.lidar_options import lidar_options

CLIPS = 12
MEGABYTES = 1
"""Of a shard: small, so that a split has several."""
CMU_FRAMES = 480
"""Of the made trial, at 120 Hz: 80 frames of a clip."""
CMU_ROW = ("./pose_data/CMU/02/02_01_poses.npy", 0, 80, "900001.npy")


@dataclass(frozen=True)
class Prepared:
    """A folder with everything that blocks read, by the names of the documents."""

    root: Path

    def copy_into(self, folder: Path, text: str) -> None:
        """Copy what a text names into a folder, but for what the text makes itself."""
        made = set(re.findall(r"--out (\S+)", text))
        for source in self.root.iterdir():
            if source.name not in made and re.search(rf"(?<![\w-]){source.name}\b", text):
                shutil.copytree(source, folder / source.name)


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """Make a corpus, an archive of CMU's, a body and a dataset, once for all blocks."""
    root = tmp_path_factory.mktemp("prepared")
    for make in (_make_sources, _make_body, _make_datasets):
        make(root)
    return Prepared(root)


def _make_sources(root: Path) -> None:
    """Make an index with a row of CMU's, the archive, and CMU's own files of that row."""
    corpus, index = root / "corpus", root / "HumanML3D"
    synthesize(corpus, CLIPS, seed=0)
    write_subject(root / "cmu_asfamc", "02", {"01": amc_text([{}] * CMU_FRAMES, ROOTS)})
    shutil.copytree(corpus / "amass", root / "AMASS")
    import_cmu(root / "cmu_asfamc", root / "AMASS")
    shutil.copytree(corpus, index, ignore=shutil.ignore_patterns("amass"))
    (root / "recordings").mkdir()
    shutil.copy(next((corpus / "amass").rglob("*.npz")), root / "recordings" / "walk.npz")
    with (index / "index.csv").open("a", newline="") as file:
        csv.writer(file, lineterminator="\n").writerow(CMU_ROW)
    with (index / "train.txt").open("a") as file:
        file.write("900001\n")


ROOTS = [(0.0, 18.0, 0.05 * frame, 0.0, 0.0, 0.0) for frame in range(CMU_FRAMES)]
"""A body that moves ahead at 30 cm a second, its hips at 0.9 m, in the made files' units."""


def _make_body(root: Path) -> None:
    """Write the bundled body's arrays as SMPL-H's folder has them."""
    for gender in ("male", "female"):
        (root / "smplh" / gender).mkdir(parents=True)
        np.savez(root / "smplh" / gender / "model.npz", **bundled_arrays())  # type: ignore[arg-type]


EXPORTED = {
    "files": ExportOptions("npy-tree"),
    "packs": ExportOptions("packs-of-32"),
    "pyskl": ExportOptions("pyskl"),
    "st-gcn": ExportOptions("st-gcn", length=60, persons=1),
}
"""The exports of the dataset, by the names that the documents use."""


def _make_datasets(root: Path) -> None:
    """Build a dataset of several shards a split, and export it."""
    corpus = root / "corpus"
    options = lidar_options(corpus / "index.csv", corpus / "amass", shard_megabytes=MEGABYTES)
    build_lidar(options, root / "lidar", Execution())
    shutil.copytree(root / "lidar", root / "OUT")
    clips = ClipSelection(corpus / "index.csv", corpus / "amass")
    features = MotionFeatureBuildOptions(clips, MotionFeatureOptions("humanml3d-263"))
    build_features(features, root / "motion", Execution(workers=0))
    stats(root / "motion")
    pairs = PosePairBuildOptions(clips, PosePairOptions(poses=400))
    build_pose_pairs(pairs, root / "pairs", Execution(workers=0))
    rows = PfnnBuildOptions(ClipSelection.of_recordings(corpus / "amass", mirror=True))
    build_pfnn(rows, root / "locomotion", Execution(workers=0))
    export(root / "locomotion", root / "rows_of_locomotion", ExportOptions("pfnn"))
    for name, exported in EXPORTED.items():
        export(root / "lidar", root / name, exported)
    _make_halves(root)


def _make_halves(root: Path) -> None:
    """Filter the dataset into two, each with several splits."""
    for name, condition in {"kit": "subset == 'KIT'", "others": "subset != 'KIT'"}.items():
        edit(
            partial(filter_samples, root / "lidar", condition),
            [root / "lidar"],
            root / name,
            Execution(workers=0),
        )
