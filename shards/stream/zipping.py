"""Read several datasets together by key: points with their features, or with their tokens.

The first view decides which items an epoch has and in which order. The others add what they have of
the same clips. Their samples need not be in the same order, nor in the same shards.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shards.errors import ShardError
from shards.stream.batching import Batch, Stacker, ViewBatch
from shards.stream.items import FrameRuns
from shards.stream.views import Batcher, View

PARTS_OF_CLIPS = ("clips", "captioned clips", "captioned segments")
"""The kinds of views of whole clips, and of the parts of clips that captions describe."""


def zip_by_key(views: Mapping[str, View]) -> View:
    """Return the first view with the batches of the others, by name, for the same clips.

    A batch has `keys`, and under each name the batch of that view. If the first view has whole
    clips, or the parts of clips that captions describe, the others add the same parts of their
    clips, which may have other numbers of frames. Otherwise the same frames are read of all, whose
    clips must then have as many frames. Raises `ShardError` if a clip is missing in a view.
    """
    if len(views) < 2:
        raise ShardError(f"expected at least two views to zip, found {len(views)}")
    (name, first), *others = views.items()
    if first.source.identity["kind"] not in PARTS_OF_CLIPS:
        for other_name, other in others:
            _expect_same_frames(name, first, other_name, other)
    joined = tuple(_Joined.of(name, first, *named) for named in others)
    identity = {"zip": [view.identity for view in views.values()]}
    batcher = ZippedBatches(name, first.batcher, joined)
    return View(identity, first.source, batcher, first.schedule, first.seed)


@dataclass(frozen=True, eq=False)
class _Joined:
    """A view that adds its batches to those of the first view."""

    name: str
    batcher: Batcher
    clips: NDArray[np.int64]
    """The number of each clip of the first view in this one, shaped (clips,)."""
    lengths: tuple[NDArray[np.int64], NDArray[np.int64]] | None
    """The numbers of frames of each clip of the first view, in that view and in this one, if parts
    of clips are added; None: the same frames."""

    @classmethod
    def of(cls, first_name: str, first: View, name: str, view: View) -> "_Joined":
        ours, theirs = _stacker(first), _stacker(view)
        numbers = {key: number for number, key in enumerate(theirs.keys)}
        if absent := [key for key in ours.keys if key not in numbers]:
            raise ShardError(
                f"{len(absent):,} of {len(ours.keys):,} clips of {first_name} are not in {name}, "
                f"such as {absent[0]}; pass the common keys to both views (keys=)"
            )
        clips = np.array([numbers[key] for key in ours.keys], np.int64)
        in_parts = first.source.identity["kind"] in PARTS_OF_CLIPS
        lengths = (ours.frames, theirs.frames[clips]) if in_parts else None
        return cls(name, view.batcher, clips, lengths)

    def batch(self, runs: FrameRuns) -> Batch:
        """Return the batch of this view for runs of the first one."""
        same = replace(runs, clips=self.clips[runs.clips], captions=None)
        if self.lengths is not None:
            ours, theirs = (frames[runs.clips] for frames in self.lengths)
            starts = runs.starts * theirs // ours
            stops = -(-(runs.starts + runs.counts) * theirs // ours)
            same = replace(same, starts=starts, counts=stops - starts)
        return self.batcher.batch(same)


@dataclass(frozen=True)
class ZippedBatches:
    """Batches of several views of the same clips."""

    name: str
    batcher: Batcher
    joined: tuple[_Joined, ...]

    @property
    def ahead(self) -> int:
        """The number of batches that are worth reading in advance."""
        return max(self.batcher.ahead, *(view.batcher.ahead for view in self.joined))

    def batch(self, runs: FrameRuns, length: int | None = None) -> Batch:
        """Return the batch of each view under its name, and the keys of the clips."""
        batches = {self.name: self.batcher.batch(runs, length)}
        batches |= {view.name: view.batch(runs) for view in self.joined}
        keys = batches[self.name]["keys"]
        for batch in batches.values():
            del batch["keys"]
        return ViewBatch({"keys": keys, **batches})

    @property
    def layout(self) -> dict[str, Any]:
        """The layouts of all views."""
        return {
            self.name: self.batcher.layout,
            **{view.name: view.batcher.layout for view in self.joined},
        }


def _expect_same_frames(name: str, first: View, other_name: str, other: View) -> None:
    ours, theirs = _stacker(first), _stacker(other)
    frames = dict(zip(theirs.keys, theirs.frames.tolist(), strict=True))
    for key, count in zip(ours.keys, ours.frames.tolist(), strict=True):
        if frames.get(key, count) != count:
            raise ShardError(
                f"{key} has {count} frames in {name} and {frames[key]} in {other_name}; expected "
                "the same number, or views of whole clips without captions and crops"
            )


def _stacker(view: View) -> Stacker:
    """Return what a view reads clips with; raise `ShardError` for a view of several views."""
    stacker = getattr(view.batcher, "stacker", None)
    if not isinstance(stacker, Stacker):
        raise ShardError("a view of several views cannot be zipped; zip the views of datasets")
    return stacker
