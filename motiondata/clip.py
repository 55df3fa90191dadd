"""A clip: the part of a recording that an index row selects, trimmed, downsampled and cropped."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from motiondata.recording import Recording


@dataclass(frozen=True)
class Clip:
    """Frames of a recording at a lower rate; world frame, z up, meters, radians."""

    name: str
    """HumanML3D's name, such as `012314`, or `M012314` for the mirrored clip."""
    subset: str
    """HumanML3D's name of the archive's subset, such as `KIT`."""
    pose: NDArray[np.float64]
    """Axis-angle rotations in SMPL's joint order, shaped (frames, 22, 3), radians."""
    trans: NDArray[np.float64]
    """AMASS's `trans`, shaped (frames, 3), meters, world frame."""
    fps: float
    """The exact frame rate: the recording's frame rate divided by the stride."""
    first_frame: int
    """The number of the clip's first frame in the recording."""
    last_frame: int
    """The number of the clip's last frame in the recording."""
    recording: Recording
    """The recording from which the clip was cut."""
    start: float = 0.0
    """How long after `first_frame` the clip's first frame is, in frames of the recording, below 1;
    other than 0 only for resampled clips."""

    @property
    def frames(self) -> int:
        """The number of frames."""
        return len(self.trans)

    @property
    def places(self) -> NDArray[np.float64]:
        """Where the clip's frames are in the recording, in frames from 0, shaped (frames,)."""
        stride = self.recording.fps / self.fps
        return self.first_frame + self.start + np.arange(self.frames, dtype=np.float64) * stride


def hold_in_place(clip: Clip, place: NDArray[np.float64] | None = None) -> Clip:
    """Return the clip with the root's x and y fixed to those of the first frame; z is kept.

    `place`, shaped (2,), are other x and y to fix them to, meters.
    """
    trans = clip.trans.copy()
    trans[:, :2] = clip.trans[0, :2] if place is None else place
    return replace(clip, trans=trans)
