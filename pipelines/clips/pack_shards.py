"""Assign planned clips to shards, so that all shards of a split have about the same size."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pipelines.clips.options import PackingOptions
from pipelines.clips.planned_clips import PlannedClips
from pipelines.engine.plan import PlannedShards, expect_kept_samples
from shards.format.paths import number_of, shard_name, split_of

ClipIndices = NDArray[np.int64]
"""Indices of clips in the columns, shaped (clips,)."""


def pack_shards(
    clips: PlannedClips,
    sizes: NDArray[np.int64],
    packing: PackingOptions,
    kept: Mapping[str, Sequence[str]],
) -> PlannedShards[PlannedClips]:
    """Fill shards per split, in index order, so that their sizes differ by at most one clip.

    Kept shards come first and keep their clips. `sizes` are the estimated bytes of each clip's
    samples, shaped (clips,). `kept` maps the name of each kept shard to the keys of its samples.
    Raises `InputError` if a sample of a kept shard can no longer be built.
    """
    parts = dict(_parts(clips, sizes, packing, dict(_keep_shards(clips, kept))))
    order = np.concatenate([*parts.values(), np.zeros(0, np.int64)])
    return PlannedShards([*parts], [len(part) for part in parts.values()], clips.take(order))


def _parts(
    clips: PlannedClips,
    sizes: NDArray[np.int64],
    packing: PackingOptions,
    old: dict[str, ClipIndices],
) -> Iterator[tuple[str, ClipIndices]]:
    """Yield the name of each shard and the indices of its clips."""
    splits = clips.table["split"].combine_chunks().dictionary_encode()
    names, codes = splits.dictionary.to_pylist(), splits.indices.to_numpy()
    left = np.ones(len(clips), np.bool_)
    left[np.concatenate([*old.values(), np.zeros(0, np.int64)])] = False
    for split in sorted({*names, *map(split_of, old)}):
        before = [name for name in old if split_of(name) == split]
        yield from ((name, old[name]) for name in before)
        code = names.index(split) if split in names else -1
        mine = np.flatnonzero((codes == code) & left)
        first = 1 + max(map(number_of, before), default=-1)
        for number, part in enumerate(cut_evenly(sizes[mine], packing), start=first):
            yield shard_name(split, number), mine[part]


def _keep_shards(
    clips: PlannedClips, kept: Mapping[str, Sequence[str]]
) -> Iterator[tuple[str, ClipIndices]]:
    """Yield the name of each kept shard and the indices of its clips."""
    rows = enumerate(clips.rows(0, len(clips) if kept else 0))
    place_of = {key: place for place, clip in rows for key in clip.keys}
    for name in sorted(kept):
        expect_kept_samples(name, kept[name], place_of)
        yield name, np.array([*dict.fromkeys(place_of[key] for key in kept[name])])


def cut_evenly(sizes: NDArray[np.int64], packing: PackingOptions) -> list[NDArray[np.int64]]:
    """Cut the clips of a split, in order, into parts of about the size of a shard.

    `sizes` are the bytes of each clip, shaped (clips,). Returns the indices of each part's clips.
    """
    total = int(sizes.sum())
    count = min(len(sizes), max(1, round(total / (packing.shard_megabytes * 1e6))))
    middles = np.cumsum(sizes) - sizes + sizes / 2
    part = np.minimum(count - 1, (middles * count / max(total, 1)).astype(np.int64))
    parts = np.split(np.arange(len(sizes)), np.flatnonzero(np.diff(part)) + 1)
    return [clips for clips in parts if len(clips)]
