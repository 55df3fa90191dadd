"""Compiled solution of the normal equations of a clip: block tridiagonal, with a border of betas.

All sums have a fixed order, so the bits do not depend on the processor.
"""

import numpy as np
from numpy.typing import NDArray

from motiondata.fitting.unknowns import TURNS
from motiondata.jit import kernel, step

Array = NDArray[np.float64]

SWEEPS = 100
"""Passes over the betas that bring them within their bounds (projected Gauss-Seidel)."""


@kernel
def solve_equations(
    blocks: Array, right: Array, border: Array, bounds: Array, smoothness: float, damping: float
) -> Array:
    """Solve the equations; return the betas' step, (shapes,), and leave the others in `right`.

    `bounds` (2, shapes) are the least and the greatest step of each beta. The other steps are those
    that fit the bounded betas. `blocks` and `border` are destroyed. The step of frame f is
    `right[f, :, 0]`.
    """
    frames, unknowns, columns = right.shape
    sides = np.empty((frames, columns, unknowns))
    raised = np.empty((columns, unknowns))
    for frame in range(frames):
        for i in range(unknowns):
            blocks[frame, i, i] += damping
            for column in range(columns):
                raised[column, i] = right[frame, i, column]
        if frame > 0:
            _eliminate(blocks[frame - 1], sides[frame - 1], smoothness, blocks[frame], raised)
        _invert(blocks[frame])
        sides[frame] = 0.0
        _add_applied(blocks[frame], raised, sides[frame])
    for frame in range(frames - 2, -1, -1):
        raised[:] = smoothness * sides[frame + 1]
        raised[:, TURNS:] = 0.0
        _add_applied(blocks[frame], raised, sides[frame])
    steps = _solve_border(right, sides, border, bounds, damping)
    _write_steps(right, sides, steps)
    return steps


@step
def _eliminate(before: Array, sides: Array, smoothness: float, block: Array, raised: Array) -> None:
    """Eliminate the frame before, of which `before` is the inverse block and `sides` the result."""
    for i in range(TURNS):
        for j in range(TURNS):
            block[i, j] -= smoothness * smoothness * before[i, j]
        for column in range(len(sides)):
            raised[column, i] += smoothness * sides[column, i]


@step
def _solve_border(
    right: Array, sides: Array, border: Array, bounds: Array, damping: float
) -> Array:
    """Return the steps of the betas, shaped (shapes,)."""
    frames, unknowns, columns = right.shape
    for i in range(columns - 1):
        for j in range(columns):
            for frame in range(frames):
                for k in range(unknowns):
                    border[i, j] -= right[frame, k, 1 + i] * sides[frame, j, k]
        border[i, 1 + i] += damping * frames
    inner = border[:, 1:].copy()
    _invert(inner)
    steps = np.zeros(columns - 1)
    for i in range(columns - 1):
        for j in range(columns - 1):
            steps[i] += inner[i, j] * border[j, 0]
    if (steps < bounds[0]).any() or (steps > bounds[1]).any():
        _bound(steps, border, bounds)
    return steps


@step
def _bound(steps: Array, border: Array, bounds: Array) -> None:
    """Move the steps to the least of their quadratic cost within the bounds, one after another."""
    for _ in range(SWEEPS):
        for i in range(len(steps)):
            value = border[i, 0]
            for j in range(len(steps)):
                if j != i:
                    value -= border[i, 1 + j] * steps[j]
            steps[i] = min(max(value / border[i, 1 + i], bounds[0, i]), bounds[1, i])


@step
def _write_steps(right: Array, sides: Array, steps: Array) -> None:
    for frame in range(len(right)):
        for k in range(right.shape[1]):
            right[frame, k, 0] = sides[frame, 0, k]
            for i in range(len(steps)):
                right[frame, k, 0] -= sides[frame, 1 + i, k] * steps[i]


@step
def _add_applied(matrix: Array, vectors: Array, products: Array) -> None:
    """Add the products of a symmetric matrix with vectors, both shaped (columns, unknowns)."""
    unknowns = len(matrix)
    for column in range(len(vectors)):
        for i in range(unknowns):
            value = vectors[column, i]
            for j in range(unknowns):
                products[column, j] += value * matrix[i, j]


@step
def _invert(matrix: Array) -> None:
    """Invert a symmetric positive definite matrix in place (Gauss and Jordan, no pivoting)."""
    unknowns = len(matrix)
    for k in range(unknowns):
        pivot = 1.0 / matrix[k, k]
        matrix[k, k] = 1.0
        for j in range(unknowns):
            matrix[k, j] *= pivot
        for i in range(unknowns):
            if i != k:
                factor = matrix[i, k]
                matrix[i, k] = 0.0
                for j in range(unknowns):
                    matrix[i, j] -= factor * matrix[k, j]
