"""A canvas on which a frame is drawn with several samples per pixel, for smooth edges.

One canvas serves all frames of a film. Only the box in which something is drawn is averaged and
cleared, because most of a picture shows the floor alone.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.viewing.film.camera import Camera
from pipelines.viewing.film.rasterizer import (
    average_samples,
    draw_balls,
    draw_floor,
    draw_triangles,
    vertex_normals,
)

Pixels = NDArray[np.uint8]
"""RGB, shaped (height, width, 3)."""
Floats = NDArray[np.float64]

SAMPLES = 2
"""Pictures are drawn this many times as wide and as high, and averaged."""
BODY_COLOR = np.array([150.0, 174.0, 208.0])
LIGHT = np.array([-0.45, 0.6, -0.75]) / np.linalg.norm([-0.45, 0.6, -0.75])
"""The direction to the light in the axes of the camera: above it, to its left."""
FLOOR_COLOR = 240.0
BELOW_FLOOR = 0.7
"""How much of the floor's color covers what is below the floor, so that a sunken foot is seen."""
AMBIENT = 0.42
"""The share of light without a direction."""


@dataclass
class Canvas:
    """Samples of a picture: those that are drawn since the last picture was finished."""

    size: tuple[int, int]
    """The width and height of pictures, pixels."""
    pixels: NDArray[np.float32]
    """Shaped (rows, columns, 3); undefined where nothing is drawn."""
    depths: NDArray[np.float32]
    """Meters from the camera, shaped (rows, columns); infinite where nothing is drawn."""
    box: tuple[int, int, int, int] | None = None
    """The first column and row of the picture with something drawn, and the first ones after."""

    @classmethod
    def empty(cls, size: tuple[int, int]) -> "Canvas":
        """Return a canvas on which nothing is drawn."""
        shape = size[1] * SAMPLES, size[0] * SAMPLES
        return cls(size, np.empty((*shape, 3), np.float32), np.full(shape, np.inf, np.float32))

    @property
    def samples(self) -> tuple[int, int]:
        """The number of samples in the width and in the height of a picture."""
        return self.size[0] * SAMPLES, self.size[1] * SAMPLES

    def add_balls(
        self, camera: Camera, centers: NDArray[Any], meters: float, colors: NDArray[Any]
    ) -> None:
        """Draw balls at centers (n, 3) of the world, with colors (n, 3)."""
        projected = camera.project(centers.astype(np.float64))
        radii = meters * camera.focal / np.maximum(projected[:, 2], 1e-6)
        self._extend_box(projected, radii)
        draw_balls(self.pixels, self.depths, projected, radii, colors.astype(np.float64))

    def add_surface(self, camera: Camera, vertices: NDArray[Any], faces: NDArray[np.int32]) -> None:
        """Draw a shaded surface, vertices (n, 3) of the world. Parts below the floor are pale."""
        vertices = np.ascontiguousarray(vertices, np.float64)
        facing = vertex_normals(vertices, faces) @ (LIGHT @ camera.axes)
        shades = AMBIENT + (1 - AMBIENT) * np.clip(facing, 0, 1)
        colors = np.minimum(BODY_COLOR * shades[:, None] * 1.15, 255)
        colors += BELOW_FLOOR * (FLOOR_COLOR - colors) * (vertices[:, 2:] < 0)
        corners = camera.project(vertices)
        self._extend_box(corners, np.zeros(len(corners)))
        draw_triangles(self.pixels, self.depths, corners, faces, colors)

    def finish(self, floor: Pixels) -> Pixels:
        """Return what is drawn over a picture of the floor, and clear the canvas."""
        picture = floor.copy()
        if self.box is not None:
            left, top, right, bottom = self.box
            rows = slice(top * SAMPLES, bottom * SAMPLES)
            columns = slice(left * SAMPLES, right * SAMPLES)
            drawn = self.pixels[rows, columns], self.depths[rows, columns]
            average_samples(picture[top:bottom, left:right], *drawn)
            self.depths[rows, columns] = np.inf
            self.box = None
        return picture

    def _extend_box(self, corners: Floats, radii: Floats) -> None:
        """Extend the box by places (n, 3), columns and rows of samples, with radii (n,)."""
        if not len(corners):
            return
        places = corners[:, :2]
        low = np.floor((places - radii[:, None]).min(axis=0) / SAMPLES).astype(int) - 1
        high = np.ceil((places + radii[:, None]).max(axis=0) / SAMPLES).astype(int) + 2
        left, top = np.clip(low, 0, self.size).tolist()
        right, bottom = np.clip(high, 0, self.size).tolist()
        old = self.box or (left, top, right, bottom)
        self.box = min(left, old[0]), min(top, old[1]), max(right, old[2]), max(bottom, old[3])


def draw_floor_of(camera: Camera, size: tuple[int, int]) -> Pixels:
    """Return a picture of the floor, without samples: its lines are smooth anyway."""
    floor = np.empty((size[1], size[0], 3), np.uint8)
    draw_floor(floor, camera.eye, camera.axes, camera.focal / SAMPLES, camera.target)
    return floor
