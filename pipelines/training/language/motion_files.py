"""Files of motion that a language model writes, and the report of them.

Tokens become motion as `motiondata detokenize` makes it: features, joints, and a recording of a
fitted body, which builds, exports and viewers read.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from motiondata.bodies.bundled import bundled_body
from motiondata.counting import counted
from motiondata.errors import InputError
from motiondata.recording import Recording
from motiondata.sources.amass.writer import write_amass
from motiondata.sources.imports.lists import TEXTS, one_line
from pipelines.clips.members import DETAILS, POSE, TRANS
from pipelines.engine.reports import Report
from pipelines.engine.settings import REMOVE_THE_FOLDER
from pipelines.engine.text_tables import table
from pipelines.products.motion_features.members import JOINTS, VECTORS
from shards.format.publishing import publish

LICENSE = "written by a language model of motiondata"
MOTIONS, RECORDINGS = "motions.jsonl", "recordings"
ARRAYS = {member.removesuffix(".npy"): member for member in (VECTORS, JOINTS)}
"""Folders of arrays, and the member that each has of all motions."""
SHOWN = 3
"""Number of motions that an error names."""
CUT = (
    "cut at --max-tokens because the model did not end: {} of {}; choose a length with --seconds, "
    "or train the model longer"
)


@dataclass(frozen=True)
class WrittenMotion:
    """A motion that was written."""

    name: str
    text: str
    codes: tuple[Any, ...]
    """The code of each token; the codes of each one of a residual tokenizer."""
    frames: int
    fps: float
    cut: bool
    """Whether the maximum number of tokens ended it, not the model."""
    fit_millimeters: float
    """Mean distance of the joints from those of the fitted body."""


@dataclass(frozen=True)
class MotionReport(Report):
    """The motions that were written."""

    folder: Path
    motions: tuple[WrittenMotion, ...]

    def lines(self) -> list[str]:
        """Return a table of the motions, and where they are."""
        rows = [
            (each.name, f"{each.frames}", f"{each.frames / each.fps:.1f}", each.text)
            for each in self.motions
        ]
        cut = sum(each.cut for each in self.motions)
        return [
            *table([("name", "frames", "seconds", "text"), *rows]),
            *([CUT.format(cut, counted(len(self.motions), "motion"))] if cut else []),
            f"features, joints and recordings are in {self.folder}; to scan them: motiondata "
            f"build-lidar {self.folder / RECORDINGS} --out lidar",
        ]


def expect_no_other_motions(names: Collection[str], out: Path) -> None:
    """Raise `InputError` if a folder has motions of other names: builds read all its recordings."""
    files = [file for folder in ARRAYS for file in (out / folder).glob("*.npy")]
    files += (out / RECORDINGS).rglob("*.npz")
    others = sorted({file.stem for file in files} - {*names})
    if others:
        more = f" and {len(others) - SHOWN:,} more" if len(others) > SHOWN else ""
        raise InputError(
            f"{out}: expected no motions but those to write, because builds read all of its "
            f"{RECORDINGS}, found {', '.join(others[:SHOWN])}{more} of an earlier call; choose "
            f"another --out, or {REMOVE_THE_FOLDER}"
        )


def write_motion_files(name: str, text: str, made: Mapping[str, Any], out: Path) -> None:
    """Write detokenized values as features, joints, and a recording with its caption."""
    for folder, member in ARRAYS.items():
        publish(_file(out, folder, name, "npy"), _npy(made[member]))
    recording = _file(out, RECORDINGS, name, "npz")
    write_amass(recording, _recording(name, made), np.float32)
    _write_caption(name, text, out / RECORDINGS)


def write_list(motions: Sequence[WrittenMotion], out: Path) -> None:
    """Write the list of motions."""
    lines = [json.dumps(asdict(each), ensure_ascii=False) + "\n" for each in motions]
    publish(out / MOTIONS, "".join(lines).encode())


def _write_caption(name: str, text: str, recordings: Path) -> None:
    """Write the text beside the recording, where builds without an index read captions."""
    path = _file(recordings, TEXTS, name, "txt")
    if text:
        publish(path, f"{one_line(text)}\n".encode())
    else:
        path.unlink(missing_ok=True)  # of an earlier motion of this name


def _file(out: Path, folder: str, name: str, suffix: str) -> Path:
    (out / folder).mkdir(parents=True, exist_ok=True)
    return out / folder / f"{name}.{suffix}"


def _npy(array: Any) -> bytes:
    buffer = BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def _recording(name: str, made: Mapping[str, Any]) -> Recording:
    """Return the body of detokenized values as a recording."""
    details = made[DETAILS]
    return Recording(
        pose=made[POSE].astype(np.float64),
        trans=made[TRANS].astype(np.float64),
        fps=details["fps_out"],
        gender=details["gender"],
        betas=np.array(details["betas"]),
        source=name,
        shape_space=bundled_body().shape_space,
        licence=LICENSE,
        synthetic=True,
    )
