"""Read AMASS recordings: SMPL+H (`_poses.npz`) and SMPL-X (`_stageii.npz`).

The two releases are separate sources: about 5,000 recordings have a different frame rate in the
SMPL-X release, so the frame numbers of an index made for SMPL+H do not hold there. Source of keys
and shapes: nghorbani/amass and the files of both releases.
"""

from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motiondata.errors import DropReason, RecordingError
from motiondata.files import OpenFile, open_plain_file
from motiondata.npz import Npz, array_to_text, open_npz
from motiondata.recording import (
    MAX_FPS,
    SMPL_SHAPES,
    SMPLH_RELEASE,
    SMPLX_RELEASE,
    SMPLX_SHAPES,
    Recording,
)
from motiondata.skeletons import JOINTS
from motiondata.sources.amass.writer import LABEL

SMPLH_FRAME_RATE = "mocap_framerate"
SMPLX_FRAME_RATE = "mocap_frame_rate"

GENDER_NAMES = {"unknown": "neutral"}
"""Maps the value that AMASS writes for an unspecified gender to the value used here."""


def read_smplh(path: Path, source: str, open_file: OpenFile = open_plain_file) -> Recording:
    """Read a recording of AMASS's SMPL+H release.

    `source` is its path relative to the archive root. The 22 body joints are read from `poses`
    (frames, 66 or more); the hands are ignored. Raises `RecordingError` (UNREADABLE, INVALID, or
    WRONG_RELEASE for an SMPL-X recording), and `OSError` if the machine cannot read the file.
    """
    with open_npz(path, source, open_file) as npz:
        if SMPLX_FRAME_RATE in npz.members:
            raise RecordingError(
                DropReason.WRONG_RELEASE,
                f"{source}: this is a recording of AMASS's SMPL-X release (it has the key "
                f"{SMPLX_FRAME_RATE}); expected SMPL+H G, whose frames the index counts",
            )
        return _read_smplh(npz)


def read_recording(path: Path, source: str, open_file: OpenFile = open_plain_file) -> Recording:
    """Read a recording of either release, which is detected from the keys of the file.

    `release` says which one it is: rows of an index are found in SMPL-X recordings by time. Raises
    `RecordingError` (UNREADABLE or INVALID), and `OSError` if the machine cannot read the file.
    """
    with open_npz(path, source, open_file) as npz:
        return _read_smplx(npz) if SMPLX_FRAME_RATE in npz.members else _read_smplh(npz)


def read_length(path: Path, source: str) -> tuple[int, float]:
    """Read the number of frames and the frame rate (Hz) of a recording of either release.

    Of the large arrays, only `trans` is read. Raises `RecordingError` (UNREADABLE or INVALID), and
    `OSError` if the machine cannot read the file.
    """
    with open_npz(path, source) as npz:
        key = SMPLX_FRAME_RATE if SMPLX_FRAME_RATE in npz.members else SMPLH_FRAME_RATE
        _expect_motion(npz, key)
        npz.expect_keys("trans")
        frames, fps = len(_real(npz, "trans", 2)), _fps(npz, key)
        if not 0 < fps <= MAX_FPS:
            raise npz.invalid(f"{key} is {fps:g}; expected above 0 and up to {MAX_FPS:g}")
        return frames, fps


def _read_smplh(npz: Npz) -> Recording:
    _expect_motion(npz, SMPLH_FRAME_RATE)
    npz.expect_keys("poses", "trans", "betas", "gender")
    return _recording(npz, _real(npz, "poses", 2), SMPLH_FRAME_RATE, SMPL_SHAPES)


def _read_smplx(npz: Npz) -> Recording:
    _expect_motion(npz, SMPLX_FRAME_RATE)
    npz.expect_keys("root_orient", "pose_body", "trans", "betas", "gender")
    root_orient, pose_body = _real(npz, "root_orient", 2), _real(npz, "pose_body", 2)
    if root_orient.shape != (len(pose_body), 3):
        raise npz.invalid(
            f"root_orient is shaped {root_orient.shape} and pose_body {pose_body.shape}; "
            "expected (frames, 3) and (frames, 63)"
        )
    poses = np.hstack((root_orient, pose_body))
    return _recording(npz, poses, SMPLX_FRAME_RATE, SMPLX_SHAPES)


def _recording(npz: Npz, poses: NDArray[Any], frame_rate: str, shape_space: str) -> Recording:
    return Recording(
        pose=_body_pose(npz, poses),
        trans=_floats(npz, "trans", 2),
        fps=_fps(npz, frame_rate),
        gender=_gender(npz),
        betas=_betas(npz),
        source=npz.source,
        shape_space=_text(npz, "shape_space") or shape_space,
        licence=_text(npz, "licence"),
        synthetic=_is_true(npz, "synthetic"),
        labels={
            key.removeprefix(LABEL): _label(npz, key)
            for key in npz.members
            if key.startswith(LABEL)
        },
        release=SMPLX_RELEASE if frame_rate == SMPLX_FRAME_RATE else SMPLH_RELEASE,
    )


def _expect_motion(npz: Npz, frame_rate: str) -> None:
    if frame_rate not in npz.members:
        near = get_close_matches(frame_rate, npz.members, 1)
        hint = f"rename {near[0]}" if near else "is this not a motion but a shape or a model?"
        raise npz.invalid(f"no key {frame_rate}; {hint}")


def _body_pose(npz: Npz, poses: NDArray[Any]) -> NDArray[np.float64]:
    columns = 3 * JOINTS
    if poses.shape[1] < columns or poses.shape[1] % 3:
        raise npz.invalid(
            f"the pose is shaped {poses.shape}; expected axis-angle (frames, {columns} or more), "
            "three columns per joint"
        )
    return _to_float64(poses[:, :columns]).reshape(-1, JOINTS, 3)


def _fps(npz: Npz, key: str) -> float:
    rate = npz.read(key)
    if rate.size != 1 or rate.dtype.kind not in "iuf":
        raise npz.invalid(f"{key} is {rate.dtype} shaped {rate.shape}; expected one number")
    return float(rate.item())


def _betas(npz: Npz) -> NDArray[np.float64]:
    betas = _floats(npz, "betas", 1)
    if not np.isfinite(betas).all():
        raise npz.invalid("betas has NaN or infinite values")
    return betas


def _gender(npz: Npz) -> str:
    gender = _text(npz, "gender").casefold()
    return GENDER_NAMES.get(gender, gender)


def _is_true(npz: Npz, key: str) -> bool:
    """Return whether an array is the single Boolean `True`, as written by `write_amass`."""
    if key not in npz.members:
        return False
    array = npz.read(key)
    return array.dtype.kind == "b" and array.size == 1 and bool(array.item())


def _floats(npz: Npz, key: str, dimensions: int) -> NDArray[np.float64]:
    return _to_float64(_real(npz, key, dimensions))


def _real(npz: Npz, key: str, dimensions: int) -> NDArray[Any]:
    """Read floating-point numbers of any precision."""
    array = npz.read(key)
    if array.dtype.kind != "f" or array.ndim != dimensions:
        raise npz.invalid(
            f"{key} is {array.dtype} shaped {array.shape}; expected floating-point numbers in "
            f"{dimensions} dimensions"
        )
    return array


def _label(npz: Npz, key: str) -> NDArray[np.float64]:
    array = npz.read(key)
    if array.dtype.kind != "f":
        raise npz.invalid(f"{key} is {array.dtype}; expected floating-point numbers")
    return _to_float64(array)


def _to_float64(array: NDArray[Any]) -> NDArray[np.float64]:
    """Return an array as float64 in C order, without a copy if it already is."""
    # No warnings: later checks judge the converted value (infinity on overflow, NaN).
    with np.errstate(all="ignore"):
        return np.ascontiguousarray(array, np.float64)


def _text(npz: Npz, key: str) -> str:
    """Return a text stored as bytes or characters; empty if the key is absent."""
    if key not in npz.members:
        return ""
    try:
        return array_to_text(npz.read(key))
    except ValueError as error:
        raise npz.invalid(f"{key} is {error}") from error
