"""MotionHub: poses of SMPL-H or SMPL-X at 30 frames a second, with captions of three levels.

A subset has `smplh_52/CLIP.npz`, or `smplx_55/` in the first release, and beside that folder
`hierarchical_caption/CLIP.json` with the lists `macro`, `meso` and `micro`: from the act as a whole
to what each limb does. Sources: the README of ZeyuLing/MotionHub, and public code that reads its
files. The README has no example of a caption file.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from motiondata.errors import DropReason, RecordingError
from motiondata.files import is_of_the_file, read_small_file
from motiondata.recording import SMPL_SHAPES, SMPLX_SHAPES
from motiondata.sources.humanml3d.captions import MAX_BYTES
from motiondata.sources.imports.kind import ImportedMotion, ImportKind
from motiondata.sources.smpl.convert import SUFFIXES, SmplOptions, convert_smpl, without_shapes

LICENSE = "MotionHub: the license of each subset's source"
"""The note on the license of recordings, whose files name none."""
CAPTIONS = "hierarchical_caption"
LEVELS = "macro", "meso", "micro"
WITHOUT_LEVELS = "action", "description"
"""Keys that code reads if there is no level."""
SMPLH = "smplh_"
"""How names of folders of SMPL-H's poses begin."""
POSES = SMPLH, "smplx_"
"""How names of folders of poses begin; that next to a file counts."""


def motionhub_kind(licence: str = "") -> ImportKind:
    """Return how MotionHub's files are imported. `licence` is that of the subset."""
    options = SmplOptions(licence=licence or LICENSE)

    def convert(path: Path) -> list[ImportedMotion]:
        captions = tuple(text for file in caption_files(path) for text in read_captions(file))
        folders = [part for part in path.absolute().parts if part.startswith(POSES)]
        shapes = SMPL_SHAPES if folders and folders[-1].startswith(SMPLH) else SMPLX_SHAPES
        motions = convert_smpl(path, replace(options, shape_space=shapes))
        return [replace(motion, captions=captions or motion.captions) for motion in motions]

    return ImportKind(
        "motionhub", SUFFIXES, convert, options.settings, others=caption_files,
        choose=without_shapes,
    )  # fmt: skip


def caption_files(path: Path) -> Sequence[Path]:
    """Return the file of the captions of a file of poses, if there is one."""
    path = path.absolute()
    places = (
        folder.parent / CAPTIONS / path.relative_to(folder).with_suffix(".json")
        for folder in path.parents
    )
    return [file for file in places if file.is_file()][:1]


def read_captions(path: Path) -> list[str]:
    """Return the captions of all levels, the shortest level first.

    Raises `RecordingError` if the file is not a JSON object with a caption.
    """
    try:
        found = json.loads(read_small_file(path, MAX_BYTES))
    except OSError as error:
        if not is_of_the_file(error):
            raise
        raise _unreadable(path, str(error.strerror)) from error
    except ValueError as error:
        raise _unreadable(path, str(error)) from error
    if not isinstance(found, dict):
        raise _unreadable(path, f"found a {type(found).__name__}")
    captions = _texts(found, LEVELS) or _texts(found, WITHOUT_LEVELS)[:1]
    if not captions:
        raise _unreadable(path, f"found {', '.join(found) or 'no keys'}")
    return captions


def _texts(found: Mapping[str, Any], keys: Sequence[str]) -> list[str]:
    values = (found.get(key) for key in keys)
    texts = (text for value in values for text in (value if isinstance(value, list) else [value]))
    return [text.strip() for text in texts if isinstance(text, str) and text.strip()]


def _unreadable(path: Path, found: str) -> RecordingError:
    return RecordingError(
        DropReason.UNREADABLE,
        f"{CAPTIONS}/{path.name}: expected captions in {', '.join(LEVELS)}; {found}; correct or "
        "remove the file",
    )
