"""Write the same synthetic clips as shards, `.npy` files and litData chunks, and huge shards.

Clips have the lengths of HumanML3D's clips, 40 to 200 frames, and 384 points per frame.
"""

import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from motiondata.errors import InputError
from shards.format.array_spec import ArraySpec
from shards.format.dataset import Dataset, write_dataset_json
from shards.format.description import Description, ShardEntry
from shards.format.hashing import DIGEST_DIGITS
from shards.format.manifest import ManifestRow, manifest_table
from shards.format.npy import npy_header
from shards.format.paths import DROPS, MANIFEST, shard_name
from shards.format.schema import Schema
from shards.format.tables import rows_to_table, write_table
from shards.format.ustar import BLOCK, archive_end, member_header, padding
from shards.format.writing import Span
from shards.stream.streamed_dataset import StreamedDataset
from tests.support.clip_dataset import make_clips
from tests.support.dataset import DROP_COLUMNS

POINTS = 384
HAS_LITDATA = importlib.util.find_spec("litdata") is not None


@dataclass(frozen=True)
class Extent:
    """The size of the data."""

    clips: int
    """Number of clips that all readers read."""
    shards: int
    huge_clips: int
    """Number of clips of the huge dataset, which is only opened and resumed in the middle."""
    huge_shards: int


WHOLE = Extent(400, 8, 16_700, 70)
"""The huge dataset has two million frames, 9 GB in sparse files that take no disk space."""
QUICK = Extent(16, 2, 40, 3)


def clip_lengths(clips: int, shards: int) -> list[list[int]]:
    """Return the number of frames of each clip, per shard."""
    random = np.random.default_rng(0)
    return [part.tolist() for part in np.array_split(random.integers(40, 200, clips), shards)]


def make_all(folder: Path, extent: Extent) -> StreamedDataset:
    """Write all forms of the data that do not exist yet; return the shards.

    Raises `InputError` if the folder has data of another extent.
    """
    lengths = clip_lengths(extent.clips, extent.shards)
    if not (folder / "shards").exists():
        make_clips(folder / "shards", {"train": lengths}, POINTS)
    found = len(Dataset.open(folder / "shards").manifest)
    if found != extent.clips:
        raise InputError(
            f"{folder} has the data of another run: expected {extent.clips} clips, found {found}; "
            "choose another folder"
        )
    data = StreamedDataset(Dataset.open(folder / "shards"))
    if not (folder / "npy").exists():
        (folder / "npy").mkdir()
        for key, points in whole_clips(data):
            np.save(folder / "npy" / f"{key}.npy", points)
    if HAS_LITDATA and not (folder / "litdata-clips").exists():
        _write_litdata(folder)
    return data


def whole_clips(data: StreamedDataset) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Yield the key and the points (frames, 384, 3) of each clip."""
    for batch in data.clips("train", ["points"], batch=1):
        yield batch["keys"][0], batch["points"][0]


def make_huge(folder: Path, extent: Extent) -> None:
    """Write a dataset of many clips whose values are holes in sparse files."""
    schema = Schema({"points.npy": ArraySpec("float32", ("frames", POINTS, 3))})
    (folder / "train").mkdir(parents=True)
    rows: list[ManifestRow] = []
    entries = []
    for number, lengths in enumerate(clip_lengths(extent.huge_clips, extent.huge_shards)):
        name = shard_name("train", number)
        size = _write_sparse(folder / name, lengths, rows)
        entries.append(ShardEntry(name, size, "0" * DIGEST_DIGITS, len(lengths), sum(lengths)))
    manifest = write_table(folder / MANIFEST, manifest_table(schema, rows))
    drops = write_table(folder / DROPS, rows_to_table([], DROP_COLUMNS))
    write_dataset_json(folder, Description(schema, tuple(entries), (manifest, drops), {}, {}))


def _write_sparse(path: Path, lengths: list[int], rows: list[ManifestRow]) -> int:
    with path.open("wb") as file:
        offset = 0
        for frames in lengths:
            key, header = f"h{len(rows)}", npy_header("float32", (frames, POINTS, 3))
            size = len(header) + frames * POINTS * 12
            file.seek(offset)
            file.write(member_header(f"{key}.points.npy", size) + header)
            name = f"{path.parent.name}/{path.name}"
            rows.append(ManifestRow(key, name, frames, {"points.npy": Span(offset + BLOCK, size)}))
            offset += BLOCK + size + len(padding(size))
        return file.truncate(offset + len(archive_end(offset)))


def _write_litdata(folder: Path) -> None:
    import litdata

    paths = sorted(map(str, (folder / "npy").iterdir()))
    for name, read in (("clips", np.load), ("frames", _load_frames)):
        litdata.optimize(
            read,
            paths,
            str(folder / f"litdata-{name}"),
            chunk_bytes="64MB",
            num_workers=1,
            verbose=False,
        )


def _load_frames(path: str) -> Iterator[NDArray[np.float32]]:
    yield from np.load(path)
