"""A second product of clips, with no sensor: the joints of a posed body, in the world frame."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Self

import click
import numpy as np
import pyarrow as pa
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray

from commands.clips import clip_options, packing_options, take_selection
from commands.options import take
from motiondata.bodies.body import Body
from motiondata.bodies.posing import pose_joints
from motiondata.clip import hold_in_place
from motiondata.devices import CPU
from motiondata.errors import InputError
from motiondata.mirroring import mirror_clip
from pipelines.clips.bodies import BodyFacts, facts_of, load_bodies_by_gender
from pipelines.clips.build import build_clips, dry_run_clips
from pipelines.clips.clip_source import ClipSource
from pipelines.clips.clip_values import CLIP_COLUMNS, clip_columns, clip_values
from pipelines.clips.description import MotionDescription
from pipelines.clips.members import DETAILS, MOTION_MEMBERS, TEXT
from pipelines.clips.options import ClipSelection, PackingOptions
from pipelines.clips.planned_clips import PlannedClip, PlannedClips
from pipelines.engine.description import Member
from pipelines.engine.execution import Execution
from pipelines.engine.fingerprint import KeptShard
from pipelines.engine.product import FinishSamples, PlannedBuild, Values
from shards.format.array_spec import ArraySpec
from shards.format.dataset import Dataset
from shards.format.npy import npy_to_array
from shards.format.reading import read_member
from shards.format.schema import Schema
from tests.support.archive import BAD, GOOD, MadeArchive

JOINTS = "joints.npy"
DESCRIPTION = MotionDescription(
    name="joints",
    members=(Member(JOINTS, "the joints", unit="meters", frame="world"), *MOTION_MEMBERS),
    command="build-joints",
)
HERE = Execution(workers=0)


@dataclass(frozen=True)
class OpenJoints:
    """Poses the joints of clips."""

    source: ClipSource
    bodies: Mapping[str, Body]
    lookahead_frames: ClassVar[int] = 0

    def prefetch(self, planned: PlannedClip) -> None:
        self.source.prefetch(planned)

    def begin(self, planned: PlannedClip) -> FinishSamples:
        clip, shaped = self.source.read(planned, self.bodies)
        return lambda: [
            self._sample(mirror_clip(clip) if of.mirrored else clip, shaped, of)
            for of in planned.variants
        ]

    def _sample(self, clip: Any, shaped: Any, variant: Any) -> tuple[str, Values]:
        clip = hold_in_place(clip) if self.source.selection.in_place else clip
        joints = pose_joints(shaped, clip.pose, clip.trans).astype(np.float32)
        details = {"mirrored": variant.mirrored, "flags": {}}
        captions = self.source.read_captions(variant)
        return variant.keys[0], {JOINTS: joints, **clip_values(clip, details, captions)}


@dataclass(frozen=True)
class JointsProduct:
    """The joints of clips, shaped (frames, 22, 3)."""

    source: ClipSource
    bodies: BodyFacts

    description: ClassVar[MotionDescription] = DESCRIPTION
    schema: ClassVar[Schema] = Schema(
        {JOINTS: ArraySpec("float32", ("frames", 22, 3)), DETAILS: "json", TEXT: "text"}
    )
    columns: ClassVar[pa.Schema] = CLIP_COLUMNS
    is_tried: ClassVar[bool] = False
    device: ClassVar[str] = CPU
    seconds_per_frame: ClassVar[None] = None

    @classmethod
    def of(cls, selection: ClipSelection, packing: PackingOptions) -> Self:
        source = ClipSource.find(selection, packing)
        return cls(source, facts_of(load_bodies_by_gender(source.selection.body)))

    @property
    def warnings(self) -> list[str]:
        return self.source.folders.warnings

    def open(self) -> OpenJoints:
        return OpenJoints(self.source, load_bodies_by_gender(self.source.selection.body))

    def expect_use(self, samples: Sequence[Values]) -> None:
        """All samples are useful."""

    def manifest_values(self, values: Values) -> dict[str, Any]:
        return clip_columns(values[DETAILS])

    def clip_bytes(self, clips: PlannedClips) -> NDArray[np.int64]:
        return clips.frames * 22 * 3 * 4

    def plan_around(self, kept: dict[str, KeptShard]) -> PlannedBuild:
        plan = self.source.plan(1, self.clip_bytes, kept)
        return self.source.stamp(plan, {}, {"body": self.bodies.hash}, kept)

    def provenance(self) -> dict[str, Any]:
        return {"bodies": [*self.bodies.provenance]}


@click.command()
@clip_options
@click.option("--out", type=click.Path(path_type=Path), required=True)
@packing_options
@click.option("--dry-run", is_flag=True)
def build_joints(out: Path, dry_run: bool, **parameters: Any) -> None:
    """Build the joints of clips."""
    selection, packing = take_selection(parameters), take(PackingOptions, parameters)
    run = dry_run_clips if dry_run else build_clips
    report = run(partial(JointsProduct.of, selection, packing), out, HERE)
    click.echo("\n".join(report.lines()))


@pytest.fixture
def words(archive: MadeArchive, out: Path) -> list[str]:
    root = archive.root
    named = ["--amass", root / "amass", "--body", root / "body.npz", "--out", out]
    return [str(word) for word in (root / "index.csv", *named, "--mirror")]


def test_its_command_builds_the_clips_that_lidar_has_and_their_drops(
    words: list[str], out: Path, built: Dataset
) -> None:
    result = CliRunner().invoke(build_joints, words, catch_exceptions=False)
    dataset = Dataset.open(out)
    keys = {key for key in built.manifest["key"].to_pylist() if "_v" not in key}
    assert set(dataset.manifest["key"].to_pylist()) == keys
    assert (
        f"{len(GOOD) + len(BAD)} rows: {2 * len(GOOD)} samples, {len(BAD)} drops" in result.output
    )
    assert dataset.description.provenance["product"] == "joints"


def test_its_joints_are_those_of_lidar_in_the_world_frame(
    words: list[str], out: Path, built: Dataset
) -> None:
    CliRunner().invoke(build_joints, words, catch_exceptions=False)
    dataset = Dataset.open(out)
    for key in dataset.manifest["key"].to_pylist():
        world = npy_to_array(read_member(dataset, key, JOINTS))
        sensor = npy_to_array(read_member(built, key, JOINTS))
        across = np.linalg.norm(world[:, 0] - world[:, 15], axis=1)
        assert across == pytest.approx(np.linalg.norm(sensor[:, 0] - sensor[:, 15], axis=1))


def test_its_plan_and_its_command_are_described(words: list[str], out: Path) -> None:
    said = CliRunner().invoke(build_joints, [*words, "--dry-run"], catch_exceptions=False).output
    assert "nothing was written" in said
    assert not out.exists()
    CliRunner().invoke(build_joints, words, catch_exceptions=False)
    command = DESCRIPTION.command_line(Dataset.open(out))
    options = "--texts DIR --splits DIR --body FILE --mirror --shard-megabytes 160"
    assert command == f"build-joints INDEX --amass DIR --out DIR {options}"


@pytest.mark.parametrize("option", ["--in-place", "--mean-shape"])
def test_its_build_is_not_resumed_with_another_option(
    words: list[str], out: Path, option: str
) -> None:
    CliRunner().invoke(build_joints, words, catch_exceptions=False)
    result = CliRunner().invoke(build_joints, [*words, option])
    assert isinstance(result.exception, InputError)
    assert option[2:].replace("-", "_") in str(result.exception)


def test_its_options_are_those_of_the_selection_and_not_of_a_sensor() -> None:
    said = CliRunner().invoke(build_joints, ["--help"]).output
    for field in fields(ClipSelection):
        assert field.name == "index" or f"--{field.name.replace('_', '-')}" in said
    assert "--sensor" not in said
