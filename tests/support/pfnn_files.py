"""Files of made walks in the layout of PFNN's data: BVH, phase, gait, footsteps."""

from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from motiondata.representations.pfnn.skeleton import PFNN_JOINTS
from motiondata.representations.pfnn.smpl_joints import smpl_to_pfnn_places, smpl_to_pfnn_rotations
from motiondata.representations.pfnn.smpl_takes import WORLD_TO_Y_UP
from motiondata.representations.sixd import multiply, rotate
from motiondata.sources.pfnn.labels import label_files
from motiondata.sources.pfnn.takes import FILE_FPS, METERS
from tests.support.pfnn_takes import make_steps


def write_walk(bvh: Path, subject: int = 0, count: int = 10) -> None:
    """Write the four files of a walk at 120 Hz; `bvh` names the first."""
    motion, shaped, lands = make_steps("walk", "", count, 0, subject, FILE_FPS)
    rest = smpl_to_pfnn_places(shaped.joints[None, :22])[0] / METERS
    turns = smpl_to_pfnn_rotations(motion.pose, WORLD_TO_Y_UP)
    hips = rotate(WORLD_TO_Y_UP, motion.trans + shaped.joints[0]) / METERS
    columns = [hips]
    for number, joint in enumerate(PFNN_JOINTS):
        local = turns[:, number]
        if joint.parent >= 0:
            local = multiply(np.swapaxes(turns[:, joint.parent], -1, -2), local)
        columns.append(Rotation.from_matrix(local).as_euler("ZYX", degrees=True))
    rows = "\n".join(" ".join(f"{v:.6f}" for v in row) for row in np.concatenate(columns, axis=1))
    frames = len(hips)
    bvh.write_text(
        f"HIERARCHY\n{_hierarchy(rest, 0)}MOTION\nFrames: {frames}\n"
        f"Frame Time: {1 / FILE_FPS:.7f}\n{rows}\n"
    )
    _write_labels(bvh, lands, frames)


def _hierarchy(rest: np.ndarray, number: int) -> str:
    joint = PFNN_JOINTS[number]
    is_root = joint.parent < 0
    x, y, z = rest[number] * 0 if is_root else rest[number] - rest[joint.parent]
    turns = "Zrotation Yrotation Xrotation"
    channels = f"6 Xposition Yposition Zposition {turns}" if is_root else f"3 {turns}"
    children = [n for n, other in enumerate(PFNN_JOINTS) if other.parent == number]
    inner = "".join(_hierarchy(rest, child) for child in children)
    return (
        f"{'ROOT' if is_root else 'JOINT'} {joint.name}\n{{\nOFFSET {x:.6f} {y:.6f} {z:.6f}\n"
        f"CHANNELS {channels}\n{inner or _END}}}\n"
    )


_END = "End Site\n{\nOFFSET 0 0 0\n}\n"


def _write_labels(bvh: Path, lands: dict[str, list[float]], frames: int) -> None:
    right, left = (np.round(np.array(lands[side]) * FILE_FPS) for side in ("right", "left"))
    times = np.sort(np.concatenate([right, left]))
    phase = np.interp(np.arange(frames), times, np.arange(len(times)) / 2) % 1.0
    phase[: int(times[0])] = phase[int(times[-1]) :] = 0
    files = label_files(bvh)
    files[0].write_text("".join(f"{value:.5f}\n" for value in phase))
    files[1].write_text("0 1 0 0 0 0 0 0\n" * frames)
    pairs = zip(right.astype(int) + 1, left.astype(int) + 1, strict=False)
    files[2].write_text("".join(f"{a} {b}\n" for a, b in pairs))
