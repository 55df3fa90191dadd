"""SMPL's file format: check the arrays of a body file and make a `Body` of them.

Only keys that SMPL, SMPL-H, SMPL-X and AMASS's `model.npz` have in common are required; keys not
listed here are ignored. Shapes are checked against one table, so that all faults are reported in
the same way. Source: the official files, and the reader of the `smplx` package.
"""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.body import Body
from motiondata.errors import InputError
from motiondata.npz import array_to_text
from motiondata.recording import BETAS, SMPL_SHAPES, SMPLX_SHAPES
from motiondata.skeletons import JOINTS, PARENTS

REQUIRED_AXES: dict[str, tuple[int | str, ...]] = {
    "v_template": ("vertices", 3),
    "f": ("faces", 3),
    "weights": ("vertices", "joints"),
    "J_regressor": ("joints", "vertices"),
    "kintree_table": (2, "joints"),
    "shapedirs": ("vertices", 3, "shapes"),
}
"""The axes of each required array; lengths are in meters."""

AXES = REQUIRED_AXES | {"posedirs": ("vertices", 3, "features")}
"""The required arrays and the optional `posedirs`; `features` is 9 (joints - 1)."""

INTEGERS = ("f", "kintree_table")

SHAPE_SPACE = "shape_space"
"""A key specific to this project: the name of the shape space of the file's betas. Without it, the
space is SMPL-X's if the file has SMPL-X's joints, and SMPL's otherwise."""

KEYS = (*AXES, SHAPE_SPACE)

ROOT_PARENTS = (-1, 2**32 - 1)
"""The values for "no parent" in files: -1, also stored as an unsigned 32-bit integer."""

SMPLX_JOINTS, SMPLX_COMPONENTS, SMPLX_SHORT_SHAPES = 55, 400, 10
"""SMPL-X's `shapedirs` end with expression components: 300 shapes and 100 expressions, or 10 and 10
in the short files (class SMPLX of the `smplx` package)."""

MAX_VALUE = 10.0
"""The largest absolute value in arrays of meters or weights; larger bodies are in centimeters or
invalid."""

WEIGHT_SUM_TOLERANCE = 1e-4
"""The largest deviation of a vertex's weights from a sum of one; single precision gives 1e-7."""

Arrays = dict[str, NDArray[Any]]


def arrays_to_body(found: Mapping[str, object], name: str, where: str) -> Body:
    """Make a body from the arrays under SMPL's keys; `where` names their file in errors.

    Each vertex's weights are normalized to a sum of one. Raises `InputError` if a key is missing or
    its array is not valid.
    """
    arrays = _numeric_arrays(found, where)
    _check_shapes(arrays, where)
    _check_values(arrays, where)
    arrays = _canonical(arrays)
    _check_structure(arrays, where)
    return Body(
        vertices=arrays["v_template"],
        faces=arrays["f"].astype(np.int32),
        weights=arrays["weights"] / arrays["weights"].sum(axis=1, keepdims=True),
        joints_template=_regress(arrays["J_regressor"], arrays["v_template"]),
        joint_shapes=_regress(arrays["J_regressor"], arrays["shapedirs"]),
        parents=arrays["parents"].astype(np.int32),
        shape_dirs=arrays["shapedirs"],
        pose_dirs=arrays.get("posedirs"),
        name=name,
        id=_hash(arrays),
        shape_space=_shape_space(found, arrays["weights"].shape[1], where),
    )


def _fault(where: str, found: str, expected: str) -> InputError:
    return InputError(
        f"{where}: {found}; expected {expected}. Is this a body in SMPL's file format "
        f"(SMPL, SMPL-H, SMPL-X or AMASS's model.npz)?"
    )


def _numeric_arrays(found: Mapping[str, object], where: str) -> Arrays:
    missing = [key for key in REQUIRED_AXES if key not in found]
    if missing:
        raise _fault(where, f"no {', no '.join(missing)}", ", ".join(REQUIRED_AXES))
    arrays = {key: _as_array(found[key]) for key in AXES if key in found}
    for key, array in arrays.items():
        kinds, wanted = ("iu", "integers") if key in INTEGERS else ("iuf", "real numbers")
        if array.dtype.kind not in kinds:
            raise _fault(where, f"{key} holds values of type {array.dtype}", wanted)
    return arrays


def _as_array(value: object) -> NDArray[Any]:
    """Return an array unchanged, and wrap other values as one object: a list can contain itself."""
    if isinstance(value, np.ndarray):
        return value
    array = np.empty((), object)
    array[()] = value
    return array


def _check_shapes(arrays: Arrays, where: str) -> None:
    sizes: dict[int | str, int] = {2: 2, 3: 3}
    for key, array in arrays.items():
        axes = AXES[key]
        fits = len(axes) == array.ndim and all(
            sizes.setdefault(axis, size) == size
            for axis, size in zip(axes, array.shape, strict=True)
        )
        if not fits:
            known = [f"{axis} = {sizes[axis]}" for axis in axes if axis in sizes and axis != 3]
            expected = f"({', '.join(map(str, axes))}) with {', '.join(known)}"
            raise _fault(where, f"{key} is shaped {array.shape}", expected)
        if "joints" in sizes:
            sizes["features"] = 9 * (sizes["joints"] - 1)


def _canonical(arrays: Arrays) -> Arrays:
    """Convert arrays to canonical types and content, independent of how the file stores them."""
    canonical = {
        key: array.astype(np.int64 if key in INTEGERS else np.float64, order="C")
        for key, array in arrays.items()
    }
    shapes = _shape_count(arrays["shapedirs"].shape[2], joints=arrays["weights"].shape[1])
    canonical["shapedirs"] = np.ascontiguousarray(canonical["shapedirs"][..., :shapes])
    parents = canonical.pop("kintree_table")[0]
    canonical["parents"] = np.where(np.isin(parents, ROOT_PARENTS), -1, parents)
    if "posedirs" in canonical and not canonical["posedirs"].any():
        del canonical["posedirs"]
    return canonical


def _shape_count(components: int, joints: int) -> int:
    """Return the number of leading components to keep: those that a recording can have."""
    short = joints == SMPLX_JOINTS and components < SMPLX_COMPONENTS
    return min(components, SMPLX_SHORT_SHAPES if short else BETAS)


def _check_values(arrays: Arrays, where: str) -> None:
    for key, array in arrays.items():
        if not len(array):
            raise _fault(where, f"{key} is empty", "a body that has vertices and faces")
        if key in INTEGERS or not array.size:
            continue
        if not np.isfinite(array).all():
            raise _fault(where, f"{key} holds NaN or infinite values", "finite ones")
        if max(array.max(), -array.min()) > MAX_VALUE:
            found = f"{key} holds values from {array.min():.3g} to {array.max():.3g}"
            raise _fault(where, found, f"meters or shares, at most {MAX_VALUE:g}")


def _check_structure(arrays: Arrays, where: str) -> None:
    _check_faces(arrays["f"], len(arrays["v_template"]), where)
    _check_parents(arrays["parents"], where)
    error = np.abs(arrays["weights"].sum(axis=1) - 1).max(initial=0)
    if error > WEIGHT_SUM_TOLERANCE:
        found = f"a vertex's weights sum to one with an error of {error:.2g}"
        raise _fault(where, found, f"{WEIGHT_SUM_TOLERANCE} at most")


def _check_faces(faces: NDArray[np.int64], vertices: int, where: str) -> None:
    if ((faces < 0) | (faces >= vertices)).any():
        found = f"f names vertices from {faces.min()} to {faces.max()}"
        raise _fault(where, found, f"0 to {vertices - 1}")


def _check_parents(parents: NDArray[np.int64], where: str) -> None:
    found = f"kintree_table has the parents {parents.tolist()}"
    if tuple(parents[:JOINTS]) != PARENTS:
        raise _fault(where, found, f"SMPL's, which begin with {list(PARENTS)}")
    if (parents[JOINTS:] < 0).any() or (parents >= np.arange(len(parents))).any():
        raise _fault(where, found, "a single root, and each parent before its children")


def _regress(regressor: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Regress joints in a fixed order of sums: the bits of a BLAS product depend on its threads."""
    rows = [(row[row != 0], points[row != 0]) for row in regressor]
    return np.stack([(used.T * row).sum(axis=-1).T for row, used in rows])


def _shape_space(found: Mapping[str, object], joints: int, where: str) -> str:
    space = found.get(SHAPE_SPACE, SMPLX_SHAPES if joints == SMPLX_JOINTS else SMPL_SHAPES)
    try:
        return array_to_text(np.array(space) if isinstance(space, str) else _as_array(space))
    except ValueError as error:
        raise _fault(
            where, f"{SHAPE_SPACE} is not a text", f"a name such as {SMPL_SHAPES!r}"
        ) from error


def _hash(arrays: Arrays) -> str:
    """Hash names, types, shapes and little-endian values, sorted by name."""
    digest = blake2b(digest_size=16)
    for key, array in sorted(arrays.items()):
        stored = array.astype(array.dtype.newbyteorder("<"))
        digest.update(f"{key} {stored.dtype.str} {stored.shape} ".encode())
        digest.update(stored.tobytes())
    return digest.hexdigest()
