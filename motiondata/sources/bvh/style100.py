"""100STYLE: a hundred styles of locomotion at 60 frames a second, in centimeters, y up.

Names of files are style and content, such as `DragLeftLeg_FW.bvh`. `Frame_Cuts.csv` says which
frames of a file to use: files begin and end with other poses, such as a T-pose.
`Dataset_List.csv` describes each style. Source: Mason, Starke and Komura 2022,
ianxmason.com/100style.
"""

import csv
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from motiondata.bodies.body import Body
from motiondata.errors import DropReason, RecordingError
from motiondata.recording import Recording
from motiondata.sources.bvh.convert import BvhOptions, convert_bvh
from motiondata.sources.imports.file_names import BUNDLED
from motiondata.sources.imports.kind import ImportedMotion, ImportKind

LICENSE = "100STYLE (Mason, Starke, Komura 2022): CC BY 4.0"
SPLITS = BUNDLED.with_name("style100_splits.toml")
"""The template that keeps all files of a style in one list."""

CUTS, STYLES = "Frame_Cuts.csv", "Dataset_List.csv"
STYLE_OF_CUTS, STYLE_OF_LIST, DESCRIPTION = "STYLE_NAME", "Style Name", "Description"
"""The names of columns."""

CONTENTS: Mapping[str, str] = {
    "FW": "walks forward", "FR": "runs forward", "BW": "walks backward", "BR": "runs backward",
    "SW": "walks sideways", "SR": "runs sideways", "ID": "stands in place",
    "TR1": "changes between gaits", "TR2": "changes between gaits", "TR3": "changes between gaits",
}  # fmt: skip
"""What each content is, in our own words."""


def style100_kind(body: Body | None = None, settings: str = "") -> ImportKind:
    """Return how the files of 100STYLE are imported, on a body, by default the bundled one."""
    options = BvhOptions(unit="cm", up="y", licence=LICENSE)

    def convert(path: Path) -> list[ImportedMotion]:
        style, content = _name_of(path)
        converted = convert_bvh(path, options, body)
        cut = _cut(path, style, content)
        recording = _part(converted.recording, cut)
        whole = f"all frames are used: no {CUTS} names its part"
        note = f"frames used: those of {CUTS}" if cut else whole
        captions = _captions(path, style, content)
        return [ImportedMotion(recording, path.stem, (*converted.notes, note), captions)]

    given = json.dumps(asdict(options), sort_keys=True)
    return ImportKind("100style", (".bvh",), convert, given + settings, others=_tables)


def _name_of(path: Path) -> tuple[str, str]:
    style, _, content = path.stem.rpartition("_")
    if not style or content not in CONTENTS:
        raise RecordingError(
            DropReason.INVALID,
            f"{path.name}: expected a name such as Cat_FW.bvh, with one of {', '.join(CONTENTS)}",
        )
    return style, content


def _tables(path: Path) -> Sequence[Path]:
    """Return the tables that are in the folder of a file, or in one of the two above it."""
    folders = (path.parent, *path.parent.absolute().parents[:2])
    found = [next((at for folder in folders if (at := folder / name).is_file()), None)
             for name in (CUTS, STYLES)]  # fmt: skip
    return [table for table in found if table is not None]


def _row(path: Path, table: str, column: str, style: str) -> Mapping[str, str]:
    """Return the row of a style in a table; an empty one without the table or the row."""
    for at in _tables(path):
        if at.name == table:
            try:
                with at.open(newline="", encoding="utf-8-sig") as lines:
                    rows = list(csv.DictReader(lines))
            except (OSError, UnicodeDecodeError, csv.Error) as error:
                raise RecordingError(
                    DropReason.UNREADABLE, f"{at.name}: expected a table of 100STYLE; {error}"
                ) from error
            return next((row for row in rows if row.get(column) == style), {})
    return {}


def _cut(path: Path, style: str, content: str) -> tuple[int, int] | None:
    row = _row(path, CUTS, STYLE_OF_CUTS, style)
    ends = [row.get(f"{content}_{end}") or "" for end in ("START", "STOP")]
    if not row or not all(end.strip().isdecimal() for end in ends):
        return None
    return int(ends[0]), int(ends[1])


def _part(recording: Recording, cut: tuple[int, int] | None) -> Recording:
    start, stop = cut or (0, recording.frames)
    if not start < min(stop, recording.frames):
        raise RecordingError(
            DropReason.TOO_SHORT,
            f"{recording.source}: {CUTS} has frames {start} to {stop}, and the file has "
            f"{recording.frames}",
        )
    return replace(recording, pose=recording.pose[start:stop], trans=recording.trans[start:stop])


def _captions(path: Path, style: str, content: str) -> tuple[str, ...]:
    words = " ".join(re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])", style)).lower()
    act = CONTENTS[content]
    described = (_row(path, STYLES, STYLE_OF_LIST, style).get(DESCRIPTION) or "").strip(" .")
    sentences = (f"a person {act} in the style {words}",)
    return (*sentences, f"a person {act}: {described.lower()}") if described else sentences
