"""Load a body with a shape in one call, ready to be posed."""

from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from motiondata.arrays import finite_array
from motiondata.bodies.body import Body
from motiondata.bodies.bundled import bundled_body
from motiondata.bodies.folders import STAND_INS, find_bodies
from motiondata.bodies.loading import read_body
from motiondata.bodies.posing import ShapedBody, shape_body
from motiondata.errors import InputError
from motiondata.recording import GENDERS


def load_body(
    path: str | Path | None = None, gender: str = "neutral", betas: ArrayLike | None = None
) -> ShapedBody:
    """Load a body and apply a shape; pass the result to `pose_body`.

    `path` is a file in SMPL's format, a folder with one file per gender, or None for the bundled
    body. `gender` selects the file in a folder; if the folder has no neutral body, the female one
    is used for it. `betas`, shaped (betas,), are coefficients of the body's own shape space,
    `result.body.shape_space`; None is the mean shape. Missing coefficients count as zero, and those
    beyond the body's components are ignored.

    Raises `InputError` if there is no such body, or the gender or the betas are not as above.
    """
    if gender not in GENDERS:
        raise InputError(f"gender: expected one of {', '.join(GENDERS)}, found {gender!r}")
    shape = np.zeros(0) if betas is None else finite_array(betas, "betas", ("betas",))
    return shape_body(_find_body(path, gender), shape)


def _find_body(path: str | Path | None, gender: str) -> Body:
    if path is None:
        return bundled_body()
    if not Path(path).is_dir():
        return read_body(Path(path))
    files = find_bodies(Path(path))
    return read_body(files.get(gender) or files[STAND_INS[gender]])
