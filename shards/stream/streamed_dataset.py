"""Streaming: what a trainer gets of a dataset, as clips, frames or windows.

With counts and offsets in the manifest every batch of every epoch is known beforehand; see
docs/loading.md.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from shards.format.dataset import Dataset, read_drops
from shards.format.hashing import hash_bytes
from shards.stats.measure import FRAME, Weight
from shards.stats.standardizer import Standardizer, read_standardizer
from shards.stream.batching import FrameBatches, PaddedBatches, Stacker
from shards.stream.captions import CaptionedClips, read_captions
from shards.stream.field_reader import row_spec
from shards.stream.items import ItemSource, Sampling, WholeClips, Windows
from shards.stream.open_files import ShardFiles
from shards.stream.ranks import Rank
from shards.stream.selection import Selection, select_rows
from shards.stream.views import Schedule, View

if TYPE_CHECKING:
    import pandas as pd
    import webdataset


class StreamedDataset:
    """A dataset, and the views of it that trainers want.

    Shuffled views are for training, others for evaluation. `batch` counts the items of one rank.
    The rank, unless given with `world`, is found when a view's first batch is read, and then kept:
    that of `torch.distributed`, or else of the launcher's variables (see `shards.stream.ranks`).
    """

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self._files = ShardFiles(dataset)

    @staticmethod
    def open(path: Path) -> "StreamedDataset":
        """Open a finished dataset, or raise `DatasetError` saying why it is none."""
        return StreamedDataset(Dataset.open(path))

    @cached_property
    def manifest(self) -> "pd.DataFrame":
        """One row per sample: key, split, shard, frames, where its members are, and more.

        The columns are those of docs/format.md.
        """
        table: pd.DataFrame = self.dataset.manifest.to_pandas()
        return table

    @cached_property
    def drops(self) -> "pd.DataFrame":
        """One row per row of the index that has no sample: key, stage, reason, message, and more.

        Raises `DatasetError` where `drops.parquet` is missing or damaged.
        """
        table: pd.DataFrame = read_drops(self.dataset).to_pandas()
        return table

    def webdataset(
        self, split: str | None = None, *, shardshuffle: int | bool = False, **options: Any
    ) -> "webdataset.WebDataset":
        """Return a `webdataset` pipeline of a split's samples, decoded; chain its own stages to it.

        Without `split`, the split is `train`, or else the only one. A sample is a dictionary of
        `__key__`, `__url__` (the shard's path), and the members by suffix: arrays of `*.npy`, the
        object of `json`, the text of `txt`. The pipeline reads exactly the split's shards, whatever
        their numbers. `shardshuffle` is the size of the buffer that shuffles them; other `options`
        are those of `webdataset.WebDataset`. Raises `ShardError` where there is no such split,
        and, while it is read, `DatasetError` for a sample that is not as the dataset describes it.
        """
        from shards.stream.webdataset_pipeline import webdataset_pipeline

        split = split or self.dataset.default_split()
        return webdataset_pipeline(self.dataset, split, shardshuffle=shardshuffle, **options)

    def clips(
        self,
        split: str,
        fields: Sequence[str],
        batch: int,
        shuffle: bool = False,
        seed: int = 0,
        *,
        captions: bool = False,
        min_frames: int = 1,
        max_frames: int | None = None,
        keys: Collection[str] | None = None,
        limit: int | None = None,
        drop_last: bool = False,
        rank: int | None = None,
        world: int | None = None,
    ) -> View:
        """Return whole clips, padded to the longest of their batch.

        Batches have `keys`, each field shaped (clips, frames, ...), `starts`, `lengths`, and `mask`
        shaped (clips, frames). With `captions`, clips are cut to the part that a caption is of: one
        caption a clip, chosen at random, if shuffled, else every one of them.
        """
        selection = Selection(split, min_frames, max_frames, keys, limit)
        chosen = self._choose(selection)
        schedule = Schedule(batch, shuffle, drop_last, Rank(rank, world))
        source: ItemSource = WholeClips(chosen.frames)
        if captions:
            found = read_captions(self._files, chosen.rows, selection)
            source = CaptionedClips(found, random=shuffle)
        batcher = PaddedBatches(Stacker(self._files, chosen.rows, fields))
        return View(chosen.identity, source, batcher, schedule, seed)

    def frames(
        self,
        split: str,
        field: str,
        batch: int,
        shuffle: bool = False,
        seed: int = 0,
        *,
        sampling: Sampling = "frame",
        min_frames: int = 1,
        max_frames: int | None = None,
        keys: Collection[str] | None = None,
        limit: int | None = None,
        drop_last: bool = False,
        rank: int | None = None,
        world: int | None = None,
    ) -> View:
        """Return single frames: every frame of every clip once an epoch.

        Batches have `keys`, the field shaped (items, ...), and `frames`, shaped (items,), the
        frames' numbers in their clips. With `sampling="clip"`, a shuffled epoch has one random
        frame of every clip instead.
        """
        chosen = self._choose(Selection(split, min_frames, max_frames, keys, limit))
        schedule = Schedule(batch, shuffle, drop_last, Rank(rank, world))
        source = Windows(chosen.frames, 1, sampling, random=shuffle and sampling == "clip")
        batcher = FrameBatches(self._field_stacker(chosen.rows, field))
        return View(chosen.identity, source, batcher, schedule, seed)

    def windows(
        self,
        split: str,
        field: str,
        length: int,
        batch: int,
        shuffle: bool = False,
        seed: int = 0,
        *,
        sampling: Sampling = "clip",
        min_frames: int = 1,
        max_frames: int | None = None,
        keys: Collection[str] | None = None,
        limit: int | None = None,
        drop_last: bool = False,
        rank: int | None = None,
        world: int | None = None,
    ) -> View:
        """Return windows of `length` frames: a random one of each clip if shuffled, else all.

        All are those that follow each other from a clip's beginning; the last one is padded with
        zeros, as is a clip that is shorter than a window. Batches have `keys`, the field shaped
        (windows, length, ...), `starts`, `lengths`, and `mask` shaped (windows, length). With
        `sampling="frame"`, a shuffled epoch has as many windows of each clip as there are in all.
        """
        chosen = self._choose(Selection(split, min_frames, max_frames, keys, limit))
        schedule = Schedule(batch, shuffle, drop_last, Rank(rank, world))
        source = Windows(chosen.frames, length, sampling, random=shuffle)
        batcher = PaddedBatches(self._field_stacker(chosen.rows, field), length)
        return View(chosen.identity, source, batcher, schedule, seed)

    def standardizer(
        self,
        field: str,
        split: str | None = None,
        weight: Weight = FRAME,
        rule: str | None = None,
        *,
        folder: str | Path | None = None,
    ) -> Standardizer:
        """Return the mean and spread of a field, as `motiondata stats` wrote them.

        Without `split`, the split is `train`, or else the only one. `weight` and `rule` are those
        of the command's options: `"clip"`, `"humanml3d-263"`; a rule of the user's own is called
        `"grouped"`. `folder` is that of its `--out`.
        """
        root = None if folder is None else Path(folder)
        split = split or self.dataset.default_split()
        return read_standardizer(self.dataset, split, field, weight, rule, root)

    def _field_stacker(self, rows: NDArray[np.int64], field: str) -> Stacker:
        row_spec(self.dataset.schema, field)
        return Stacker(self._files, rows, [field])

    def _choose(self, selection: Selection) -> "_Selected":
        rows = select_rows(self.dataset, selection)
        frames = self.dataset.manifest["frames"].to_numpy()[rows]
        identity = {
            "dataset": self.dataset.content_hash,
            "split": selection.split,
            "clips": hash_bytes(rows.astype("<i8").tobytes()),
        }
        return _Selected(rows, frames, identity)


@dataclass(frozen=True, eq=False)
class _Selected:
    """The clips of a view: their rows in the manifest, their lengths, and what names them."""

    rows: NDArray[np.int64]
    frames: NDArray[np.int64]
    identity: dict[str, Any]
