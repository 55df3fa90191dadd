"""Input of the build benchmark: clips, synthetic or from an archive, and bodies.

An index may list the same clips repeatedly, so a build of any size needs little disk space for its
input. A build does not cache clips, so repetition does not make it faster.
"""

import csv
import shutil
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motiondata.clip import Clip
from motiondata.errors import InputError
from motiondata.sources.amass.reader import read_smplh
from motiondata.sources.humanml3d.index import COLUMNS, Row, read_index
from motiondata.sources.humanml3d.trimming import cut_clip, frame_stride, lead_in_frames
from motiondata.synthesis.corpus.corpus import synthesize

SUFFIX = "_poses.npz"
SHORTEST, LONGEST = 40, 200
"""Frame limits of a clip from an archive: HumanML3D's 2 to 10 seconds at 20 fps."""
HUMANML3D_FRAMES = (63, 88, 111, 143, 181, 200, 200, 200)
"""Lengths in frames of HumanML3D's clips from AMASS: the middle of each eighth; 148 on average.
Realistic lengths matter, because the fixed cost per clip would count twice as much in clips of half
the length."""
POOL = 8
"""Number of clips synthesized for each clip that is kept for its length."""
BLEND_METERS = 0.004
"""Standard deviation of a synthetic pose blend shape, per feature: joints bulge, but the shape
remains human."""

BUNDLED = "bundled"
BLENDED = "with pose blend shapes"


@dataclass(frozen=True)
class ClipSet:
    """A set of clips and its location."""

    name: str
    archive: Path
    rows: tuple[Row, ...]
    texts: Path | None = None

    @property
    def frames(self) -> int:
        """The total number of frames."""
        return sum(map(frames_of, self.rows))

    def clips(self, count: int) -> list[Clip]:
        """Read the first `count` clips, without guards."""
        return [
            cut_clip(read_smplh(recording_path(self.archive, row), row.source_path), row)
            for row in self.rows[:count]
        ]

    def write_index(self, folder: Path) -> Path:
        """Write an index of the rows under new names; rows may repeat. Return its path."""
        (folder / "texts").mkdir(parents=True)
        rows = [(f"{number:07d}", row) for number, row in enumerate(self.rows)]
        with (folder / "index.csv").open("w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COLUMNS)
            for name, row in rows:
                writer.writerow((row.source_path, row.start_frame, row.end_frame, f"{name}.npy"))
        if self.texts is not None:
            for name, row in rows:
                shutil.copyfile(self.texts / f"{row.name}.txt", folder / "texts" / f"{name}.txt")
        return folder / "index.csv"


def frames_of(row: Row) -> int:
    """Return the number of frames of a clip."""
    return row.end_frame - row.start_frame


def recording_path(archive: Path, row: Row) -> Path:
    """Return the path of a row's recording."""
    return archive.joinpath(*row.parts).with_name(f"{row.parts[-1]}.npz")


def made_clips(folder: Path, count: int) -> ClipSet:
    """Synthesize clips; keep `count` with lengths close to HumanML3D's, up to 190 frames."""
    synthesize(folder, POOL * count, seed=0)
    pool = list(read_index(folder / "index.csv"))
    wanted = np.quantile(HUMANML3D_FRAMES, (np.arange(count) + 0.5) / count)
    rows = tuple(_take_nearest(pool, frames) for frames in wanted)
    return ClipSet("synthesized", folder / "amass", rows, folder / "texts")


def archive_clips(archive: Path, count: int) -> ClipSet:
    """Take the beginnings of recordings, evenly spread over an archive with AMASS's layout.

    Raises `InputError` if it has no recordings.
    """
    paths = sorted(archive.rglob(f"*{SUFFIX}"))
    if not paths:
        raise InputError(f"{archive}: expected recordings named *{SUFFIX} below it, found none")
    picked = [paths[at] for at in np.linspace(0, len(paths) - 1, count).astype(int).tolist()]
    rows = [_beginning(archive, path, number) for number, path in enumerate(dict.fromkeys(picked))]
    return ClipSet(archive.name, archive, tuple(row for row in rows if frames_of(row) >= SHORTEST))


def bundled_arrays() -> dict[str, NDArray[Any]]:
    """Return the arrays of the bundled body's file."""
    with (
        as_file(files("motiondata.bodies") / "data" / "free_body.npz") as path,
        np.load(path) as npz,
    ):
        return {key: npz[key] for key in npz.files}


def write_bodies(folder: Path) -> dict[str, Path]:
    """Write the bundled body, unchanged and with synthetic pose blend shapes; return both paths.

    A joint's blend shapes are as smooth over the surface as its skinning weights.
    """
    arrays = bundled_arrays()
    weights = arrays["weights"]
    of_joints = np.random.default_rng(0).normal(0, BLEND_METERS, (weights.shape[1], 3, 9 * 23))
    blended = {**arrays, "posedirs": np.tensordot(weights, of_joints, 1).astype(np.float32)}
    paths = {BLENDED: folder / "blended.npz", BUNDLED: folder / "bundled.npz"}
    np.savez(paths[BUNDLED], **arrays)  # type: ignore[arg-type]
    np.savez(paths[BLENDED], **blended)  # type: ignore[arg-type]
    return paths


def _take_nearest(pool: list[Row], frames: float) -> Row:
    """Remove and return the clip of a pool with the nearest length."""
    return pool.pop(min(range(len(pool)), key=lambda at: abs(frames_of(pool[at]) - frames)))


def _beginning(archive: Path, path: Path, number: int) -> Row:
    name = path.relative_to(archive).as_posix().removesuffix(".npz")
    row = Row(number, f"./pose_data/{name}.npy", 0, LONGEST, f"{number:06d}")
    recording = read_smplh(path, name)
    frames = len(range(0, recording.frames, frame_stride(recording.fps)))
    end = min(LONGEST, frames - lead_in_frames(row.subset))
    return Row(number, row.source_path, 0, end, row.name)
