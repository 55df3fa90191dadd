"""A recording: one motion as it was captured, whatever archive it came from.

Every reader ends here and every later stage starts here: what is checked once holds for all.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from motiondata.errors import DropReason, RecordingError
from motiondata.skeletons import JOINTS

SMPL_SHAPES = "smpl"
"""The shape space of `betas` in AMASS's SMPL+H release: SMPL's principal components, which SMPL-H
shares (Romero et al. 2017)."""

SMPLX_SHAPES = "smplx"
"""The one of its SMPL-X release: components of another template, trained anew (Pavlakos et al.
2019), so that coefficients of the one make another person of the other."""

BETAS = 16
"""How many shape coefficients AMASS's recordings have; there are models of fewer."""

MAX_FPS = 1000.0
"""The highest frame rate that is believed: AMASS's highest is 250."""

GENDERS = ("male", "female", "neutral")


@dataclass(frozen=True)
class Recording:
    """One captured or made motion, in AMASS's conventions: world frame, z up, metres, radians.

    Raises `RecordingError` where shapes, rate or gender are not as said below. Values need not be
    finite: that is judged for the frames that a clip keeps.
    """

    pose: NDArray[np.float64]
    """Axis-angle rotations in SMPL's joint order, shaped (frames, 22, 3), radians."""
    trans: NDArray[np.float64]
    """AMASS's `trans`, shaped (frames, 3), metres, world frame: the pelvis less its rest place."""
    fps: float
    """Frames a second, above 0 and up to `MAX_FPS`."""
    gender: str
    """`male`, `female` or `neutral`."""
    betas: NDArray[np.float64]
    """Shape coefficients, shaped (betas,), in the units of `shape_space`."""
    source: str
    """The recording's path under its archive's root, with forward slashes."""
    shape_space: str = SMPL_SHAPES
    """The space that `betas` are coefficients of; another body than that space's ignores them."""
    licence: str = field(default="", kw_only=True)
    """A note of the licence under which the recording may be used."""
    synthetic: bool = field(default=False, kw_only=True)
    """Whether a program made the motion, so that nobody was recorded."""

    def __post_init__(self) -> None:
        frames = len(self.trans)
        shapes = f"pose is shaped {self.pose.shape} and trans {self.trans.shape}"
        self._expect(self.pose.shape == (frames, JOINTS, 3), shapes)
        self._expect(self.trans.shape == (frames, 3), f"trans is shaped {self.trans.shape}")
        self._expect(frames > 0, "there are no frames")
        self._expect(self.betas.ndim == 1, f"betas is shaped {self.betas.shape}")
        self._expect(0 < self.fps <= MAX_FPS, f"the frame rate is {self.fps}")
        self._expect(self.gender in GENDERS, f"gender is {self.gender!r}")

    def _expect(self, holds: bool, found: str) -> None:
        if not holds:
            raise RecordingError(
                DropReason.INVALID,
                f"{self.source}: {found}; expected pose (frames, {JOINTS}, 3) and trans "
                f"(frames, 3) with at least one frame, betas (n,), a frame rate up to "
                f"{MAX_FPS:g} and a gender of {', '.join(GENDERS)}",
            )

    @property
    def frames(self) -> int:
        """The number of frames."""
        return len(self.trans)
