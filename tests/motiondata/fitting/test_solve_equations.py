"""The step of a fit is the least of its quadratic cost with the betas within their bounds."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import lsq_linear

from motiondata.fitting.solve_equations import solve_equations
from motiondata.fitting.unknowns import TURNS, UNKNOWNS

Floats = NDArray[np.float64]

FRAMES, SHAPES, SMOOTHNESS, DAMPING = 3, 4, 0.1, 1e-3


def made_equations(seed: int) -> tuple[Floats, Floats]:
    """Return a dense symmetric matrix, and its right-hand side, of a random least-squares problem.

    The unknowns are those of each frame, then the betas. Only rotations of neighbors are coupled.
    """
    random, size = np.random.default_rng(seed), FRAMES * UNKNOWNS + SHAPES
    matrix, right = np.zeros((size, size)), random.normal(size=size)
    for frame in range(FRAMES):
        rows = random.normal(size=(2 * UNKNOWNS, size))
        rows[:, : frame * UNKNOWNS] = 0.0
        rows[:, (frame + 1) * UNKNOWNS : -SHAPES] = 0.0
        matrix += rows.T @ rows
    for first in range((FRAMES - 1) * UNKNOWNS):
        if first % UNKNOWNS < TURNS:
            second = first + UNKNOWNS
            matrix[[first, second], [first, second]] += SMOOTHNESS
            matrix[[first, second], [second, first]] -= SMOOTHNESS
    return matrix, right


def solve(matrix: Floats, right: Floats, bounds: Floats) -> Floats:
    """Return the steps of all unknowns, shaped (size,), as the fit finds them."""
    ends = [slice(frame * UNKNOWNS, (frame + 1) * UNKNOWNS) for frame in range(FRAMES)]
    blocks = np.stack([matrix[end, end] for end in ends])
    sides = np.stack([np.column_stack([right[end], matrix[end, -SHAPES:]]) for end in ends])
    border = np.column_stack([right[-SHAPES:], matrix[-SHAPES:, -SHAPES:]])
    betas = solve_equations(blocks, sides, border, bounds, SMOOTHNESS, DAMPING)
    return np.concatenate([sides[..., 0].ravel(), betas])


@pytest.mark.parametrize("width", [1e-3, 0.02, 1e3])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_step_is_that_of_a_dense_solver_with_bounds(seed: int, width: float) -> None:
    matrix, right = made_equations(seed)
    bounds = np.array([np.full(SHAPES, -width), np.full(SHAPES, width)])
    damped = matrix.copy()
    damped[np.diag_indices_from(damped)] += DAMPING
    damped[range(-SHAPES, 0), range(-SHAPES, 0)] += DAMPING * (FRAMES - 1)
    root = np.linalg.cholesky(damped)
    ends = np.full(len(right), np.inf)
    ends[-SHAPES:] = width
    expected = lsq_linear(
        root.T, np.linalg.solve(root, right), (-ends, ends), method="bvls", tol=1e-14
    )
    np.testing.assert_allclose(solve(matrix, right, bounds), expected.x, atol=1e-7)
