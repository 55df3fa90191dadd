"""A few clips of a dataset for a page to show: a picture, and a table with a column of meshes.

The meshes are animated GLB files of the posed bodies, or PLY files of the points of one frame. The
table is Parquet whose schema says `Mesh` to the package `datasets`. The bundled body is posed, so
that no licensed body is in the files.
"""

import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from motiondata.files import whole_or_absent
from pipelines.clips.members import POSE, TRANS
from shards.stream.streamed_dataset import StreamedDataset

FOLDER = "preview"
TABLE, PICTURE = f"{FOLDER}/clips.parquet", f"{FOLDER}/clips.png"
POINTS = "points"

Values = dict[str, Any]
MESH = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
"""The storage of a mesh in tables of `datasets`."""
FEATURES: dict[str, tuple[pa.DataType, Values]] = {
    "key": (pa.string(), {"dtype": "string", "_type": "Value"}),
    "split": (pa.string(), {"dtype": "string", "_type": "Value"}),
    "caption": (pa.string(), {"dtype": "string", "_type": "Value"}),
    "frames": (pa.int64(), {"dtype": "int64", "_type": "Value"}),
    "mesh": (MESH, {"_type": "Mesh"}),
}
"""The columns of the table: their types in Arrow, and in `datasets`."""


def spread(keys: Sequence[str], clips: int) -> tuple[str, ...]:
    """Return up to `clips` evenly spaced keys."""
    places = np.linspace(0, len(keys) - 1, min(clips, len(keys))).round().astype(int)
    return tuple(keys[place] for place in places)


def write_table(data: StreamedDataset, keys: Sequence[str], out: Path) -> bool:
    """Write the table of some clips; return whether the dataset has anything to show."""
    mesh = _mesh_maker(data)
    if mesh is None or not keys:
        return False
    rows = [_row(data, key, mesh(key)) for key in keys]
    schema = pa.schema({name: kind for name, (kind, _) in FEATURES.items()})
    features = {name: feature for name, (_, feature) in FEATURES.items()}
    said = {"huggingface": json.dumps({"info": {"features": features}})}
    with whole_or_absent(out / TABLE) as whole:
        pq.write_table(pa.Table.from_pylist(rows, schema.with_metadata(said)), whole)
    return True


def _row(data: StreamedDataset, key: str, mesh: tuple[bytes, str]) -> Values:
    clip = data[key]
    captions = clip.row.extra.get("captions") or [""]
    contents, ending = mesh
    return {
        "key": key,
        "split": data.dataset.row(key).shard.split("/")[0],
        "caption": captions[0],
        "frames": clip.frames,
        "mesh": {"bytes": contents, "path": f"{key}.{ending}"},
    }


def _mesh_maker(data: StreamedDataset) -> Callable[[str], tuple[bytes, str]] | None:
    """Return what makes the mesh of a clip and the ending of its name; None if nothing can."""
    members = data.dataset.schema.members
    if {POSE, TRANS} <= {*members}:
        return _posed_bodies(data)
    if f"{POINTS}.npy" in members:
        return lambda key: (_points_to_ply(data, key), "ply")
    return None


def _posed_bodies(data: StreamedDataset) -> Callable[[str], tuple[bytes, str]]:
    from motiondata.motion_files.glb import motion_to_glb
    from pipelines.clips.bodies import load_bodies_by_gender
    from pipelines.motion_export.motions import DatasetMotions

    motions = DatasetMotions(data.dataset.path, load_bodies_by_gender(None))
    return lambda key: (motion_to_glb(motions.read(key)), "glb")


def _points_to_ply(data: StreamedDataset, key: str) -> bytes:
    """Return the points of the middle frame of a clip as a PLY file."""
    clip = data[key]
    points = np.ascontiguousarray(clip[POINTS][clip.frames // 2], "<f4")
    header = (
        "ply\nformat binary_little_endian 1.0\n"
        f"element vertex {len(points)}\n"
        "property float x\nproperty float y\nproperty float z\nend_header\n"
    )
    out = io.BytesIO(header.encode())
    out.seek(0, io.SEEK_END)
    out.write(points.tobytes())
    return out.getvalue()
