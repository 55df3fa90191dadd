"""The input files of a plan's clips: the recordings and the caption files of their samples.

Their sizes and times go into the plan's fingerprint, and into each planned clip for the worker that
builds it.
"""

import os
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from motiondata.mirroring import MIRRORED_PREFIX
from pipelines.clips.options import JOINTS_SUFFIX, ClipSelection
from pipelines.clips.planned_clips import CAPTIONS, PlannedClips
from pipelines.engine.file_stats import NO_FILES, stamps_of, stat_files
from pipelines.engine.plan import Plan


def stamp_clips(
    plan: Plan[PlannedClips], selection: ClipSelection, texts: Path | None
) -> tuple[Plan[PlannedClips], pa.Table]:
    """Return the plan with the stamps of its clips' files, and a table of these files.

    Raises `OSError` if a file has disappeared since it was listed, or if its status cannot be read.
    """
    columns = plan.shards.columns
    clips = columns.table
    plain = _captions_of(clips["name"], "")
    mirrored = _captions_of(clips["name"], MIRRORED_PREFIX)
    listed = [plain.filter(clips["plain"]), mirrored.filter(clips["mirrored"])]
    recordings = _stat_recordings(selection, clips["recording"])
    files = pa.concat_tables([recordings, _stat_captions(texts, listed)])
    stamps = {
        "recording": stamps_of(files, "recordings", clips["recording"]),
        "captions": stamps_of(files, "captions", plain),
        "mirrored_captions": stamps_of(files, "captions", mirrored),
    }
    shards = plan.shards.with_columns(columns.with_stamps(stamps))
    return replace(plan, shards=shards), files


def _stat_recordings(selection: ClipSelection, names: pa.ChunkedArray) -> pa.Table:
    """Return the sizes and times of the recordings, and of the joints of HumanAct12 if any."""
    if selection.humanact12 is None:
        return stat_files("recordings", selection.amass, names)
    is_joints = pc.ends_with(names, JOINTS_SUFFIX)
    parts = ((selection.amass, pc.invert(is_joints)), (selection.humanact12, is_joints))
    return pa.concat_tables(
        stat_files("recordings", folder, names.filter(chosen)) for folder, chosen in parts
    )


def _captions_of(names: pa.ChunkedArray, prefix: str) -> pa.ChunkedArray:
    """Return the names of the caption files of clips, each clip name with a prefix."""
    return pc.binary_join_element_wise(prefix, names, CAPTIONS, "").cast(pa.binary())


def _stat_captions(texts: Path | None, listed: list[pa.ChunkedArray]) -> pa.Table:
    """Return the sizes and times of those of the listed caption files that exist."""
    if texts is None:
        return NO_FILES
    wanted = pa.chunked_array([chunk for names in listed for chunk in names.chunks], pa.binary())
    there = pa.array(os.listdir(os.fsencode(texts)), pa.binary())  # noqa: PTH208 (a million names)
    return stat_files("captions", texts, wanted.filter(pc.is_in(wanted, there)))
