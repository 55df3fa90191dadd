"""Clips of every product are seen in one world, upright, with their captions and colors."""

import json
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from shutil import copytree

import numpy as np
import pytest

from motiondata.skeletons import JOINT
from pipelines.viewing.clip_table import ClipTable
from pipelines.viewing.colors import PART_COLORS, colors_of_points, shares_to_colors
from pipelines.viewing.viewed_clip import ViewedClip, read_viewed_clip, values_to_viewed_clip
from shards.errors import DatasetError, ShardError
from shards.format.dataset import Dataset
from shards.format.reading import ShardReader, read_member
from tests.support.archive import MadeArchive
from tests.support.motion_features import built_features

KEY = "000002"
MILLIMETER = 1e-3


def test_points_and_joints_of_a_scan_are_moved_to_the_world(built: Dataset) -> None:
    clip = read_viewed_clip(built, KEY)
    details = json.loads(read_member(built, KEY, "json"))
    T_world_sensor = np.array(details["T_world_sensor"])
    assert clip.scan is not None
    assert clip.skeleton is not None
    places = np.tile(T_world_sensor[:3, 3], (clip.frames, 1))
    np.testing.assert_allclose(clip.scan.sensor, places)
    seen = clip.scan.is_seen
    assert seen.sum() == clip.scan.distinct.sum()
    distance = np.linalg.norm(clip.scan.points[:, :, None] - clip.skeleton.joints[:, None], axis=-1)
    assert distance.min(axis=2)[seen].max() < 0.5
    assert clip.seconds == pytest.approx(clip.frames / details["fps_out"])


@pytest.mark.parametrize(
    ("representation", "options"),
    [
        ("humanml3d-263", {}),
        ("kit-251", {}),
        ("joints", {}),
        ("joints", {"joint_frame": "world", "joint_set": "kit-21"}),
    ],
)
def test_every_representation_has_the_joints_of_the_scan(
    representation: str,
    options: dict[str, str],
    archive: MadeArchive,
    built: Dataset,
    tmp_path: Path,
) -> None:
    if representation == "kit-251":
        options = {"fps": "reference"}
    features = built_features(archive, tmp_path / "m", representation, **options)
    scanned, clip = read_viewed_clip(built, KEY), read_viewed_clip(features, KEY)
    assert clip.scan is None
    assert scanned.skeleton is not None
    assert clip.skeleton is not None
    rows = clip.frames
    for joint, same in ((0, 0), (JOINT["left_hip"], left_hip_of(clip))):
        np.testing.assert_allclose(
            clip.skeleton.joints[:, same],
            scanned.skeleton.joints[:rows, joint],
            atol=MILLIMETER,
        )


def left_hip_of(clip: ViewedClip) -> int:
    """Return the number of the left hip in the skeleton of a clip."""
    assert clip.skeleton is not None
    return JOINT["left_hip"] if clip.skeleton.joints.shape[1] == 22 else 11


def test_a_scan_without_its_points_keeps_its_skeleton(built: Dataset) -> None:
    key = built.manifest["key"][0].as_py()
    clip, row = read_viewed_clip(built, key), built.row(key)
    with closing(ShardReader(built.path, built.shard(row.shard))) as reader:
        values = {
            suffix: reader.decoded(built.schema, row, suffix) for suffix in ("joints.npy", "json")
        }
    bare = values_to_viewed_clip(key, clip.frames, values)
    assert bare.scan is None
    assert bare.skeleton is not None
    assert clip.skeleton is not None
    np.testing.assert_array_equal(bare.skeleton.joints, clip.skeleton.joints)


def test_an_unknown_key_is_refused(built: Dataset) -> None:
    with pytest.raises(ShardError, match="there is no sample 'none'"):
        read_viewed_clip(built, "none")


def test_a_damaged_sample_is_refused(built: Dataset, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copytree(built.path, copy)
    row = built.row(KEY)
    data = bytearray((copy / row.shard).read_bytes())
    offset, _ = row.members["json"]
    data[offset] = ord("x")
    (copy / row.shard).write_bytes(data)
    with pytest.raises(DatasetError, match=f"{KEY}.json"):
        read_viewed_clip(Dataset.open(copy), KEY)


def test_colors_show_part_range_and_time(built: Dataset) -> None:
    scan = read_viewed_clip(built, KEY).scan
    assert scan is not None
    frames, points = scan.parts.shape
    by_part = colors_of_points(scan, "part")
    assert (by_part == PART_COLORS[scan.parts]).all()
    by_time = colors_of_points(scan, "time")
    assert (by_time[0] == shares_to_colors(np.array(0.0))).all()
    assert (by_time[-1] == shares_to_colors(np.array(1.0))).all()
    by_range, seen = colors_of_points(scan, "range"), scan.is_seen
    nearest = np.unravel_index(np.where(seen, scan.ranges, np.inf).argmin(), (frames, points))
    assert (by_range[nearest] == shares_to_colors(np.array(0.0))).all()


def test_the_table_has_a_row_per_clip(built: Dataset) -> None:
    table = ClipTable.of(built.manifest)
    assert table.keys == built.manifest["key"].to_pylist()
    assert np.isfinite(table.seconds).all()
    assert np.isfinite(table.hits).all()
    assert all(table.captions)
    assert not list(table.leaks())


def test_a_recording_in_two_splits_is_a_leak(built: Dataset) -> None:
    whole = ClipTable.of(built.manifest)
    source = whole.sources[whole.keys.index(KEY)]
    moved = ["val" if key == KEY else "train" for key in whole.keys]
    ((leaked, by_split),) = replace(whole, splits=moved).leaks()
    assert leaked == source
    assert by_split["val"] == [KEY]
    of_source = [key for key, each in zip(whole.keys, whole.sources, strict=True) if each == source]
    assert {*by_split["train"], KEY} == {*of_source}


def test_a_manifest_without_columns_of_clips_has_a_table(built: Dataset) -> None:
    bare = built.manifest.select(["key", "split", "frames"])
    table = ClipTable.of(bare)
    assert len(table) == len(bare)
    assert np.isnan(table.hits).all()
    assert not any(table.captions)
    assert not list(table.leaks())
