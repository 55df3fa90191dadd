"""One clip of a dataset, whose arrays are read frame by frame as they are sliced.

A clip is a mapping from fields to values, and an array is sliced as those of h5py and zarr are:
`clip["points"][10:20]` reads ten frames and nothing else.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin
from numpy.typing import NDArray

from shards.errors import DatasetError, MemberError
from shards.format.array_spec import FRAMES, ArraySpec
from shards.format.manifest import ManifestRow, table_to_rows
from shards.format.npy import DTYPES
from shards.stream.field_reader import FieldReader, MemberSpans
from shards.stream.open_files import ShardFiles


class StoredClip(Mapping[str, Any]):
    """A clip: arrays, objects and texts by field. Nothing is read before it is asked for."""

    def __init__(self, files: ShardFiles, number: int) -> None:
        dataset = files.dataset
        self.row: ManifestRow = table_to_rows(dataset.schema, dataset.manifest.slice(number, 1))[0]
        """The row of the manifest; `row.extra` has the columns of the product."""
        self._files = files
        self._numbers = np.array([number])

    @property
    def key(self) -> str:
        """The key of the clip."""
        return self.row.key

    @property
    def frames(self) -> int:
        """The number of frames."""
        return self.row.frames

    def __getitem__(self, field: str) -> Any:
        """Return a `StoredArray`, or the object or text of a field that is no array.

        Raises `ShardError` for an unknown field, and `DatasetError` for a damaged one.
        """
        spans = MemberSpans.of(self._files.dataset, self._numbers, field)
        spec = self._files.dataset.schema.members[spans.suffix]
        if isinstance(spec, ArraySpec) and _has_frame_rows(spec):
            return StoredArray(self._files, self._numbers, field, self.frames)
        self._files.check_unchanged()
        try:
            [data] = spans.read(self._files, [0])
            return self._files.dataset.schema.decode(spans.suffix, data, self.frames)
        except MemberError as error:
            raise DatasetError(f"{self.key}.{spans.suffix}", str(error)) from error

    def __iter__(self) -> Iterator[str]:
        return iter(self._files.dataset.schema.suffixes)

    def __len__(self) -> int:
        """Return the number of fields."""
        return len(self._files.dataset.schema.suffixes)

    def __repr__(self) -> str:
        return f"<clip {self.key!r} of {self.frames} frames: {', '.join(self)}>"


class StoredArray(NDArrayOperatorsMixin):
    """An array of a clip, shaped (frames, ...). An index reads the frames that it needs.

    Operators and functions of NumPy read the whole array.
    """

    def __init__(
        self, files: ShardFiles, numbers: NDArray[np.int64], field: str, frames: int
    ) -> None:
        self._files = files
        self._reader = FieldReader(files, numbers, field)
        self.shape = (frames, *self._reader.shape)
        self.dtype: np.dtype[Any] = DTYPES[files.dataset.schema.arrays[field].dtype]
        self.ndim = len(self.shape)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: Any) -> Any:
        """Return the values at an index, as NumPy does, as a copy."""
        first, *others = index if isinstance(index, tuple) else (index,)
        if isinstance(first, slice):
            return self._sliced(range(*first.indices(len(self))))[(slice(None), *others)]
        if isinstance(first, int | np.integer) and not isinstance(first, bool):
            frame = range(len(self))[first]
            return self._read(frame, frame + 1)[(0, *others)]
        return np.asarray(self)[index]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return self._read(0, len(self)).astype(dtype or self.dtype, copy=False)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        read = (np.asarray(each) if isinstance(each, StoredArray) else each for each in inputs)
        return getattr(ufunc, method)(*read, **options)

    def __repr__(self) -> str:
        return f"<array of {self.dtype} {self.shape}, not read yet>"

    def _sliced(self, frames: range) -> NDArray[Any]:
        if not frames:
            return self._read(0, 0)
        first = min(frames)
        read = self._read(first, max(frames) + 1)
        return read if frames.step == 1 else read[np.array(frames) - first]

    def _read(self, start: int, stop: int) -> NDArray[Any]:
        self._files.check_unchanged()
        clip, first, count = (np.array([each]) for each in (0, start, stop - start))
        frames: NDArray[Any] = self._reader.read(clip, first, count, stop - start)[0]
        return frames


def _has_frame_rows(spec: ArraySpec) -> bool:
    """Tell whether an array has one row of fixed shape per frame, so that frames can be located."""
    return spec.shape[0] == FRAMES and all(isinstance(axis, int) for axis in spec.shape[1:])
