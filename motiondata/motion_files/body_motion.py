"""A moving body, ready to be written to a file of another program."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.posing import IDENTITY, ShapedBody, pose_body, pose_joints
from motiondata.recording import Recording
from motiondata.rotations import rotmat_to_rotvec, rotvec_to_rotmat

Floats = NDArray[np.float64]

T_YUP_WORLD = np.array(
    [[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0.0, -1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]]
)
"""From AMASS's world (z up) to the axes of glTF (y up): (x, y, z) becomes (x, z, -y).

Programs with z up, such as Blender, apply the inverse when they import such files, so they show
AMASS's world again."""

POSED_FRAMES = 64
"""Number of frames that are posed at once: 5 MB of SMPL's vertices."""


@dataclass(frozen=True, eq=False)
class BodyMotion:
    """A motion and the body that performs it; world frame, z up, meters, radians."""

    name: str
    """A name for the motion, such as the key of its sample."""
    recording: Recording
    shaped: ShapedBody
    captions: tuple[str, ...] = ()

    @property
    def frames(self) -> int:
        """The number of frames."""
        return self.recording.frames

    def thinned(self, stride: int) -> "BodyMotion":
        """Return the motion with every `stride`-th frame, at the frame rate that this gives."""
        kept = slice(None, None, stride)
        recording = self.recording
        return replace(
            self,
            recording=replace(
                recording,
                pose=recording.pose[kept],
                trans=recording.trans[kept],
                fps=recording.fps / stride,
            ),
        )

    def surfaces(self, T_target_world: Floats = IDENTITY) -> Iterator[NDArray[np.float32]]:
        """Yield the vertices of each frame, shaped (vertices, 3), target frame, meters."""
        pose, trans = self.recording.pose, self.recording.trans
        for first in range(0, self.frames, POSED_FRAMES):
            part = slice(first, first + POSED_FRAMES)
            yield from pose_body(self.shaped, pose[part], trans[part], T_target_world).vertices

    def joints(self, T_target_world: Floats = IDENTITY) -> Floats:
        """Return the joints of all frames, shaped (frames, 22, 3), target frame, meters."""
        return pose_joints(self.shaped, self.recording.pose, self.recording.trans, T_target_world)

    def y_up_pose(self) -> Floats:
        """Return the poses with a root that rotates in y-up axes, shaped (frames, 22, 3)."""
        pose = self.recording.pose.copy()
        turned = T_YUP_WORLD[:3, :3] @ rotvec_to_rotmat(pose[:, 0])
        pose[:, 0] = rotmat_to_rotvec(turned)
        return pose
