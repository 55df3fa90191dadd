"""Subjects of a corpus, each with a body shape, a gender and a style of movement."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.bundled import bundled_body
from motiondata.bodies.posing import shape_body
from motiondata.recording import BETAS, GENDERS
from motiondata.synthesis.generators import generator, one_of
from motiondata.synthesis.motion.rest_skeleton import RestSkeleton
from motiondata.synthesis.motion.style import Style, draw_style

SUBJECT_COUNT = 60
"""Maximum number of subjects in a corpus; AMASS has about 300."""

LARGEST_BETA = 1.8
"""Bound on each shape coefficient, in standard deviations."""


@dataclass(frozen=True, eq=False)
class SyntheticSubject:
    """One synthetic subject."""

    number: int
    gender: str
    betas: NDArray[np.float64]
    """Coefficients of the bundled body's shape space, shaped (16,), padded with zeros."""
    skeleton: RestSkeleton
    """The bundled body's skeleton with these betas."""
    style: Style


@lru_cache(maxsize=2 * SUBJECT_COUNT)
def make_subject(seed: int, number: int) -> SyntheticSubject:
    """Generate subject `number` of the corpora with a given seed."""
    rng = generator(seed, "subject", number)
    body = bundled_body()
    betas = np.zeros(BETAS)
    shapes = body.shape_dirs.shape[2]
    betas[:shapes] = rng.standard_normal(BETAS)[:shapes].clip(-LARGEST_BETA, LARGEST_BETA)
    shaped = shape_body(body, betas)
    skeleton = RestSkeleton(shaped.joints, float(shaped.vertices[:, 1].min()))
    gender = one_of(rng, GENDERS)
    return SyntheticSubject(number, gender, betas, skeleton, draw_style(rng, skeleton.hip_width))
