"""Subjects: the people of a corpus, each with a shape, a gender and habits of movement."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.bundled import bundled_body
from motiondata.bodies.posing import shape_body
from motiondata.synthesis.figure import Figure
from motiondata.synthesis.generators import generator
from motiondata.synthesis.style import Style, draw_style

SUBJECTS = 60
"""How many different people a corpus has at most; AMASS has some 300."""

BETAS = 16
"""As many as AMASS gives; those that the bundled body lacks are nought."""

LARGEST_BETA = 1.8
"""Nobody is shaped stranger than this, in standard deviations of each component."""

GENDERS = ("male", "female", "neutral")


@dataclass(frozen=True, eq=False)
class Subject:
    """One person."""

    number: int
    gender: str
    betas: NDArray[np.float64]
    """Shaped (16,), of the bundled body's own shape space."""
    figure: Figure
    """The bundled body's skeleton with these betas."""
    style: Style


@lru_cache(maxsize=2 * SUBJECTS)
def make_subject(seed: int, number: int) -> Subject:
    """Return one of a corpus's people."""
    rng = generator(seed, "subject", number)
    body = bundled_body()
    betas = np.zeros(BETAS)
    shapes = body.shape_dirs.shape[2]
    betas[:shapes] = rng.standard_normal(BETAS)[:shapes].clip(-LARGEST_BETA, LARGEST_BETA)
    shaped = shape_body(body, betas)
    figure = Figure(shaped.joints, float(shaped.vertices[:, 1].min()))
    gender = GENDERS[int(rng.integers(len(GENDERS)))]
    return Subject(number, gender, betas, figure, draw_style(rng, figure.hip_width))
