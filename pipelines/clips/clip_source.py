"""The clips of a selection: what all products of motion share, whatever they make of a clip.

A product holds a `ClipSource`. It plans with it, reads clips and captions with it, and adds only
what is its own: the members of a sample, and its options.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.body import Body
from motiondata.bodies.posing import ShapedBody
from motiondata.captions import Caption
from motiondata.clip import Clip
from motiondata.errors import DropReason, InputError
from motiondata.files import open_as_planned
from motiondata.sources.humanml3d.captions import find_captions
from motiondata.sources.humanml3d.index import iter_index
from motiondata.sources.humanml3d.splits import SPLITS
from pipelines.clips.appraisal import CLIP_FLAGS, check_flags, drop_flagged, judge
from pipelines.clips.caption_files import caption_warnings
from pipelines.clips.clip_files import stamp_clips
from pipelines.clips.inputs import InputFolders, find_input_folders
from pipelines.clips.options import INPUTS, ClipSelection, PackingOptions
from pipelines.clips.pack_shards import pack_shards
from pipelines.clips.plan_clips import check_distinct_keys, list_rows, plan_clips, rows_and_places
from pipelines.clips.planned_clips import CAPTIONS, PlannedClip, PlannedClips, PlannedVariant
from pipelines.clips.read_clip import read_clip
from pipelines.clips.unresolved_recordings import describe_nearby
from pipelines.engine.fingerprint import KeptShard, digest_files, digest_json, fingerprint
from pipelines.engine.plan import Plan
from pipelines.engine.product import PlannedBuild
from shards.format.prefetching import prefetch_file

ClipBytes = Callable[[PlannedClips], NDArray[np.int64]]
"""Estimates the size of each clip's samples in a shard, in bytes, shaped (clips,)."""


@dataclass(frozen=True)
class ClipSource:
    """Where the clips of a selection are read from. It is small and picklable."""

    selection: ClipSelection
    packing: PackingOptions
    folders: InputFolders

    @classmethod
    def find(
        cls,
        selection: ClipSelection,
        packing: PackingOptions,
        flags: Collection[str] = CLIP_FLAGS,
    ) -> Self:
        """Find the inputs. `flags` are those that the product's samples can have.

        Raises `InputError` if a named folder does not exist, and for an unknown excluded flag.
        """
        check_flags(selection.exclude, flags)
        selection = selection.absolute
        return cls(selection, packing, find_input_folders(selection))

    def plan(
        self,
        samples_per_variant: int,
        clip_bytes: ClipBytes,
        kept: Mapping[str, KeptShard] | None = None,
        rate: float | None = None,
    ) -> Plan[PlannedClips]:
        """Plan the samples of all clips, around the shards that are kept, given by name.

        `rate` is the frame rate of samples, Hz; None is HumanML3D's stride rule.

        Raises `InputError` if the index, the split lists or the archive are invalid, and if there
        is nothing to build.
        """
        read, locate = rows_and_places(self.selection)
        rows, warnings = list_rows(read, self.selection, self.folders)
        limit = self.selection.limit
        clips, drops = plan_clips(rows, locate, limit, samples_per_variant, rate)
        check_distinct_keys(clips)
        keys = {name: shard.keys for name, shard in (kept or {}).items()}
        shards = pack_shards(clips, clip_bytes(clips), self.packing, keys)
        plan = Plan(shards, tuple(drops), len(clips) + len(drops), warnings)
        self._expect_clips(plan)
        return plan

    def _expect_clips(self, plan: Plan[PlannedClips]) -> None:
        if not plan.shards:
            selection = self.selection
            reasons = Counter(drop.reason for drop in plan.drops)
            counts = ", ".join(f"{reason}: {number:,}" for reason, number in reasons.items())
            nearby = ""
            if DropReason.MISSING in reasons and selection.has_index:
                nearby = describe_nearby(selection.amass, iter_index(selection.index))
            raise InputError(
                f"{selection.index}: none of its rows can be built from {selection.amass} "
                f"({counts}); {nearby or plan.drops[-1].message}"
            )

    def stamp(
        self,
        plan: Plan[PlannedClips],
        parameters: dict[str, Any],
        contents: Mapping[str, str],
        kept: dict[str, KeptShard] | None = None,
    ) -> PlannedBuild:
        """Add the stamps of the clips' files to a plan, and compute its fingerprint.

        `parameters` are the product's options that may change a byte; those of the selection and
        the packing are added where `parameters` does not name them. `contents` are the hashes of
        the product's own small inputs, such as bodies, by name. Raises `OSError` if the size and
        time of a file cannot be read.
        """
        splits = self.folders.splits
        lists = {name: splits / f"{name}.txt" for name in SPLITS} if splits else {}
        all_contents = {
            **self._hash_of_rows(plan),
            **{f"list {name}": digest_files([path]) for name, path in lists.items()},
            **contents,
        }
        stamped, files = stamp_clips(plan, self.selection, self.folders.texts)
        warnings = caption_warnings(stamped.shards.columns, self.folders.texts)
        stamped = replace(stamped, warnings=(*stamped.warnings, *warnings))
        all_parameters = {**parameters, **self._shared_parameters}
        found = fingerprint(stamped, all_parameters, all_contents, files, kept or {})
        return PlannedBuild(stamped, found)

    @property
    def _shared_parameters(self) -> dict[str, Any]:
        """The options of the selection and the packing that may change a byte, without paths.

        Excluded flags are left out if there are none, so that such datasets keep their bytes.
        """
        options = asdict(self.selection) | asdict(self.packing)
        del options["exclude"]
        excluded = {"exclude": self.selection.excluded} if self.selection.exclude else {}
        return {**{name: options[name] for name in options if name not in INPUTS}, **excluded}

    def _hash_of_rows(self, plan: Plan[PlannedClips]) -> dict[str, str]:
        """Return the hash of the index, or without an index the hash of the recordings' paths.

        The paths of whole recordings name the subsets.
        """
        if self.selection.has_index:
            return {"index": digest_files([self.selection.index])}
        planned = plan.shards.columns.table["source_path"].to_pylist()
        dropped = [drop.source for drop in plan.drops]
        return {"paths of recordings": digest_json(sorted([*planned, *dropped]))}

    def prefetch(self, planned: PlannedClip) -> None:
        """Ask the operating system to read ahead a clip's recording and captions."""
        for path in self.files_of(planned):
            prefetch_file(path)

    def files_of(self, planned: PlannedClip) -> list[Path]:
        """Return the paths of a clip's recording and of the caption files of its variants."""
        texts = self.folders.texts
        captions = [texts / f"{of.name}{CAPTIONS}" for of in planned.variants] if texts else []
        return [self.selection.path_of(planned.recording), *captions]

    def read(
        self, planned: PlannedClip, bodies: Mapping[str, Body], fps: float | None = None
    ) -> tuple[Clip, ShapedBody]:
        """Read, check and cut a clip, as `read_clip` does.

        Raises `RecordingError` (FLAGGED), too, if the clip has an excluded flag.
        """
        clip, shaped = read_clip(planned, self.selection, bodies, fps)
        if self.selection.exclude:
            self.drop_flagged(clip, judge(clip, shaped).flags)
        return clip, shaped

    def drop_flagged(self, clip: Clip, flags: Mapping[str, bool]) -> None:
        """Raise `RecordingError` (FLAGGED) if a clip has an excluded flag."""
        drop_flagged(f"{clip.recording.source}: {clip.name}", flags, self.selection.exclude)

    def read_captions(self, variant: PlannedVariant) -> tuple[Caption, ...]:
        """Read the captions of a variant of a clip; without a folder of captions there are none.

        Raises `RecordingError` if the captions are invalid, and `OSError` if the file is not the
        one that was planned.
        """
        if self.folders.texts is None:
            return ()
        open_captions = partial(open_as_planned, variant.captions)
        return find_captions(self.folders.texts, variant.name, open_captions)
