"""Where the pelvis of a body's template is, which differs between SMPL and SMPL-X.

AMASS's `trans` is the pelvis minus its position at rest, along the axes of the world, whichever of
them is up. In a world with y up, a person of SMPL-X on SMPL's body floats 13 cm above the floor; in
AMASS's, with z up, 2 cm too high or low and 13 cm aside.
"""

from dataclasses import replace

import numpy as np

from motiondata.bodies.body import Body
from motiondata.recording import SMPL_SHAPES, SMPLX_SHAPES, Recording

REST_PELVIS_METERS = {
    SMPL_SHAPES: (0.0, -0.223, 0.028),
    SMPLX_SHAPES: (0.0, -0.351, 0.012),
}
"""The pelvis of the neutral template, y up, by shape space; betas and genders move it by some cm.
Source: `J_regressor @ v_template` of `SMPL_NEUTRAL.pkl` and `SMPLX_NEUTRAL.npz`, which public code
has as (-0.00179506, -0.22333345, 0.02821913) and (0.00312326, -0.35140744, 0.01203655). Rounded to
millimeters; x (2 and 3 mm) is 0 so that mirrored motion stays mirrored."""


def rest_pelvis(shape_space: str) -> tuple[float, float, float]:
    """Return the pelvis of the template of a shape space; all but SMPL-X have SMPL's."""
    return REST_PELVIS_METERS[SMPLX_SHAPES if shape_space == SMPLX_SHAPES else SMPL_SHAPES]


def place_on_body(recording: Recording, body: Body) -> Recording:
    """Return a recording whose `trans` puts the pelvis of `body` where the recording has it.

    Only between SMPL-X and other bodies: all others have their pelvis where SMPL's is. The pelvis
    of `body` is its own joint at rest. That of the recording's body, which is absent, is the
    neutral template's.
    """
    is_smplx = recording.shape_space == SMPLX_SHAPES
    if is_smplx == (body.shape_space == SMPLX_SHAPES):
        return recording
    own = np.array(rest_pelvis(recording.shape_space))
    other = body.joints_template[0] * (0.0, 1.0, 1.0)  # mirrored motion stays mirrored
    return replace(recording, trans=recording.trans + (own - other))
