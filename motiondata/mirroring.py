"""Mirror a clip: swap left and right.

Source: HumanML3D's mirrored (`M`) clips, `raw_pose_processing.ipynb` of EricGuo5513/HumanML3D. The
mirror plane is x = 0, both of the world and of the body at rest. The axis-angle rotation (x, y, z)
of a joint therefore becomes (x, -y, -z) of the joint on the other side.
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
    """Return the mirrored clip; its name is the clip's name with the prefix `M`.

    Exact for a body that is symmetric at rest. `recording` is not changed.
    """
    return replace(
        clip,
        name=f"{MIRRORED_PREFIX}{clip.name}",
        pose=clip.pose[:, _OTHER_SIDE] * _REFLECT_ROTVEC,
        trans=clip.trans * _REFLECT_POINT,
    )
