"""Skeleton sequences with labels, in the layouts of action recognition.

Sources:
`tools/ntu_gendata.py` and `feeder/feeder.py` of yysijie/st-gcn; `tools/data/README.md` and
`tools/data/ntu_preproc.py` of kennymckormick/pyskl; `feeders/feeder_ntu.py` and
`data/ntu/get_raw_skes_data.py` and `seq_transformation.py` of Uason-Chen/CTR-GCN.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Self

import numpy as np

from motiondata.representations.skeleton_graphs import NTU_25, SkeletonGraph
from pipelines.datasets.export_options import ExportOptions
from pipelines.datasets.file_groups import Content
from pipelines.datasets.ntu_files import ntu_name, skeleton_text
from pipelines.datasets.skeleton_files import LazyList, RowArray, write_npz, write_pickle
from pipelines.datasets.skeleton_sequences import AXES, Floats, SkeletonLayout
from pipelines.engine.description import Member
from shards.format.dataset import Dataset
from shards.stream.selection import Selection

TRAIN = "train"


class StGcnArrays(SkeletonLayout):
    """ST-GCN's array (samples, 3, length, joints, persons), and the pickle of its labels."""

    def __len__(self) -> int:
        return 1

    def frames(self, group: int) -> int:  # noqa: ARG002
        """Return the frames of the split."""
        return int(self.lengths.sum())

    def names(self, group: int) -> Sequence[str]:  # noqa: ARG002
        """Return the names of the files of the split."""
        return [f"{self.split}_data.npy", f"{self.split}_label.pkl", *self.tables]

    def contents(self, group: int) -> Iterator[Content]:  # noqa: ARG002
        """Yield the array, names and labels, and the tables."""
        options = self.options
        shape = (len(self.keys), AXES, options.length, len(self.graph.joints), options.persons)
        rows = (self.padded(clip).transpose(3, 0, 2, 1) for clip in range(len(self.keys)))
        yield RowArray(shape, rows).write
        yield partial(write_pickle, value=(list(self.keys), self.labels))
        yield from self.tables.values()

    def remarks(self) -> Iterable[str]:
        """Say how many clips were cut."""
        return self.cut_remarks()


class JoinedLayout(SkeletonLayout):
    """One file for all splits, which the first of their layouts writes."""

    file: str

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.of_all: list[Self] = []
        """The layouts of all splits; those of the first alone."""

    @classmethod
    def of_splits(
        cls,
        dataset: Dataset,
        selections: Sequence[Selection],
        member: Member,
        options: ExportOptions,
    ) -> list[Self]:
        """Return the layout of each split."""
        layouts = super().of_splits(dataset, selections, member, options)
        layouts[0].of_all = layouts
        return layouts

    def __len__(self) -> int:
        return bool(self.of_all)

    def frames(self, group: int) -> int:  # noqa: ARG002
        """Return the frames of all splits."""
        return sum(int(layout.lengths.sum()) for layout in self.of_all)

    def names(self, group: int) -> Sequence[str]:  # noqa: ARG002
        """Return the name of the file, and those of the tables."""
        return [self.file, *self.tables]

    def contents(self, group: int) -> Iterator[Content]:  # noqa: ARG002
        """Yield the file and the tables."""
        yield self.write
        yield from self.tables.values()

    def write(self, file: Any) -> None:
        """Write the sequences of all splits."""
        raise NotImplementedError


class PysklAnnotations(JoinedLayout):
    """pyskl's dictionary: names by split, and an annotation of each clip.

    Its own files have float16, which is 4 mm at 8 m; here, joints are float32.
    """

    file = "annotations.pkl"

    def sample(self, clip: int) -> str | int:
        """Return the key, which is `frame_dir`."""
        return self.keys[clip]

    def write(self, file: Any) -> None:
        """Write the pickle."""
        annotations = LazyList(
            layout.annotation(clip) for layout in self.of_all for clip in range(len(layout.keys))
        )
        split = {layout.split: list(layout.keys) for layout in self.of_all}
        write_pickle(file, {"split": split, "annotations": annotations})

    def annotation(self, clip: int) -> Mapping[str, Any]:
        """Return the annotation of a clip of the split."""
        return {
            "frame_dir": self.keys[clip],
            "total_frames": int(self.lengths[clip]),
            "label": self.labels[clip],
            "keypoint": self.sequence(clip)[None],
        }


class CtrGcnArrays(JoinedLayout):
    """CTR-GCN's arrays: x (samples, length, persons * joints * 3), y one-hot, for each split.

    The middle of the spine in the first frame is the origin of each clip, as in its preparation.
    """

    file = "sequences.npz"

    def write(self, file: Any) -> None:
        """Write the arrays."""
        write_npz(file, (array for layout in self.of_all for array in layout.arrays()))

    def arrays(self) -> Iterator[tuple[str, RowArray]]:
        """Yield the arrays of the split."""
        clips, options = len(self.keys), self.options
        numbers = options.persons * len(self.graph.joints) * AXES
        classes = len(self.classes.names)
        yield (
            f"x_{self.split}",
            RowArray((clips, options.length, numbers), map(self._centered, range(clips))),
        )
        yield (
            f"y_{self.split}",
            RowArray((clips, classes), (np.eye(1, classes, label)[0] for label in self.labels)),
        )

    def remarks(self) -> Iterable[str]:
        """Say how many clips were cut."""
        return self.cut_remarks()

    def _centered(self, clip: int) -> Floats:
        padded = self.padded(clip)
        there = min(int(self.lengths[clip]), len(padded))
        padded[:there, 0] -= padded[0, 0, self.graph.origin]
        return padded


class NtuTexts(SkeletonLayout):
    """NTU RGB+D's text files, one for each clip, in a folder for each split.

    A name such as `S002C002P001R001A004` says the class, which counts from 1. Readers divide files
    by person, camera or setup: `train` has the numbers that these protocols train on, other splits
    those that they test on. Otherwise, numbers do not mean anything.
    """

    @property
    def made_by(self) -> Mapping[str, Any]:
        """The options of sequences, with the hash of the labels."""
        return {**super().made_by, "skeleton": NTU_25}

    def names(self, group: int) -> Sequence[str]:
        """Return the name of a clip's file, and those of the tables."""
        return [f"{self.split}/{self.sample(group)}.skeleton", *self.tables]

    def contents(self, group: int) -> Iterator[Content]:
        """Yield the text of a clip, and the tables."""
        yield skeleton_text(self.sequence(group)).encode()
        yield from self.tables.values()

    def sample(self, clip: int) -> str:
        """Return the name of a clip's file without suffix."""
        return ntu_name(clip, self.labels[clip], self.split == TRAIN)

    def _find_graph(self, skeleton: str | None) -> SkeletonGraph:  # noqa: ARG002
        return super()._find_graph(NTU_25)


SKELETON_LAYOUTS: dict[str, type[SkeletonLayout]] = {
    "st-gcn": StGcnArrays,
    "ctr-gcn": CtrGcnArrays,
    "pyskl": PysklAnnotations,
    "ntu": NtuTexts,
}
"""The layouts, by format."""
