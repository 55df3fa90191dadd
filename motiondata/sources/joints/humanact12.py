"""Make recordings of HumanAct12's joints, to which a body is fitted when a clip is read.

HumanML3D's index has 1,191 rows of HumanAct12, which only have joint positions: y up, in its own
frame, neither cut nor turned. Source: EricGuo5513/HumanML3D, `raw_pose_processing.ipynb`.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.body import Body
from motiondata.errors import DropReason, InputError, RecordingError
from motiondata.files import OpenFile, open_plain_file
from motiondata.fitting.fit_joints import fit_joints
from motiondata.recording import Recording
from motiondata.sources.humanml3d.index import Row
from motiondata.sources.humanml3d.trimming import INDEX_FPS

SUFFIX = ".npy"


@dataclass(frozen=True)
class HumanAct12:
    """The files of joints below a folder."""

    root: Path
    paths: Mapping[str, tuple[str, ...]]
    """Maps the case-folded name of each recording to its paths relative to the root."""

    @classmethod
    def scan(cls, root: Path) -> "HumanAct12":
        """List the `.npy` files below a folder; raise `InputError` if there are none."""
        paths: dict[str, tuple[str, ...]] = defaultdict(tuple)
        for path in sorted(root.rglob(f"*{SUFFIX}")):
            paths[path.stem.casefold()] += (path.relative_to(root).as_posix(),)
        if not paths:
            raise InputError(
                f"{root}: no {SUFFIX} files; expected the joints of HumanAct12, such as "
                "humanact12/P01G01R01F0001T0064A0101.npy"
            )
        return cls(root, dict(paths))

    def locate(self, row: Row) -> str:
        """Return the path of a row's joints relative to the root; raise `RecordingError`."""
        name = f"{'/'.join(row.parts)}{SUFFIX}"
        found = self.paths.get(row.parts[-1].casefold(), ())
        if not found:
            raise RecordingError(DropReason.MISSING, f"{name} is not below {self.root.name}")
        if len(found) > 1:
            raise RecordingError(
                DropReason.AMBIGUOUS, f"{name}: {len(found)} files match: {', '.join(found)}"
            )
        _read(self.root / found[0], found[0], open_plain_file)
        return found[0]

    def with_frames(self, row: Row) -> Row:
        """Return a row of HumanAct12 with its number of frames; any other row as it is.

        A row whose file cannot be used is also returned as it is: `locate` raises its error.
        """
        if not row.is_humanact12:
            return row
        try:
            path = self.locate(row)
            frames = len(_read(self.root / path, path, open_plain_file))
        except RecordingError:
            return row
        return replace(row, start_frame=0, end_frame=frames)


def _read(path: Path, source: str, open_file: OpenFile) -> NDArray[Any]:
    try:
        with open_file(path) as file:
            joints = np.load(file, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise RecordingError(
            DropReason.UNREADABLE, f"{source}: expected joint positions as .npy; {error}"
        ) from error
    if not isinstance(joints, np.ndarray) or joints.ndim != 3:
        raise RecordingError(
            DropReason.INVALID, f"{source}: expected joints shaped (frames, 22 or 24, 3)"
        )
    return joints


def read_humanact12(
    path: Path, source: str, body: Body, open_file: OpenFile = open_plain_file
) -> Recording:
    """Fit a body to a file of joints; its frames count as 20 a second, as HumanML3D's do.

    Raises `RecordingError` if the joints cannot be fitted, and `OSError` if the machine cannot read
    the file.
    """
    joints = _read(path, source, open_file)
    fitted = fit_joints(joints, up="y", fps=INDEX_FPS, body=body, where=source)
    return Recording(
        pose=fitted.pose,
        trans=fitted.trans,
        fps=float(INDEX_FPS),
        gender="neutral",
        betas=fitted.betas,
        source=source,
        shape_space=body.shape_space,
        licence="Poses fitted to joint positions of HumanAct12",
    )
