"""A clip: what a row of an index keeps of a recording, trimmed, down-sampled and cropped."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from motiondata.recording import Recording


@dataclass(frozen=True)
class Clip:
    """Some frames of a recording, at a lower rate; world frame, z up, metres, radians."""

    name: str
    """HumanML3D's name, such as `012314`; mirrored `M012314`."""
    subset: str
    """The archive's subset, by HumanML3D's name, such as `KIT`."""
    pose: NDArray[np.float64]
    """Axis-angle, shaped (frames, 22, 3), radians, SMPL's order."""
    trans: NDArray[np.float64]
    """Shaped (frames, 3), metres, world frame."""
    fps: float
    """The true rate of the clip's frames: the recording's over the stride."""
    first_frame: int
    """The recording's frame that the clip's first one is."""
    last_frame: int
    """The recording's frame that the clip's last one is."""
    recording: Recording
    """What the clip was cut from."""

    @property
    def frames(self) -> int:
        """The number of frames."""
        return len(self.trans)


def hold_in_place(clip: Clip) -> Clip:
    """Return the clip with its root over the first frame's spot, its height kept."""
    trans = clip.trans.copy()
    trans[:, :2] = clip.trans[0, :2]
    return replace(clip, trans=trans)
