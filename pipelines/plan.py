"""The plan: which samples go to which shards, fixed before any work starts.

The driver reads the index, the splits and the archive's folders once; every row becomes a planned
clip or a drop. What the plan holds decides the dataset's bytes: workers only carry it out.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from motiondata.archives.resolution import Archive
from motiondata.errors import DropReason, InputError, RecordingError
from motiondata.humanml3d.index import Row, read_index
from motiondata.humanml3d.splits import MIRRORED_PREFIX, Splits, read_splits
from pipelines.drops import Drop
from pipelines.inputs import InputPaths
from pipelines.options import BuildOptions
from pipelines.sample import frame_bytes, sample_bytes
from shards.paths import number_of, shard_name, split_of

ALL = "all"
"""The split of every clip when no split lists are given."""


@dataclass(frozen=True, slots=True)
class PlannedSample:
    """One sample to be: a clip as it was or mirrored, seen by one of its sensors."""

    name: str
    """The clip's name, which its captions go by: `012314`, mirrored `M012314`."""
    mirrored: bool
    view: int
    """Which of the sensors round the subject; 0 is the one in front."""

    @property
    def key(self) -> str:
        """The sample's key in the dataset: the clip's name, of further views `012314_v1`."""
        return f"{self.name}_v{self.view}" if self.view else self.name


@dataclass(frozen=True, slots=True)
class PlannedClip:
    """A row whose recording was found, and the samples that it makes."""

    row: Row
    recording: str
    """The recording's path under the archive's root, with forward slashes."""
    split: str
    samples: tuple[PlannedSample, ...]

    @property
    def frames(self) -> int:
        """The frames of all its samples together."""
        return (self.row.end_frame - self.row.start_frame) * len(self.samples)


@dataclass(frozen=True)
class PlannedShard:
    """One tar file to be, and its clips in index order."""

    name: str
    """Its path in the dataset's folder, such as `train/000000.tar`."""
    split: str
    clips: tuple[PlannedClip, ...]


@dataclass(frozen=True)
class Plan:
    """Everything that a build will do, and the rows that it already knows it cannot use."""

    shards: tuple[PlannedShard, ...]
    drops: tuple[Drop, ...]
    rows: int
    """The rows of the index that were considered: planned clips and drops together."""

    def __post_init__(self) -> None:
        clips = sum(1 for _ in self.clips)
        if self.rows != clips + len(self.drops):
            raise AssertionError(f"{self.rows} rows, {clips} clips, {len(self.drops)} drops")

    @property
    def clips(self) -> Iterator[PlannedClip]:
        """Iterate over all planned clips, shard by shard."""
        for shard in self.shards:
            yield from shard.clips

    @property
    def frames(self) -> int:
        """The frames of all samples together."""
        return sum(clip.frames for clip in self.clips)

    @property
    def samples(self) -> int:
        """The number of samples."""
        return sum(len(clip.samples) for clip in self.clips)


def make_plan(
    options: BuildOptions, paths: InputPaths, kept: Mapping[str, Sequence[str]] | None = None
) -> Plan:
    """Plan a build; raises `InputError` where the index, the splits or the archive are wrong.

    `kept` are the keys of the samples of shards that are to stay as they are, by shard.
    """
    clips, drops = _plan_clips(options, paths)
    _refuse_shared_keys(clips)
    shards = tuple(fill_shards(clips, options, kept or {}))
    return Plan(shards, tuple(drops), len(clips) + len(drops))


def _plan_clips(options: BuildOptions, paths: InputPaths) -> tuple[list[PlannedClip], list[Drop]]:
    """Plan each row, or drop it; what was read for it is let go of before the shards are filled."""
    rows = read_index(options.index)
    splits = read_splits(paths.splits, [row.name for row in rows]) if paths.splits else None
    archive = Archive.scan(options.amass)
    clips: list[PlannedClip] = []
    drops: list[Drop] = []
    for row in rows:
        if len(clips) == options.limit:
            break
        try:
            clips.append(_plan_clip(row, archive, splits, options))
        except RecordingError as error:
            drops.append(Drop.of(row, "plan", error))
    return clips, drops


def _plan_clip(
    row: Row, archive: Archive, splits: Splits | None, options: BuildOptions
) -> PlannedClip:
    recording = archive.locate(row)
    listed = dict(_listed_names(row, splits, options.mirror))
    if not listed:
        raise RecordingError(DropReason.NO_SPLIT, f"{row.name}: no split list names it")
    samples = tuple(
        PlannedSample(name, name != row.name, view)
        for name in listed
        for view in range(options.views)
    )
    return PlannedClip(row, recording, next(iter(listed.values())), samples)


def _listed_names(row: Row, splits: Splits | None, mirror: bool) -> Iterator[tuple[str, str]]:
    """Yield a clip's name and its mirrored one, where they are wanted, each with its split."""
    mirrored = MIRRORED_PREFIX + row.name
    if splits is None:
        yield from ((name, ALL) for name in ([row.name, mirrored] if mirror else [row.name]))
        return
    if row.name in splits.of_clip:
        yield row.name, splits.of_clip[row.name]
    if mirror and mirrored in splits.of_mirrored_clip:
        yield mirrored, splits.of_mirrored_clip[mirrored]


def fill_shards(
    clips: list[PlannedClip], options: BuildOptions, kept: Mapping[str, Sequence[str]]
) -> Iterator[PlannedShard]:
    """Fill shards per split, in index order, so that their sizes differ by a clip at the most.

    Shards that are kept come first and have their clips already.
    """
    old = list(_keep_shards(clips, kept))
    placed = {clip.row.number for shard in old for clip in shard.clips}
    for split in sorted({clip.split for clip in clips} | {shard.split for shard in old}):
        before = [shard for shard in old if shard.split == split]
        yield from before
        mine = [clip for clip in clips if clip.split == split and clip.row.number not in placed]
        first = 1 + max((number_of(shard.name) for shard in before), default=-1)
        for number, part in enumerate(_balance(mine, options), start=first):
            yield PlannedShard(shard_name(split, number), split, tuple(part))


def _keep_shards(
    clips: list[PlannedClip], kept: Mapping[str, Sequence[str]]
) -> Iterator[PlannedShard]:
    clip_of = {sample.key: clip for clip in clips for sample in clip.samples}
    for name in sorted(kept):
        gone = [key for key in kept[name] if key not in clip_of]
        if gone:
            raise InputError(
                f"{name} has {gone[0]}, which can no longer be built: expected what a shard was "
                "built from to stay. Choose another --out, or discard what is there with --restart"
            )
        mine = {clip_of[key].row.number: clip_of[key] for key in kept[name]}
        yield PlannedShard(name, split_of(name), tuple(mine.values()))


def _balance(clips: list[PlannedClip], options: BuildOptions) -> list[list[PlannedClip]]:
    """Cut a split's clips into parts of about the size of a shard."""
    total = sum(clip_bytes(clip, options) for clip in clips)
    count = min(len(clips), max(1, round(total / (options.shard_megabytes * 1e6))))
    filled: list[list[PlannedClip]] = [[] for _ in range(count)]
    before = 0
    for clip in clips:
        middle = before + clip_bytes(clip, options) / 2
        filled[min(count - 1, int(middle * count / total))].append(clip)
        before += clip_bytes(clip, options)
    return [part for part in filled if part]


def clip_bytes(clip: PlannedClip, options: BuildOptions) -> int:
    """Estimate the bytes that a clip's samples take in a shard."""
    return clip.frames * frame_bytes(options.points) + len(clip.samples) * sample_bytes()


def _refuse_shared_keys(clips: list[PlannedClip]) -> None:
    seen: set[str] = set()
    for key in (sample.key for clip in clips for sample in clip.samples):
        if key.casefold() in seen:
            raise InputError(f"two samples would be called {key}: rename one of the index's rows")
        seen.add(key.casefold())
