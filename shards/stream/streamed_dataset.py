"""Stream a dataset to a trainer as clips, frames or windows.

The counts and offsets in the manifest determine every batch of every epoch in advance; see
docs/loading.md.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from shards.format.dataset import Dataset, read_drops
from shards.format.places import Place, place_of
from shards.optional import naming_extras
from shards.stats.measure import FRAME, Weight
from shards.stats.standardizer import Standardizer, read_standardizer
from shards.stream.batching import (
    FrameBatches,
    PaddedBatches,
    Standardizers,
    check_padding,
    check_standardizers,
)
from shards.stream.captions import RunReader
from shards.stream.chosen_clips import Captions, ChosenClips, ViewOptions
from shards.stream.clips_by_key import ClipsByKey
from shards.stream.items import Sampling, Windows
from shards.stream.open_files import ShardFiles
from shards.stream.ranks import Rank
from shards.stream.remote_files import open_files
from shards.stream.selection import ClipFilters, Selection
from shards.stream.stored_clip import StoredClip
from shards.stream.unit_crops import UnitCrops
from shards.stream.views import Schedule, View

if TYPE_CHECKING:
    import pandas as pd
    import webdataset


class StreamedDataset:
    """A dataset and its views for training and evaluation.

    `data[key]` is a clip, whose arrays are read as they are sliced; `len(data)` is the number of
    clips, and iteration yields their keys.

    Use shuffled views for training and others for evaluation. `batch` is the batch size per rank.
    Every view takes the keyword arguments of `ViewOptions`. Unless `rank` and `world` are given,
    the rank is determined when a view's first batch is read, and then kept: that of
    `torch.distributed`, or else of the launcher's environment variables (see
    `shards.stream.ranks`). `files` opens the shards; by default, `ShardFiles` with its default
    limits does.
    """

    def __init__(
        self,
        dataset: Dataset,
        read_runs: RunReader | None = None,
        *,
        files: ShardFiles | None = None,
        conditions: tuple[str, ...] = (),
    ) -> None:
        self.dataset = dataset
        self._by_key = ClipsByKey(dataset, files or open_files(dataset), conditions)
        self._read_runs = read_runs
        """Reads captions; without it, no view has captions."""

    @staticmethod
    def open(path: str | Place, read_runs: RunReader | None = None) -> "StreamedDataset":
        """Open a finished dataset; raise `DatasetError` with the reason where that fails.

        `read_runs` reads captions from a sample's `json`, for views with captions.
        """
        return StreamedDataset(Dataset.open(path), read_runs)

    def where(self, condition: str) -> "StreamedDataset":
        """Return the same dataset with only the clips that meet a condition, of all splits.

        `data.where("frames >= 40 and subset == 'KIT' and not flags.lying")` is an example; the
        language is that of `pandas.DataFrame.query`, see `shards.stream.conditions`. Statistics and
        drops stay those of the whole dataset. Raises `ShardError` for a text that is not a
        condition.
        """
        met = self._by_key.where(condition)
        return StreamedDataset(
            self.dataset, self._read_runs, files=met.files, conditions=met.conditions
        )

    @cached_property
    def manifest(self) -> "pd.DataFrame":
        """One row per sample: key, split, shard, frames, locations of its members, and more.

        docs/format.md lists the columns.
        """
        with naming_extras():
            table: pd.DataFrame = self._by_key.manifest.to_pandas()
        return table

    def __len__(self) -> int:
        """Return the number of clips."""
        return len(self._by_key.numbers)

    def __iter__(self) -> Iterator[str]:
        """Yield the keys of the clips, in the order of the manifest."""
        return iter(self._by_key.numbers)

    def __contains__(self, key: object) -> bool:
        return key in self._by_key.numbers

    def __getitem__(self, key: str) -> StoredClip:
        """Return a clip; raise `ShardError` for a key that no clip has."""
        return self._by_key.clip(key)

    @cached_property
    def drops(self) -> "pd.DataFrame":
        """One row per index row without a sample: key, stage, reason, message, and more.

        Raises `DatasetError` where `drops.parquet` is missing or damaged.
        """
        with naming_extras():
            table: pd.DataFrame = read_drops(self.dataset).to_pandas()
        return table

    def webdataset(
        self, split: str | None = None, *, shardshuffle: int | bool = False, **options: Any
    ) -> "webdataset.WebDataset":
        """Return a `webdataset` pipeline of a split's decoded samples, for chaining more stages.

        Without `split`, the split is `train`, or else the only one. A sample is a dictionary of
        `__key__`, `__url__` (the shard's path), and the members by suffix: arrays of `*.npy`, the
        object of `json`, the text of `txt`. The pipeline reads exactly the split's shards, even if
        their numbers have gaps. `shardshuffle` is the size of the buffer that shuffles them; other
        `options` are those of `webdataset.WebDataset`. Raises `ShardError` for an unknown split.
        Iteration raises `DatasetError` for a sample that does not match the dataset's description.
        """
        with naming_extras():
            from shards.stream.webdataset_pipeline import webdataset_pipeline

        split = split or self.dataset.default_split()
        keys = frozenset(self) if self._by_key.conditions else None
        return webdataset_pipeline(self.dataset, split, keys, shardshuffle=shardshuffle, **options)

    def clips(
        self,
        split: str,
        fields: Sequence[str],
        batch: int,
        shuffle: bool = False,
        seed: int = 0,
        *,
        captions: Captions = False,
        crop_unit: int | None = None,
        pad_to: int | None = None,
        standardize: Standardizers | None = None,
        **options: Unpack[ViewOptions],
    ) -> View:
        """Return a view of whole clips, padded to the longest clip of the batch, or to `pad_to`.

        Batches have `keys`, each field shaped (clips, frames, ...), `starts`, `lengths`, and `mask`
        shaped (clips, frames). With `captions`, each clip is cut to the frames that its caption
        describes: one random caption per clip if shuffled, else every caption. With "segment", a
        caption of a part of a clip is a separate item if shuffled. Batches then have `captions`
        too. With `crop_unit`, each item is cropped at random to a multiple of this number of
        frames, by HumanML3D's rule, see `shards.stream.unit_crops`. `standardize` is applied to
        fields before the padding.
        """
        chosen, schedule = self._choose(split, batch, shuffle, **options)
        source = chosen.items(captions, shuffle, self._read_runs)
        source = source if crop_unit is None else UnitCrops(source, crop_unit)
        check_padding(pad_to, source.longest)
        scale = check_standardizers(standardize, fields)
        batcher = PaddedBatches(chosen.stacker(fields), pad_to, scale)
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
        **options: Unpack[ViewOptions],
    ) -> View:
        """Return a view of single frames: every frame of every clip once per epoch.

        Batches have `keys`, the field shaped (items, ...), and `frames` shaped (items,), the frame
        numbers within their clips. With `sampling="clip"`, a shuffled epoch has one random frame of
        every clip instead.
        """
        chosen, schedule = self._choose(split, batch, shuffle, **options)
        source = Windows(chosen.frames, 1, sampling, random=shuffle and sampling == "clip")
        batcher = FrameBatches(chosen.frame_stacker(field))
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
        standardize: Standardizers | None = None,
        **options: Unpack[ViewOptions],
    ) -> View:
        """Return a view of windows of `length` frames: one random per clip if shuffled, else all.

        Unshuffled windows follow each other without overlap from the start of a clip. The last one
        is padded with zeros, as is a clip shorter than a window. Batches have `keys`, the field
        shaped (windows, length, ...), `starts`, `lengths`, and `mask` shaped (windows, length).
        With `sampling="frame"`, a shuffled epoch has as many random windows of each clip as an
        unshuffled one. `standardize` is applied to the field before the padding.
        """
        chosen, schedule = self._choose(split, batch, shuffle, **options)
        source = Windows(chosen.frames, length, sampling, random=shuffle)
        stacker = chosen.frame_stacker(field)
        batcher = PaddedBatches(stacker, length, check_standardizers(standardize, [field]))
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
        """Return the mean and standard deviation of a field, as written by `motiondata stats`.

        Without `split`, the split is `train`, or else the only one. `weight` and `rule` correspond
        to the command's options `--weight` and `--group`, such as `"clip"` and `"humanml3d-263"`;
        the rule of user-defined groups is `"grouped"`. `folder` is the folder given to its `--out`.
        """
        root = None if folder is None else place_of(folder)
        split = split or self.dataset.default_split()
        return read_standardizer(self.dataset, split, field, weight, rule, root)

    def _choose(
        self,
        split: str,
        batch: int,
        shuffle: bool,
        *,
        drop_last: bool = False,
        rank: int | None = None,
        world: int | None = None,
        **filters: Unpack[ClipFilters],
    ) -> tuple[ChosenClips, Schedule]:
        chosen = self._by_key.choose(Selection(split, **filters))
        return chosen, Schedule(batch, shuffle, drop_last, Rank(rank, world))
