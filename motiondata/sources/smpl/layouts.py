"""Find poses, path, shape and frame rate in the arrays of a file, under the names in use.

Sources: nghorbani/amass; google/aistplusplus_api (`smpl_poses`, and `smpl_trans / smpl_scaling` in
meters, 60 fps); IDEA-Research/Motion-X (322 numbers per frame, 30 fps); zju3dv/GVHMR
(`smpl_params_global`); yohanshin/WHAM (`pose_world`, `trans_world`); shubham-goel/4D-Humans
(rotation matrices); GuyTevet/motion-diffusion-model (`thetas`, `root_translation`);
Jeff-sjtu/HybrIK (`pred_thetas`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motiondata.errors import DropReason, RecordingError
from motiondata.recording import SMPLX_SHAPES
from motiondata.representations.sixd import sixd_to_axes
from motiondata.rotations import rotmat_to_rotvec
from motiondata.skeletons import JOINTS
from motiondata.sources.smpl.hybrik import NOMINAL, THETAS, hybrik_to_smpl
from motiondata.sources.smpl.read_arrays import WHOLE
from motiondata.sources.smpl.upright import pelvis_at_rest

Floats = NDArray[np.float64]

ROOT = ("global_orient", "root_orient")
BODY = ("body_pose", "pose_body")
POSES = ("pose_world", "poses", "smpl_poses", "pose", "full_pose", "fullpose")
TRANS = ("trans_world", "trans", "transl", "smpl_trans", "translation")
BETAS = ("betas", "beta", "shape")
RATES = ("mocap_framerate", "mocap_frame_rate", "fps", "frame_rate", "framerate")
"""Names of the same quantity, in order of precedence: world coordinates before the camera's."""

GROUPS = ("", "smpl_params_global/", "smpl_params/", "smpl/", "smplx/")
"""Prefixes of the names, in order of precedence: results in world coordinates before others."""

SMPLX_KEYS = ("mocap_frame_rate", "smpl_params_global/body_pose", "jaw_pose", "pose_jaw")
"""Keys of files whose betas are of SMPL-X."""

RATES_OF_LAYOUTS = {"smpl_poses": 60.0, WHOLE: 30.0, "thetas": 20.0}
"""Frame rates of AIST++, Motion-X and MDM, absent in their files, by a key of the layout."""

MOTION_X_COLUMNS = 322
MOTION_X = {"root_orient": slice(0, 3), "pose_body": slice(3, 66), "trans": slice(309, 312),
            "betas": slice(312, 322)}  # fmt: skip
"""The columns of Motion-X's arrays; those of hands and face are not used."""

MATRICES = 24 * 9
"""Numbers of a frame of flat rotation matrices, as HybrIK's first results have them."""


@dataclass(frozen=True)
class SmplMotion:
    """A motion as its file states it, in the axes of the file, radians and meters."""

    pose: Floats
    """Axis-angle rotations (frames, 22, 3)."""
    trans: Floats
    """`trans` (frames, 3); zeros if the file has none."""
    has_trans: bool
    betas: Floats
    gender: str
    fps: float | None
    """None if neither the file nor its layout gives it."""
    shape_space: str | None
    """That of the betas, or None if neither a value nor the keys say it."""
    licence: str = ""
    synthetic: bool = False
    """Whether the file says that the motion is synthetic, as recordings of this project do."""
    captions: tuple[str, ...] = ()
    note: str = ""
    """What a user should know about the values."""


def find_motion(values: Mapping[str, Any], source: str) -> SmplMotion:
    """Return the motion in the arrays of a file; raise `RecordingError` (INVALID) without one."""
    fps = _rate(values)
    if WHOLE in values:
        values = _motion_x(values[WHOLE], source)
    if "thetas" in values:
        values = _mdm(values, source)
    is_hybrik = THETAS in values
    if is_hybrik:
        values = hybrik_to_smpl(values)
    group = next((name for name in GROUPS if _has_pose(values, name)), None)
    if group is None:
        raise _invalid(
            source,
            f"no poses (keys: {', '.join(sorted(values)) or 'none'})",
            "poses, or global_orient and body_pose",
        )
    pose = _pose(values, group, source)
    trans = _first(values, group, TRANS)
    return SmplMotion(
        pose=pose,
        trans=np.zeros((len(pose), 3))
        if trans is None
        else _trans(values, trans, len(pose), source),
        has_trans=trans is not None,
        betas=_betas(_first(values, group, BETAS), source),
        gender=str(values.get("gender", "neutral")),
        fps=fps,
        shape_space=_shape_space(values),
        licence=_text(values, "licence"),
        synthetic=bool(np.all(values.get("synthetic", False))),
        captions=tuple(filter(None, [_text(values, "text").strip()])),
        note=NOMINAL if is_hybrik and trans is not None else "",
    )


def _shape_space(values: Mapping[str, Any]) -> str | None:
    if any(key in values for key in SMPLX_KEYS):
        return SMPLX_SHAPES
    return _text(values, "shape_space") or None


def _text(values: Mapping[str, Any], key: str) -> str:
    value = values.get(key)
    return value if isinstance(value, str) else ""


def _motion_x(array: Any, source: str) -> dict[str, Any]:
    if array.ndim != 2 or array.shape[1] != MOTION_X_COLUMNS:
        raise _invalid(
            source, f"an array shaped {array.shape}", f"Motion-X's (frames, {MOTION_X_COLUMNS})"
        )
    return {"pose_jaw": array} | {name: array[:, columns] for name, columns in MOTION_X.items()}


def _mdm(values: Mapping[str, Any], source: str) -> dict[str, Any]:
    """Return MDM's `smpl_params`: rows of rotation matrices, and the position of the pelvis."""
    thetas, root = (np.asarray(values.get(key)) for key in ("thetas", "root_translation"))
    are_floats = {thetas.dtype.kind, root.dtype.kind} == {"f"}
    is_whole = thetas.ndim == 3 and thetas.shape[1] == 6 and root.shape == (3, thetas.shape[2])
    if not are_floats or not is_whole:
        raise _invalid(
            source,
            f"thetas {thetas.dtype} shaped {thetas.shape} and root_translation {root.dtype} shaped "
            f"{root.shape}",
            "floats shaped (24, 6, frames) and (3, frames)",
        )
    rows = np.moveaxis(thetas, -1, 0).astype(np.float64)
    betas = _betas(_first(values, "", BETAS), source)
    pelvis = pelvis_at_rest(_text(values, "shape_space"), betas)
    poses = sixd_to_axes(rows[..., :3], rows[..., 3:])
    return {**values, "poses": poses, "trans": root.T - pelvis}


def _has_pose(values: Mapping[str, Any], group: str) -> bool:
    parts = (_first(values, group, ROOT), _first(values, group, BODY))
    return _first(values, group, POSES) is not None or all(part is not None for part in parts)


def _first(values: Mapping[str, Any], group: str, names: Sequence[str]) -> NDArray[Any] | None:
    found = (values.get(f"{group}{name}") for name in names)
    return next((value for value in found if isinstance(value, np.ndarray)), None)


def _pose(values: Mapping[str, Any], group: str, source: str) -> Floats:
    poses = _first(values, group, POSES)
    if poses is not None:
        rotations = _rotvecs(poses, "the poses", source)
    else:
        root, body = _first(values, group, ROOT), _first(values, group, BODY)
        parts = [_rotvecs(root, "the root", source), _rotvecs(body, "the body pose", source)]
        if len(parts[0]) != len(parts[1]):
            raise _invalid(source, f"{len(parts[0])} roots and {len(parts[1])} poses", "as many")
        rotations = np.concatenate(parts, axis=1)
    if rotations.shape[1] < JOINTS:
        raise _invalid(source, f"{rotations.shape[1]} rotations a frame", f"{JOINTS} or more")
    return np.ascontiguousarray(rotations[:, :JOINTS])


def _rotvecs(array: Any, name: str, source: str) -> Floats:
    """Return rotations as axis-angle (frames, joints, 3), from these or from matrices."""
    if array.dtype.kind == "f" and array.size and array.ndim > 1:
        numbers = int(np.prod(array.shape[1:]))
        if array.shape[-2:] == (3, 3) or numbers == MATRICES:
            return rotmat_to_rotvec(array.reshape(len(array), -1, 3, 3).astype(np.float64))
        if numbers % 3 == 0:
            rotvecs: Floats = array.reshape(len(array), -1, 3).astype(np.float64)
            return rotvecs
    raise _invalid(
        source,
        f"{name} as {array.dtype} shaped {array.shape}",
        "axis-angle (frames, 3 per joint) or matrices (frames, joints, 3, 3)",
    )


def _trans(values: Mapping[str, Any], trans: NDArray[Any], frames: int, source: str) -> Floats:
    if trans.dtype.kind != "f" or trans.size != 3 * frames or trans.shape[-1] != 3:
        raise _invalid(source, f"trans shaped {trans.shape}", f"({frames}, 3)")
    meters: Floats = trans.reshape(frames, 3).astype(np.float64)
    scaling = values.get("smpl_scaling")
    if scaling is not None:
        scale = np.asarray(scaling, np.float64).ravel()
        if scale.size != 1 or not scale[0] > 0:
            raise _invalid(source, f"smpl_scaling {scaling!r:.60}", "one positive number")
        meters = meters / scale[0]
    return meters


def _betas(betas: NDArray[Any] | None, source: str) -> Floats:
    """Return one set of betas; those of frames are averaged by their median."""
    if betas is None:
        return np.zeros(10)
    if betas.dtype.kind != "f" or betas.ndim not in (1, 2) or not np.isfinite(betas).all():
        raise _invalid(source, f"betas as {betas.dtype} shaped {betas.shape}", "(betas,)")
    return np.median(np.atleast_2d(betas.astype(np.float64)), axis=0)


def _rate(values: Mapping[str, Any]) -> float | None:
    for name in RATES:
        value = values.get(name)
        if isinstance(value, int | float) or (isinstance(value, np.ndarray) and value.size == 1):
            return float(np.asarray(value).item())
    return next((rate for key, rate in RATES_OF_LAYOUTS.items() if key in values), None)


def _invalid(source: str, found: str, expected: str) -> RecordingError:
    return RecordingError(DropReason.INVALID, f"{source}: found {found}; expected {expected}")
