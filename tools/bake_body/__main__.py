"""Bake the bundled free body: draw people, pose them, decimate, find their shape space, write.

The same versions on the same kind of processor give the same bytes, whose hash stands in
`CREDITS.md`.
"""

import io
import zipfile
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from tools.bake_body.closing import close_holes
from tools.bake_body.decimation import decimate
from tools.bake_body.joints import NAMES_24, PARENTS_24
from tools.bake_body.population import Population, sample_population
from tools.bake_body.shape_space import ShapeSpace, joint_regressor, principal_shapes
from tools.bake_body.t_pose import t_pose

ROOT = Path(__file__).resolve().parents[2]
FREE_BODY = ROOT / "motiondata" / "bodies" / "data" / "free_body.npz"

BODIES = 240
SEED = 0
COMPONENTS = 10

VERTICES = 6_900
"""About SMPL's 6,890, so that either body costs the same to pose and to scan."""

PELVIS = np.array([0.0, -0.22, 0.03])
"""Where every rest pelvis stands, meters. AMASS's `trans` is the pelvis less SMPL-H's rest pelvis,
which is about there: this body's pelvis comes within centimeters of the recorded one, and its
feet of the floor. The rest floor is wherever that leaves it."""

ROOT_PARENT = 2**32 - 1
"""What SMPL's files write for the parent of the root."""


def bake() -> dict[str, np.ndarray]:
    """Return the arrays of the body by their keys in SMPL's files.

    Beyond SMPL's own: `J_shapedirs`, `shape_space`, `name`. Without `posedirs`, which Anny has not.
    """
    population = sample_population(BODIES, SEED)
    vertices, joints = _t_poses(population)
    mean = vertices.mean(axis=0)
    kept, faces = decimate(mean, close_holes(mean, population.faces), VERTICES)
    space = _single_precision(principal_shapes(vertices[:, kept], joints, COMPONENTS))
    return {
        "v_template": space.vertices,
        "f": faces.astype(np.int32),
        "weights": population.weights[kept].astype(np.float32),
        "J_regressor": joint_regressor(space),
        "J": space.joints,
        "J_shapedirs": space.joint_shape_dirs,
        "kintree_table": _kintree_table(),
        "shapedirs": space.shape_dirs,
        "shape_space": np.array("motiondata-free"),
        "name": np.array("free body"),
    }


def _t_poses(population: Population) -> tuple[np.ndarray, np.ndarray]:
    """Return vertices (bodies, vertices, 3) and joints (bodies, 24, 3) in SMPL's zero pose."""
    pairs = zip(population.vertices, population.joints, strict=True)
    posed = [t_pose(vertices, joints, population.weights) for vertices, joints in pairs]
    vertices, joints = (np.stack(arrays) for arrays in zip(*posed, strict=True))
    offset = PELVIS - joints[:, :1]
    return vertices + offset, joints + offset


def _single_precision(space: ShapeSpace) -> ShapeSpace:
    """Round as the file does, so that the regressor fits what a reader reads."""
    return ShapeSpace(*(array.astype(np.float32) for array in vars(space).values()))


def _kintree_table() -> np.ndarray:
    return np.array([(ROOT_PARENT, *PARENTS_24[1:]), range(len(NAMES_24))], dtype=np.uint32)


def write_npz(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write a compressed npz whose bytes tell nothing but the arrays, not even the time."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in arrays.items():
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, array, allow_pickle=False)
            member = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            archive.writestr(member, buffer.getvalue(), zipfile.ZIP_DEFLATED, compresslevel=9)


if __name__ == "__main__":
    with threadpool_limits(1):  # sums in another order would end in other bytes
        write_npz(FREE_BODY, bake())
