"""SMPL's 24 joints: the 22 that its whole family has, and a hand on each wrist.

Source: the SMPL model (Loper et al. 2015), whose files number the hands 22 and 23.
"""

from motiondata.skeletons import JOINT, JOINT_NAMES, LEFT_JOINTS, PARENTS, RIGHT_JOINTS

NAMES_24 = (*JOINT_NAMES, "left_hand", "right_hand")
PARENTS_24 = (*PARENTS, JOINT["left_wrist"], JOINT["right_wrist"])
NUMBER = {name: number for number, name in enumerate(NAMES_24)}

_LEFT, _RIGHT = (*LEFT_JOINTS, NUMBER["left_hand"]), (*RIGHT_JOINTS, NUMBER["right_hand"])
_OTHER_SIDE = dict(zip(_LEFT + _RIGHT, _RIGHT + _LEFT, strict=True))
MIRROR_24 = [_OTHER_SIDE.get(joint, joint) for joint in range(len(NAMES_24))]
"""The joint on the other side of the body, or itself where there is none."""
