"""The unknowns of a frame of the fit.

They are small rotations of the 17 joints that move others, in their own frames, and a displacement
of the root.
"""

import numpy as np

from motiondata.skeletons import JOINTS, PARENTS

DRIVERS = tuple(sorted(set(PARENTS) - {-1}))
"""The joints whose rotation moves other joints."""

TURNS = 3 * len(DRIVERS)
"""The number of unknown rotations of a frame; the displacement of the root follows."""
UNKNOWNS = TURNS + 3
"""The number of unknowns of a frame."""

PLACE = np.full(JOINTS, -1)
PLACE[list(DRIVERS)] = 3 * np.arange(len(DRIVERS))
"""The number of the first unknown of each joint, or -1, shaped (joints,)."""
