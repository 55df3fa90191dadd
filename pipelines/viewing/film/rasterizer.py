"""Draw triangles, balls and a floor into a picture with a depth buffer.

Pixels are RGB, shaped (height, width, 3); depths are shaped (height, width), meters from the eye.
Corners are shaped (corners, 3): column, row, and depth. What is nearer hides what is behind it.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from motiondata.jit import kernel

Array = NDArray[Any]

LINE_METERS = 0.007
"""Half the width of the lines on the floor."""


@kernel
def vertex_normals(vertices: Array, faces: Array) -> Array:
    """Return the unit normals of vertices (vertices, 3): means of their faces, weighted by area."""
    normals = np.zeros(vertices.shape)
    for face in range(len(faces)):
        a, b, c = faces[face]
        u, v = vertices[b] - vertices[a], vertices[c] - vertices[a]
        for axis in range(3):
            j, k = (axis + 1) % 3, (axis + 2) % 3
            area = u[j] * v[k] - u[k] * v[j]
            normals[a, axis] += area
            normals[b, axis] += area
            normals[c, axis] += area
    for vertex in range(len(normals)):
        length = np.sqrt((normals[vertex] ** 2).sum())
        if length > 0:
            normals[vertex] /= length
    return normals


@kernel
def draw_triangles(
    pixels: Array, depths: Array, corners: Array, faces: Array, colors: Array
) -> None:
    """Draw triangles with colors (corners, 3) that are interpolated between their corners."""
    height, width = depths.shape
    for face in range(len(faces)):
        a, b, c = faces[face]
        ax, ay, bx, by = corners[a, 0], corners[a, 1], corners[b, 0], corners[b, 1]
        cx, cy = corners[c, 0], corners[c, 1]
        area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
        if area == 0 or min(corners[a, 2], corners[b, 2], corners[c, 2]) <= 0:
            continue
        left, right = max(0, int(np.ceil(min(ax, bx, cx)))), min(width - 1, int(max(ax, bx, cx)))
        top, bottom = max(0, int(np.ceil(min(ay, by, cy)))), min(height - 1, int(max(ay, by, cy)))
        for y in range(top, bottom + 1):
            for x in range(left, right + 1):
                second = ((x - ax) * (cy - ay) - (cx - ax) * (y - ay)) / area
                third = ((bx - ax) * (y - ay) - (x - ax) * (by - ay)) / area
                first = 1 - second - third
                if first < 0 or second < 0 or third < 0:
                    continue
                depth = first * corners[a, 2] + second * corners[b, 2] + third * corners[c, 2]
                if depth < depths[y, x]:
                    depths[y, x] = depth
                    for channel in range(3):
                        pixels[y, x, channel] = (
                            first * colors[a, channel]
                            + second * colors[b, channel]
                            + third * colors[c, channel]
                        )


@kernel
def draw_balls(pixels: Array, depths: Array, centers: Array, radii: Array, colors: Array) -> None:
    """Draw balls with radii (balls,), pixels, and colors (balls, 3), darker toward their edges."""
    height, width = depths.shape
    for ball in range(len(centers)):
        x0, y0, depth, radius = centers[ball, 0], centers[ball, 1], centers[ball, 2], radii[ball]
        if depth <= 0:
            continue
        for y in range(max(0, int(y0 - radius)), min(height - 1, int(y0 + radius) + 1) + 1):
            for x in range(max(0, int(x0 - radius)), min(width - 1, int(x0 + radius) + 1) + 1):
                share = ((x - x0) ** 2 + (y - y0) ** 2) / radius**2
                if share <= 1 and depth < depths[y, x]:
                    depths[y, x] = depth
                    for channel in range(3):
                        pixels[y, x, channel] = colors[ball, channel] * (1 - 0.35 * share)


@kernel
def draw_floor(pixels: Array, eye: Array, axes: Array, focal: float, target: Array) -> None:
    """Fill the picture with a floor at z = 0 with lines every half meter, which fades far away.

    `axes` are the camera's directions to the right, up, and forward, shaped (3, 3).
    """
    height, width = pixels.shape[:2]
    for y in range(height):
        for x in range(width):
            right, up = (x - width / 2) / focal, (height / 2 - y) / focal
            ray = axes[2] + right * axes[0] + up * axes[1]
            shade = 255.0
            if ray[2] < -1e-6:
                distance = -eye[2] / ray[2]
                to_line = np.inf
                away = 0.0
                for axis in range(2):
                    place = eye[axis] + distance * ray[axis]
                    to_line = min(to_line, abs(place * 2 - np.rint(place * 2)) / 2)
                    away += (place - target[axis]) ** 2
                near = np.exp(-away / 9.0)
                shade -= (14 + 22 * np.exp(-away / 0.12)) * near
                pixel = distance / focal
                shade -= 34 * near * min(1.0, max(0.0, 0.5 + (LINE_METERS - to_line) / pixel))
            pixels[y, x] = shade
