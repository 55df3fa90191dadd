"""Mirroring a clip: left becomes right.

Source: HumanML3D's mirrored (`M`) clips, `raw_pose_processing.ipynb` of EricGuo5513/HumanML3D. The
mirror is the plane x = 0, of the world and of the resting body alike, so a rotation by (x, y, z)
about its own axis becomes one by (x, -y, -z) of the joint on the other side.
"""

from dataclasses import replace

import numpy as np

from motiondata.clip import Clip
from motiondata.skeletons import JOINTS, LEFT_JOINTS, RIGHT_JOINTS

MIRRORED_PREFIX = "M"

_OTHER_SIDE = np.arange(JOINTS)
_OTHER_SIDE[[*LEFT_JOINTS, *RIGHT_JOINTS]] = [*RIGHT_JOINTS, *LEFT_JOINTS]

_REFLECT_ROTVEC = np.array([1.0, -1.0, -1.0])
_REFLECT_POINT = np.array([-1.0, 1.0, 1.0])


def mirror_clip(clip: Clip) -> Clip:
    """Return the clip in the mirror, by the name of its own with `M` before it.

    Exact for a body that is symmetric at rest; `recording` stays the one that the clip is from.
    """
    return replace(
        clip,
        name=f"{MIRRORED_PREFIX}{clip.name}",
        pose=clip.pose[:, _OTHER_SIDE] * _REFLECT_ROTVEC,
        trans=clip.trans * _REFLECT_POINT,
    )
