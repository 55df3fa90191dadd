"""A product that a test makes up: the commands on datasets handle it without a change."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from motiondata.devices import CPU
from motiondata.errors import InputError
from pipelines.datasets.export import export
from pipelines.datasets.export_options import ExportOptions
from pipelines.datasets.info import info
from pipelines.datasets.preview import preview
from pipelines.datasets.statistics import stats
from pipelines.datasets.verify import verify
from pipelines.engine.build import build
from pipelines.engine.description import FlagMeaning, Member, ProductDescription
from pipelines.engine.execution import Execution
from pipelines.engine.file_stats import NO_FILES
from pipelines.engine.fingerprint import KeptShard, fingerprint
from pipelines.engine.plan import Plan, PlannedShards
from pipelines.engine.product import FinishSamples, PlannedBuild, Values
from pipelines.products import descriptions
from pipelines.products.descriptions import Describe
from shards import open_dataset
from shards.format.array_spec import ArraySpec
from shards.format.dataset import Dataset
from shards.format.schema import Schema

HEIGHT = "height.npy"
FRAMES = (5, 3, 4, 6)
"""The number of frames of each ball."""
NAMES = ("train/000000.tar", "test/000000.tar")


@dataclass(frozen=True)
class BallDescription(ProductDescription):
    """Describes datasets of falling balls."""

    def inputs(self, provenance: Any) -> list[str]:
        return [f"gravity: {provenance['gravity']} m/s2"]

    def sample_lines(self, manifest: pa.Table) -> list[str]:
        return [f"highest: {max(manifest['highest'].to_pylist()):g} meters"]


BALLS = BallDescription(
    name="balls",
    members=(Member(HEIGHT, "height of the ball", unit="meters", frame="world"),),
    command="drop-balls",
    arguments="--out DIR",
    reported_means={"highest": "meters at most"},
    counted={"landed": "are on the ground"},
    reported_flags={"short": FlagMeaning("short falls", "they end in the air")},
)


def describe(name: str) -> ProductDescription:
    assert name == "balls"
    return BALLS


@dataclass(frozen=True)
class Ball:
    """A planned sample, and what a drop of it would report."""

    number: int
    subset: str = "balls"
    source_path: str = "none"
    recording: str = "none"

    @property
    def row(self) -> "Ball":
        return self

    @property
    def name(self) -> str:
        return f"ball{self.number}"

    @property
    def frames(self) -> int:
        return FRAMES[self.number]

    @property
    def keys(self) -> tuple[str, ...]:
        return (self.name,)

    @property
    def files(self) -> dict[str, set[str]]:
        return {}

    @property
    def identity(self) -> list[object]:
        return [self.name, self.frames]


class Balls:
    """The planned samples of a build."""

    frames: NDArray[np.int64] = np.array(FRAMES)
    samples: NDArray[np.int64] = np.ones(len(FRAMES), np.int64)

    def rows(self, start: int, stop: int) -> Iterator[Ball]:
        return map(Ball, range(start, stop))


@dataclass(frozen=True)
class BallProduct:
    """A sample is the height of a falling ball in each frame."""

    gravity: float = 9.81

    description: ClassVar[ProductDescription] = BALLS
    schema: ClassVar[Schema] = Schema({HEIGHT: ArraySpec("float32", ("frames", 1))})
    columns: ClassVar[pa.Schema] = pa.schema(
        [("highest", pa.float64()), ("landed", pa.int64()), ("flags", pa.list_(pa.string()))]
    )
    is_tried: ClassVar[bool] = False
    warnings: ClassVar[tuple[str, ...]] = ()
    device: ClassVar[str] = CPU
    seconds_per_frame: ClassVar[float] = 0.0

    def open(self) -> "OpenBallProduct":
        return OpenBallProduct(self.gravity)

    def expect_use(self, samples: Sequence[Values]) -> None:
        """All samples are useful."""

    def manifest_values(self, values: Values) -> dict[str, Any]:
        heights = values[HEIGHT]
        flags = ["short"] if len(heights) == 3 else ["high"] if heights.max() == 4 else []
        return {
            "highest": float(heights.max()),
            "landed": int((heights == 0).sum()),
            "flags": flags,
        }

    def plan_around(self, kept: dict[str, KeptShard]) -> PlannedBuild:
        plan = Plan(PlannedShards(NAMES, (3, 1), Balls()), (), len(FRAMES))
        parameters = {"gravity": self.gravity}
        return PlannedBuild(plan, fingerprint(plan, parameters, {"physics": "0"}, NO_FILES, kept))

    def provenance(self) -> dict[str, Any]:
        return {"gravity": self.gravity}


@dataclass(frozen=True)
class OpenBallProduct:
    """Makes the samples."""

    gravity: float
    lookahead_frames: ClassVar[int] = 0

    def prefetch(self, planned: Ball) -> None:
        """Nothing to read."""

    def begin(self, planned: Ball) -> FinishSamples:
        return lambda: [(planned.name, {HEIGHT: self.heights(planned)})]

    def heights(self, planned: Ball) -> NDArray[np.float32]:
        seconds = np.arange(planned.frames)[:, None] / 5
        heights = np.maximum(0, 1 + planned.number - self.gravity * seconds**2 / 2)
        return heights.astype(np.float32)


@pytest.fixture(scope="module")
def balls(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    out = tmp_path_factory.mktemp("balls") / "balls"
    report = build(BallProduct(), out, Execution(workers=0))
    said = "\n".join(report.lines())
    assert "18 frames, 3 meters at most, 2 shards" in said
    assert "3 frames of 18 are on the ground" in said
    assert "short falls: 1 of 4 samples; they end in the air" in said
    return Dataset.open(out)


def test_a_made_up_product_is_verified(balls: Dataset) -> None:
    assert verify(balls.path).sound


def test_info_shows_its_units_its_lines_and_its_command(balls: Dataset) -> None:
    lines = info(balls.path, describe).lines()
    assert lines[0] == f"{balls.path}: balls dataset {balls.content_hash}"
    assert "members: height float32 (frames, 1)" in lines
    assert "height  meters  world" in lines
    assert "highest: 4 meters" in lines
    assert "3 frames of 18 are on the ground" in lines
    assert lines[1] == "short falls: 1 of 4 samples; they end in the air"
    assert "flagged high: 1 sample: ball3" in lines
    assert "gravity: 9.81 m/s2" in lines
    assert lines[-1] == "  drop-balls --out DIR --gravity 9.81"


def test_a_version_without_it_shows_what_it_knows(balls: Dataset) -> None:
    lines = info(balls.path).lines()
    assert "members: height float32 (frames, 1)" in lines
    assert "height  not known  not known" in lines
    assert "flagged short: 1 sample: ball1" in lines
    assert any("has no product 'balls'" in line for line in lines)
    assert lines[-1] == "  not known"


def test_its_array_is_exported_measured_and_streamed(balls: Dataset, tmp_path: Path) -> None:
    export(balls.path, tmp_path / "files", ExportOptions("npy-tree"), describe)
    heights = np.load(tmp_path / "files/train/ball1.npy")
    np.testing.assert_array_equal(heights, OpenBallProduct(9.81).heights(Ball(1)), strict=True)
    report = stats(balls.path, "train", out=tmp_path)
    assert (report.field, report.count) == ("height", 12)
    assert (tmp_path / "stats/train/height/mean.npy").exists()
    (batch,) = open_dataset(balls.path).clips("train", ["height"], 3)
    assert batch["height"].shape == (3, 5, 1)


def test_formats_that_need_points_refuse_it(balls: Dataset, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"expected floats shaped \(frames, points, 3\)"):
        export(balls.path, tmp_path / "clouds", ExportOptions("pcd"), describe)


@pytest.mark.parametrize("describer", [describe, descriptions.describe], ids=["known", "unknown"])
def test_it_has_no_preview(balls: Dataset, tmp_path: Path, describer: Describe) -> None:
    with pytest.raises(InputError, match="found one of balls, which has none"):
        preview(balls.path, tmp_path / "a.png", describe=describer)
    assert not (tmp_path / "a.png").exists()
