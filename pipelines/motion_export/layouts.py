"""The files of each format, one group per clip."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from motiondata.motion_files.body_motion import BodyMotion
from motiondata.motion_files.bvh import motion_to_bvh
from motiondata.motion_files.glb import motion_to_glb
from motiondata.motion_files.meshes import motion_to_meshes
from motiondata.motion_files.smpl_params import motion_to_smpl_params
from motiondata.sources.amass.writer import recording_to_npz
from pipelines.datasets.file_groups import FileGroups, Line
from pipelines.motion_export.motions import Motions, Named


@dataclass(frozen=True)
class MotionFormat:
    """The files that a motion becomes."""

    ending: str
    """The end of a file's name, after the key of the clip or the number of the frame."""
    write: Callable[[BodyMotion], Iterator[bytes]]
    """Yields the contents of the files of a motion."""
    per_frame: bool = False
    """Whether there is a folder per clip with a file per frame, not a file per clip."""


def _whole(write: Callable[[BodyMotion], bytes]) -> Callable[[BodyMotion], Iterator[bytes]]:
    return lambda motion: iter((write(motion),))


FORMATS: Mapping[str, MotionFormat] = {
    **{
        kind: MotionFormat(f".{kind}", partial(motion_to_meshes, kind=kind), per_frame=True)
        for kind in ("obj", "ply")
    },
    "glb": MotionFormat(".glb", _whole(motion_to_glb)),
    "bvh": MotionFormat(".bvh", _whole(motion_to_bvh)),
    "amass": MotionFormat("_poses.npz", _whole(lambda motion: recording_to_npz(motion.recording))),
    "smpl": MotionFormat("_smpl_params.npz", _whole(motion_to_smpl_params)),
}
"""The formats of `MOTION_FORMATS`, by name."""


class MotionFiles(FileGroups):
    """The files of the clips of a split."""

    columns = ("file", "key", "frames")

    def __init__(
        self, motions: Motions, split: str, chosen: Sequence[Named], kind: MotionFormat, stride: int
    ) -> None:
        self.split, self.keys = split, [named.key for named in chosen]
        self.lengths = np.array([-(-named.frames // stride) for named in chosen], np.int64)
        self._motions, self._format, self._stride = motions, kind, stride

    def names(self, group: int) -> Sequence[str]:
        """Return the names of a clip's files."""
        name, ending = f"{self.split}/{self.keys[group]}", self._format.ending
        if not self._format.per_frame:
            return [f"{name}{ending}"]
        return [f"{name}/{frame:06d}{ending}" for frame in range(self.frames(group))]

    def contents(self, group: int) -> Iterator[bytes]:
        """Yield the bytes of each file of a clip."""
        motion = self._motions.read(self.keys[group]).thinned(self._stride)
        yield from self._format.write(motion)

    def listed(self, group: int) -> Iterator[Line]:
        """Yield the line of a clip: its file, or its folder of frames."""
        name = f"{self.split}/{self.keys[group]}"
        file = name if self._format.per_frame else name + self._format.ending
        yield file, self.keys[group], self.frames(group)
