"""Layouts of exported files: their names, their contents and their entries in a split's list.

Names and contents depend only on the dataset, the field and the seed, so that each file can be
made independently, and an existing file need not be made again.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from pipelines.datasets.export_options import BY_POSITIONS, BY_ROTATIONS, ExportOptions
from pipelines.datasets.file_groups import FileGroups, Line
from pipelines.datasets.pcd import check_clouds, points_to_pcd
from pipelines.engine.description import Member
from pipelines.products.descriptions import describe_dataset
from shards.format.dataset import Dataset
from shards.format.members import field_of
from shards.format.npy import array_to_npy
from shards.stream.field_reader import FieldReader, row_spec
from shards.stream.items import FrameRuns, Windows
from shards.stream.remote_files import open_files
from shards.stream.selection import Selection, select_rows
from shards.stream.shuffle import Epoch

PACK_FRAMES = 32


class Layout(FileGroups):
    """The files of an array of the chosen clips of a split of a dataset."""

    def __init__(self, dataset: Dataset, selection: Selection, member: Member, seed: int) -> None:
        field = field_of(member.suffix)
        self.split, self.field, self.seed = selection.split, field, seed
        row_spec(dataset.schema, field)
        rows = select_rows(dataset, selection)
        self.keys: list[str] = dataset.manifest["key"].take(rows).to_pylist()
        self.lengths = dataset.manifest["frames"].to_numpy()[rows]
        """Number of frames of each clip, shaped (clips,)."""
        self._dataset, self._files, self._rows = dataset, open_files(dataset), rows
        self._reader = self._read_of(field)

    @classmethod
    def of_splits(
        cls,
        dataset: Dataset,
        selections: Sequence[Selection],
        member: Member,
        options: ExportOptions,
    ) -> Sequence["Layout"]:
        """Return the layout of the chosen clips of each split."""
        return [cls(dataset, selection, member, options.seed) for selection in selections]

    @property
    def made_by(self) -> Mapping[str, Any]:
        """What may change a byte besides the dataset, the field and the seed."""
        return {}

    @classmethod
    def shared_files(cls, dataset: Dataset, field: str) -> Mapping[str, bytes]:  # noqa: ARG003
        """Return the files that do not belong to one split, by name; by default, none.

        Raises `ShardError` if they cannot be made.
        """
        return {}

    @classmethod
    def joined_lists(cls, layouts: Sequence["Layout"]) -> Mapping[str, Iterable[Line]]:  # noqa: ARG003
        """Return the lists of the files of several splits, by name; by default, none."""
        return {}

    def _read_of(self, field: str) -> FieldReader:
        return FieldReader(self._files, self._rows, field)

    def _clip(self, reader: FieldReader, clip: int) -> NDArray[Any]:
        """Return a field of a whole clip, shaped (frames, *row)."""
        frames = self.lengths[[clip]]
        (array,) = reader.read(np.array([clip]), np.array([0]), frames, int(frames[0]))
        return np.asarray(array)


class NpyTree(Layout):
    """One array per clip."""

    columns = ("file", "key", "frames")

    def names(self, group: int) -> Sequence[str]:
        """Return the name of a clip's file."""
        return [f"{self.split}/{self.keys[group]}.npy"]

    def contents(self, group: int) -> Iterator[bytes]:
        """Yield the bytes of a clip's npy file, shaped (frames, *row)."""
        yield array_to_npy(self._clip(self._reader, group))

    def listed(self, group: int) -> Iterator[Line]:
        """Yield the line of a clip."""
        yield self.names(group)[0], self.keys[group], self.frames(group)


class Packs(Layout):
    """Packs of frames of all clips, in an order set by the seed. Each frame is in one pack."""

    columns = ("file", "place", "key", "frame")

    def __init__(self, dataset: Dataset, selection: Selection, member: Member, seed: int) -> None:
        super().__init__(dataset, selection, member, seed)
        self._items = Windows(self.lengths, 1, "frame", random=False)
        self._order = Epoch(seed, 0)

    def __len__(self) -> int:
        return -(-len(self._items) // PACK_FRAMES)

    def frames(self, group: int) -> int:
        """Return the number of frames in a pack; the last pack may have fewer."""
        return min(PACK_FRAMES, len(self._items) - group * PACK_FRAMES)

    def names(self, group: int) -> Sequence[str]:
        """Return the name of a pack."""
        return [f"{self.split}/{group:06d}.npy"]

    def contents(self, group: int) -> Iterator[bytes]:
        """Yield the bytes of a pack's npy file, shaped (frames, *row)."""
        runs = self._runs(group)
        frames = self._reader.read(runs.clips, runs.starts, runs.counts, 1)
        yield array_to_npy(frames[:, 0])

    def listed(self, group: int) -> Iterator[Line]:
        """Yield one line per frame of a pack, with its clip's key and its number in that clip."""
        runs, (name,) = self._runs(group), self.names(group)
        frames = zip(runs.clips.tolist(), runs.starts.tolist(), strict=True)
        for place, (clip, frame) in enumerate(frames):
            yield name, place, self.keys[clip], frame

    def _runs(self, group: int) -> FrameRuns:
        places = group * PACK_FRAMES + np.arange(self.frames(group))
        return self._items.runs(self._order.permute(places, len(self._items)), self._order)


class PcdFrames(Layout):
    """One point cloud per frame, with the frame's distinct points."""

    columns = ("file", "key", "frame", "points")

    def __init__(self, dataset: Dataset, selection: Selection, member: Member, seed: int) -> None:
        super().__init__(dataset, selection, member, seed)
        spec = dataset.schema.arrays[self.field]
        check_clouds(spec, member)
        counted = spec.counted_where
        self._counts = None if counted is None else self._read_of(counted)

    def names(self, group: int) -> Sequence[str]:
        """Return the names of a clip's PCD files, one per frame."""
        folder = f"{self.split}/{self.keys[group]}"
        return [f"{folder}/{frame:06d}.pcd" for frame in range(self.frames(group))]

    def contents(self, group: int) -> Iterator[bytes]:
        """Yield the bytes of each PCD file of a clip."""
        frames = self._clip(self._reader, group)
        for points, count in zip(frames, self._distinct(group), strict=True):
            yield points_to_pcd(points[:count])

    def listed(self, group: int) -> Iterator[Line]:
        """Yield one line per frame of a clip."""
        frames = zip(self.names(group), self._distinct(group), strict=True)
        for frame, (name, points) in enumerate(frames):
            yield name, self.keys[group], frame, points

    def _distinct(self, group: int) -> list[int]:
        """Return the number of distinct points in each frame of a clip; these come first."""
        most = self._reader.shape[0]
        if self._counts is None:
            return [most] * self.frames(group)
        return [min(count, most) for count in self._clip(self._counts, group).tolist()]


class Recovered(Layout):
    """The arrays that are recovered of each clip: joints and, for 272, root and pose."""

    columns = ("file", "key", "frames")
    by_rotations: ClassVar[bool] = False

    def __init__(self, dataset: Dataset, selection: Selection, member: Member, seed: int) -> None:
        super().__init__(dataset, selection, member, seed)
        self._recovery = describe_dataset(dataset).recovery(dataset, self.by_rotations)

    def names(self, group: int) -> Sequence[str]:
        """Return the names of a clip's files, such as `joints/012314.npy`."""
        return [f"{name}/{self.keys[group]}.npy" for name in self._recovery.names]

    def contents(self, group: int) -> Iterator[bytes]:
        """Yield the bytes of each npy file of a clip."""
        vectors = self._clip(self._reader, group)
        yield from map(array_to_npy, self._recovery.recover(vectors))

    def listed(self, group: int) -> Iterator[Line]:
        """Yield one line per file of a clip."""
        for name in self.names(group):
            yield name, self.keys[group], self.frames(group)


class RecoveredByRotations(Recovered):
    """The same, with joints by rotations."""

    by_rotations = True


ARRAY_LAYOUTS: dict[str, type[Layout]] = {
    "npy-tree": NpyTree,
    "packs-of-32": Packs,
    "pcd": PcdFrames,
}
"""The layouts of one array of any product, by format."""
RECOVERY_LAYOUTS: dict[str, type[Layout]] = {
    BY_POSITIONS: Recovered,
    BY_ROTATIONS: RecoveredByRotations,
}
"""The layouts of `motiondata recover`, by format."""
