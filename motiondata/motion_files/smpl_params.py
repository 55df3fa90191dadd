"""Write a motion in the layout of MDM's `smpl_params` files, as `.npz` without pickles.

Source: `visualize/vis_utils.py` of GuyTevet/motion-diffusion-model, whose files are pickled
dictionaries with the same keys. Axes are y up; the last axis of every motion array is the frames.
Differences from MDM's files, all of them faults there: `text` is of this motion, vertices are those
of the body's own shape, and they are where `root_translation` says, not relative to frame 0.
"""

import numpy as np

from motiondata.motion_files.body_motion import T_YUP_WORLD, BodyMotion, Floats
from motiondata.npz_writing import arrays_to_npz
from motiondata.rotations import rotmat_to_sixd_rows, rotvec_to_rotmat
from motiondata.skeletons import JOINTS

SMPL_JOINTS = 24
"""The 22 joints, and the hands, which are at rest."""


def motion_to_smpl_params(motion: BodyMotion) -> bytes:
    """Return a motion as the bytes of an `.npz` file; docs/export.md lists its arrays."""
    thetas = _thetas(motion)
    root = motion.joints(T_YUP_WORLD)[:, 0].T
    row = np.vstack([root, np.zeros_like(root)])[None]
    recording = motion.recording
    return arrays_to_npz(
        {
            "motion": np.concatenate([thetas, row]).astype(np.float32),
            "thetas": thetas.astype(np.float32),
            "root_translation": root.astype(np.float32),
            "faces": motion.shaped.body.faces,
            "vertices": np.stack([*motion.surfaces(T_YUP_WORLD)], axis=-1),
            "text": np.array(motion.captions[0] if motion.captions else ""),
            "length": np.array(motion.frames),
            "betas": motion.shaped.betas,
            "gender": np.array(recording.gender),
            "fps": np.array(recording.fps),
            "shape_space": np.array(motion.shaped.body.shape_space),
            "licence": np.array(recording.licence),
            "synthetic": np.array(recording.synthetic),
        }
    )


def _thetas(motion: BodyMotion) -> Floats:
    """Return the first two rows of each rotation matrix, shaped (24, 6, frames)."""
    matrices = np.tile(np.eye(3), (motion.frames, SMPL_JOINTS, 1, 1))
    matrices[:, :JOINTS] = rotvec_to_rotmat(motion.y_up_pose())
    return np.asarray(np.moveaxis(rotmat_to_sixd_rows(matrices), 0, -1))
