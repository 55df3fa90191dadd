"""The files of a phase-functioned network's training: rows in one `.npz` file, and statistics.

Source: `train_pfnn.py` of Holden et al. 2017 loads `Xun`, `Yun` and `Pun` of `database.npz`, and
writes `Xmean.bin`, `Xstd.bin`, `Ymean.bin` and `Ystd.bin` for the program that runs the network.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pipelines.datasets.export_layouts import Layout
from pipelines.datasets.file_groups import Content, Line
from pipelines.datasets.skeleton_files import RowArray, write_npz
from pipelines.products.descriptions import describe_dataset
from shards.stats.moments import Moments, fold
from shards.stream.field_reader import FieldReader

Floats = NDArray[np.float64]

ARRAYS = {"Xun": "x", "Yun": "y", "Pun": "phase"}
"""The arrays of the file, and the fields that they have the values of."""
STATISTICS = ("Xmean.bin", "Xstd.bin", "Ymean.bin", "Ystd.bin")
DATABASE = "database.npz"


class PfnnFiles(Layout):
    """The rows of a split, one sample after the other, and their statistics."""

    columns = ("file", "rows")

    def __len__(self) -> int:
        return 1

    def frames(self, group: int) -> int:  # noqa: ARG002
        """Return the rows of the split."""
        return int(self.lengths.sum())

    def names(self, group: int) -> Sequence[str]:  # noqa: ARG002
        """Return the names of the files of the split."""
        return [f"{self.split}/{name}" for name in (DATABASE, *STATISTICS)]

    def contents(self, group: int) -> Iterator[Content]:  # noqa: ARG002
        """Yield the rows, and the statistics as float32."""
        yield lambda file: write_npz(file, self._arrays())
        arrays = self._statistics()
        for name in STATISTICS:
            yield np.ascontiguousarray(arrays[name], "<f4").tobytes()

    def listed(self, group: int) -> Iterator[Line]:
        """Yield the name of the file of rows."""
        yield self.names(group)[0], self.frames(group)

    def remarks(self) -> Iterable[str]:
        """Say which columns are constant, so that the published training divides by 0."""
        constant = describe_dataset(self._dataset).constant_groups(self._deviations)
        if constant:
            yield (
                f"{self.split}: {', '.join(constant)} do not vary; train_pfnn.py divides them by "
                "0, and its cost is NaN from the first step: set its deviations of 0 to 1, as in "
                "Xstd.bin and Ystd.bin here, or give heights by build-pfnn --terrain"
            )

    @cached_property
    def _moments(self) -> Mapping[str, Moments]:
        return {field: fold(map(Moments.of, self._clips(field))) for field in ("x", "y")}

    @cached_property
    def _deviations(self) -> Mapping[str, Floats]:
        return {field: each.std() for field, each in self._moments.items()}

    @cached_property
    def _readers(self) -> Mapping[str, FieldReader]:
        return {field: self._read_of(field) for field in ARRAYS.values()}

    def _arrays(self) -> Iterator[tuple[str, RowArray]]:
        for name, field in ARRAYS.items():
            shape = (self.frames(0), *self._readers[field].shape)
            yield name, RowArray(shape, self._clips(field))

    def _clips(self, field: str) -> Iterator[NDArray[np.float32]]:
        reader = self._readers[field]
        return (self._clip(reader, clip) for clip in range(len(self.keys)))

    def _statistics(self) -> Mapping[str, Floats]:
        """Return the statistics of the columns of x and y."""
        return describe_dataset(self._dataset).network_statistics(
            {field: each.mean for field, each in self._moments.items()}, self._deviations
        )
