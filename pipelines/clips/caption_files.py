"""Which planned samples have no caption file. That is easy to overlook."""

from pathlib import Path

import numpy as np
import pyarrow.compute as pc

from motiondata.counting import counted
from motiondata.files import Stamp
from pipelines.clips.planned_clips import CAPTIONS, PlannedClips


def samples_without_captions(clips: PlannedClips) -> int:
    """Return the number of planned samples without a caption file.

    The clips must have the stamps of their files.
    """
    table, missing = clips.table, 0
    for wanted, file in (("plain", "captions"), ("mirrored", "mirrored_captions")):
        absent = pc.is_null(table[f"{file}_{Stamp._fields[0]}"])
        missing += pc.sum(pc.and_(table[wanted], absent)).as_py() or 0
    return missing * clips.samples_per_variant


def caption_warnings(clips: PlannedClips, texts: Path | None) -> tuple[str, ...]:
    """Warn if a captions folder lacks files for more than half of the planned samples."""
    samples = int(np.sum(clips.samples))
    without = 0 if texts is None else samples_without_captions(clips)
    if 2 * without <= samples:
        return ()
    of_all, example = counted(samples, "sample"), f"{clips.table['name'][0].as_py()}{CAPTIONS}"
    return (
        f"warning: {texts} has no file of captions for {without:,} of {of_all}; "
        f"expected files named after the clips, such as {example}; check --texts",
    )
