"""Names and text of NTU RGB+D's `.skeleton` files.

Source: the readers `tools/data/ntu_preproc.py` of kennymckormick/pyskl, `tools/ntu_gendata.py` of
yysijie/st-gcn and `data/ntu/get_raw_skes_data.py` of Uason-Chen/CTR-GCN.
"""

from typing import Any

from numpy.typing import NDArray

from motiondata.errors import InputError

MOST = 999
"""The highest number that three digits of a name can say."""
TRAINING, TESTING = (2, 1), (1, 3)
"""Camera and person of clips that are trained on and tested on by the cross-subject and cross-view
protocols of NTU RGB+D, as in `ntu_gendata.py` of ST-GCN and `ntu_preproc.py` of pyskl."""


def ntu_name(clip: int, label: int, is_training: bool) -> str:
    """Return the name of a clip of a split: setup, camera, person, replication and action.

    The setups of `train` are even, as in the cross-setup protocol of NTU RGB+D 120. Raises
    `InputError` for a clip or a label beyond three digits.
    """
    setup, replication = divmod(clip, MOST)
    setup = 2 * setup + (2 if is_training else 1)
    if setup > MOST or label >= MOST:
        raise InputError(
            f"--format ntu: names have three digits a number; expected up to {MOST} classes and "
            f"{MOST * MOST // 2:,} clips of a split"
        )
    camera, person = TRAINING if is_training else TESTING
    return f"S{setup:03d}C{camera:03d}P{person:03d}R{replication + 1:03d}A{label + 1:03d}"


def skeleton_text(joints: NDArray[Any]) -> str:
    """Return joints (frames, 25, 3) as the text of a `.skeleton` file, with one person.

    Pixels and orientations, which simulated joints do not have, are 0, and the tracking state is 2,
    tracked. Nine digits keep every float32.
    """
    lines = [str(len(joints))]
    for frame in joints.tolist():
        lines += ["1", "0 0 1 1 1 1 0 0 0 2", str(len(frame))]
        lines += [f"{x:.9g} {y:.9g} {z:.9g} 0 0 0 0 0 0 0 0 2" for x, y, z in frame]
    return "\n".join([*lines, ""])
