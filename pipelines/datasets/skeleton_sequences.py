"""Skeleton sequences with labels: the joints of clips in one skeleton, frame and unit.

Joints are in meters, y up, with left on the left: those of scans as a depth camera at the sensor
has them (x left, y up, z forward), others in the frame of their features.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from motiondata.counting import counted
from motiondata.errors import InputError
from motiondata.representations.skeleton_graphs import (
    GRAPHS,
    OF_COUNT,
    SkeletonGraph,
    convert_joints,
)
from pipelines.datasets.export_layouts import Layout
from pipelines.datasets.export_options import ExportOptions
from pipelines.datasets.file_groups import Content, Line
from pipelines.datasets.skeleton_labels import Classes, classes_of
from pipelines.engine.description import Member
from pipelines.products.descriptions import describe_dataset
from shards.format.dataset import Dataset
from shards.format.hashing import hash_bytes
from shards.format.members import decode_member
from shards.stream.field_reader import MemberSpans
from shards.stream.selection import Selection

DETAILS = "json"
GRAPH, CLASSES = "graph.json", "classes.json"
AXES = 3

Floats = NDArray[np.float32]


class SkeletonLayout(Layout):
    """The sequences of a split, and what describes their joints and classes."""

    columns = ("sample", "key", "label", "frames")

    def __init__(
        self,
        dataset: Dataset,
        selection: Selection,
        member: Member,
        options: ExportOptions,
        classes: Classes,
    ) -> None:
        super().__init__(dataset, selection, member, options.seed)
        self.options, self.classes = options, classes
        self._details = MemberSpans.of(dataset, self._rows, DETAILS)
        self._to_y_up = describe_dataset(dataset).stored_joints().to_y_up
        self.graph = self._find_graph(options.skeleton)
        self.labels = [classes.of_key[key] for key in self.keys]

    @classmethod
    def of_splits(
        cls,
        dataset: Dataset,
        selections: Sequence[Selection],
        member: Member,
        options: ExportOptions,
    ) -> list[Self]:
        """Return the layout of each split; classes are those of all splits of the dataset."""
        clip_name = describe_dataset(dataset).stored_joints().clip_name
        classes = classes_of(dataset, options.labels, clip_name)
        return [cls(dataset, selection, member, options, classes) for selection in selections]

    @property
    def made_by(self) -> Mapping[str, Any]:
        """The options of sequences, with the hash of the labels of all splits."""
        assigned = json.dumps([self.classes.names, sorted(self.classes.of_key.items())])
        names = ("skeleton", "length", "persons")
        return {
            "labels": hash_bytes(assigned.encode()),
            **{name: getattr(self.options, name) for name in names},
        }

    def sequence(self, clip: int) -> Floats:
        """Return the joints of a clip, shaped (frames, joints, 3), meters, y up."""
        [data] = self._details.read(self._files, [clip])
        details: Any = decode_member(DETAILS, data)
        joints = self._to_y_up(self._clip(self._reader, clip), details)
        return convert_joints(joints, self.graph.name).astype(np.float32)

    def listed(self, group: int) -> Iterator[Line]:
        """Yield the line of a clip; here, a group is a clip."""
        yield self.sample(group), self.keys[group], self.labels[group], int(self.lengths[group])

    def sample(self, clip: int) -> str | int:
        """Return what the files of the layout call a clip."""
        return clip

    @cached_property
    def tables(self) -> Mapping[str, Content]:
        """The files that describe joints and classes, by name."""
        graph = self.graph
        described = {
            "skeleton": graph.name,
            "joints": graph.joints,
            "links": graph.links,
            "center": graph.center,
            "origin": graph.origin,
            "bones": graph.bones,
        }
        return {GRAPH: _json(described), CLASSES: _json(self.classes.names)}

    def _lines(self) -> Iterator[Line]:
        yield self.columns
        for clip in range(len(self.keys)):
            yield from self.listed(clip)

    def _find_graph(self, skeleton: str | None) -> SkeletonGraph:
        count = self._reader.shape[0]
        graph = GRAPHS.get(skeleton or OF_COUNT.get(count, ""))
        if graph is None:
            found = f"{skeleton!r}" if skeleton else f"joints of {count}"
            raise InputError(f"--skeleton: expected one of {', '.join(GRAPHS)}, found {found}")
        return graph

    def padded(self, clip: int) -> Floats:
        """Return a clip shaped (length, persons, joints, 3); what is not there is zero."""
        options, found = self.options, self.sequence(clip)[: self.options.length]
        padded = np.zeros(
            (options.length, options.persons, len(self.graph.joints), AXES), np.float32
        )
        padded[: len(found), 0] = found
        return padded

    def cut_remarks(self) -> Iterable[str]:
        """Say how many clips are longer than the sequences."""
        longer = int((self.lengths > self.options.length).sum())
        if longer:
            yield (
                f"{self.split}: {counted(longer, 'clip')} of {len(self.keys)} cut to the first "
                f"{self.options.length} frames; --length takes more"
            )


def _json(value: Any) -> bytes:
    return f"{json.dumps(value, indent=1)}\n".encode()
