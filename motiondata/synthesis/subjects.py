"""Subjects: the people of a corpus, each with a shape, a gender and habits of movement."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.bundled import bundled_body
from motiondata.bodies.posing import shape_body
from motiondata.recording import BETAS, GENDERS
from motiondata.synthesis.figure import Figure
from motiondata.synthesis.generators import generator, one_of
from motiondata.synthesis.style import Style, draw_style

SUBJECTS = 60
"""How many different people a corpus has at most; AMASS has some 300."""

LARGEST_BETA = 1.8
"""Nobody is shaped stranger than this, in standard deviations of each component."""


@dataclass(frozen=True, eq=False)
class Subject:
    """One person."""

    number: int
    gender: str
    betas: NDArray[np.float64]
    """Shaped (16,), of the bundled body's own shape space; nought beyond its components."""
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
    gender = one_of(rng, GENDERS)
    return Subject(number, gender, betas, figure, draw_style(rng, figure.hip_width))
