"""A dataset of many tiny clips with the columns of a LiDAR build: real shards, few bytes."""

from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from shards.format.array_spec import ArraySpec
from shards.format.dataset import write_dataset_json
from shards.format.description import Description, ShardEntry
from shards.format.manifest import ManifestRow, manifest_table
from shards.format.paths import DROPS, MANIFEST, shard_name
from shards.format.schema import Schema
from shards.format.tables import rows_to_table, write_table
from shards.format.writing import ShardWriter, encode_sample
from tests.support.dataset import DROP_COLUMNS
from tests.support.skeleton import moving_pose, posed_joints

FRAMES, POINTS = 4, 16
SHARD_CLIPS = 2_000
MOTIONS = 50
SCHEMA = Schema(
    {
        "points.npy": ArraySpec("float32", ("frames", POINTS, 3), counted_where="hits"),
        "hits.npy": ArraySpec("int32", ("frames",)),
        "joints.npy": ArraySpec("float32", ("frames", 22, 3)),
        "pose.npy": ArraySpec("float32", ("frames", 22, 3)),
        "trans.npy": ArraySpec("float32", ("frames", 3)),
        "json": "json",
        "txt": "text",
    }
)
COLUMNS = pa.schema([
    ("captions", pa.list_(pa.string())), ("subset", pa.string()), ("source", pa.string()),
    ("fps", pa.float64()), ("hits_mean", pa.float64()), ("flags", pa.list_(pa.string())),
])  # fmt: skip
SUBSETS = ("KIT", "CMU", "BMLmovi", "Eyes_Japan_Dataset", "MPI_HDM05")
ACTS = ("walks", "runs", "jumps", "bows", "waves", "sits down", "turns around", "kneels")
WAYS = ("slowly", "in a circle", "to the left", "to the right", "backward", "twice")


def captions_of(number: int) -> list[str]:
    """Return three captions of a clip."""
    act, way = ACTS[number % len(ACTS)], WAYS[number // 7 % len(WAYS)]
    return [f"a person {act} {way} and stops, clip {number}", f"someone {act} {way}", f"he {act}."]


@cache
def _motion(seed: int) -> tuple[NDArray[np.float32], ...]:
    pose, trans = moving_pose(FRAMES, seed)
    joints = posed_joints(pose, trans)
    return tuple(array.astype(np.float32) for array in (pose, trans, joints))


def write_clips(folder: Path, clips: int) -> None:
    """Write a dataset."""
    rows: list[ManifestRow] = []
    entries = []
    for shard in range(-(-clips // SHARD_CLIPS)):
        name = shard_name("train", shard)
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        with ShardWriter(folder / name) as writer:
            first = len(rows)
            numbers = range(first, min(clips, first + SHARD_CLIPS))
            rows += [_write_clip(writer, name, number) for number in numbers]
        assert writer.result is not None  # noqa: S101
        size = len(rows) - first
        entries.append(
            ShardEntry(name, writer.result.bytes, writer.result.blake3, size, FRAMES * size)
        )
    manifest = write_table(folder / MANIFEST, manifest_table(SCHEMA, rows, COLUMNS))
    drops = write_table(folder / DROPS, rows_to_table([], DROP_COLUMNS))
    made_by = {"product": "lidar", "software": "a benchmark"}
    description = Description(SCHEMA, tuple(entries), (manifest, drops), {}, made_by)
    write_dataset_json(folder, description)


def _details_of(caption: str) -> dict[str, object]:
    return {"text": caption, "tokens": [], "start_seconds": 0.0, "end_seconds": 0.0}


def _write_clip(writer: ShardWriter, shard: str, number: int) -> ManifestRow:
    key, captions = f"{number:06d}", captions_of(number)
    pose, trans, joints = _motion(number % MOTIONS)
    points = joints[:, :POINTS] + np.float32(0.05)
    details = {
        "source": f"{SUBSETS[number % 5]}/{number // 3}_poses.npz",
        "fps_out": 20.0,
        "gender": "neutral",
        "betas": [0.0] * 10,
        "body": "none",
        "captions": [_details_of(text) for text in captions],
        "T_world_sensor": np.eye(4).tolist(),
    }
    values = {
        "points.npy": points,
        "hits.npy": np.full(FRAMES, POINTS, np.int32),
        "joints.npy": joints,
        "pose.npy": pose,
        "trans.npy": trans,
        "json": details,
        "txt": "\n".join(captions),
    }
    written = writer.write(encode_sample(SCHEMA, key, values))
    columns = {
        "captions": captions,
        "subset": SUBSETS[number % 5],
        "source": details["source"],
        "fps": 20.0,
        "hits_mean": float(POINTS),
        "flags": ["lying"] if number % 40 == 0 else [],
    }
    return ManifestRow(key, shard, FRAMES, written.members, columns)
