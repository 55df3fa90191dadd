"""A ground of given heights: a grid, interpolated between its points.

The grid is in AMASS's world, z up, meters, so that it fits recordings as they are.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from motiondata.errors import InputError, RecordingError
from motiondata.npz import open_npz
from motiondata.representations.pfnn.take import Terrain

Floats = NDArray[np.float64]

KEYS = ("heights", "corner", "cell")


@dataclass(frozen=True, eq=False)
class HeightGrid:
    """Heights of the ground on a grid, world frame, z up, meters."""

    heights: Floats
    """Shaped (columns, rows): along x, then along y."""
    corner: Floats
    """x and y of the first point, shaped (2,)."""
    cell: float
    """Distance between points."""

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read an `.npz` file with the arrays `heights`, `corner` and `cell`.

        Raises `InputError` if it is not such a file.
        """
        try:
            with open_npz(path, str(path)) as file:
                file.expect_keys(*KEYS)
                heights, corner, cell = (np.array(file.read(name), np.float64) for name in KEYS)
        except (RecordingError, OSError, ValueError) as error:
            raise InputError(
                f"{path}: expected a .npz file with {', '.join(KEYS)} of a terrain; {error}"
            ) from error
        grid = cls(heights, corner.ravel(), float(cell.flat[0]) if cell.size else 0.0)
        grid._check(path)
        return grid

    def _check(self, path: Path) -> None:
        fits = self.heights.ndim == 2 and self.heights.size and self.corner.shape == (2,)
        is_finite = np.isfinite(self.heights).all() and np.isfinite(self.corner).all()
        if not (fits and is_finite and 0 < self.cell < np.inf):
            raise InputError(
                f"{path}: expected finite heights (columns, rows), a corner (2,) and a cell above "
                f"0, found heights {self.heights.shape}, corner {self.corner.shape}, cell "
                f"{self.cell:g}"
            )

    def at(self, points: Floats) -> Floats:
        """Return the heights at points (points, 2), x and y; beyond the grid, those of its edge."""
        last = np.array(self.heights.shape) - 1
        places = np.clip((points - self.corner) / self.cell, 0.0, last)
        before = np.floor(places).astype(np.intp)
        after = np.minimum(before + 1, last)
        along, across = (places - before).T
        (i, j), (k, m) = before.T, after.T
        grid = self.heights
        near = grid[i, j] + across * (grid[i, m] - grid[i, j])
        far = grid[k, j] + across * (grid[k, m] - grid[k, j])
        heights: Floats = near + along * (far - near)
        return heights

    def on_path(self, mirrored: bool = False) -> Terrain:
        """Return the ground of a take, y up, (x, z, -y) of the world; `mirrored`: with x negated.

        AMASS's world is mirrored by its x axis, too.
        """
        signs = np.array([-1.0 if mirrored else 1.0, -1.0])
        return lambda points: self.at(points * signs)
