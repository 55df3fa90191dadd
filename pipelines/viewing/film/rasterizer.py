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
FADED = 63.0
"""The square of the distance in meters at which the floor is as bright as the background."""
SHADOW = 1.0
"""The square of the distance in meters at which the shadow below a person ends."""


@kernel
def vertex_normals(vertices: Array, faces: Array) -> Array:
    """Return the unit normals of vertices (vertices, 3): means of their faces, weighted by area."""
    normals = np.zeros(vertices.shape)
    for face in range(len(faces)):
        a, b, c = faces[face, 0], faces[face, 1], faces[face, 2]
        for axis in range(3):
            j, k = (axis + 1) % 3, (axis + 2) % 3
            uj, uk = vertices[b, j] - vertices[a, j], vertices[b, k] - vertices[a, k]
            vj, vk = vertices[c, j] - vertices[a, j], vertices[c, k] - vertices[a, k]
            area = uj * vk - uk * vj
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
        a, b, c = faces[face, 0], faces[face, 1], faces[face, 2]
        ax, ay, bx, by = corners[a, 0], corners[a, 1], corners[b, 0], corners[b, 1]
        cx, cy = corners[c, 0], corners[c, 1]
        area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
        if area == 0 or min(corners[a, 2], corners[b, 2], corners[c, 2]) <= 0:
            continue
        left, right = max(0, int(np.ceil(min(ax, bx, cx)))), min(width - 1, int(max(ax, bx, cx)))
        top, bottom = max(0, int(np.ceil(min(ay, by, cy)))), min(height - 1, int(max(ay, by, cy)))
        per_area = 1 / area
        for y in range(top, bottom + 1):
            for x in range(left, right + 1):
                second = ((x - ax) * (cy - ay) - (cx - ax) * (y - ay)) * per_area
                third = ((bx - ax) * (y - ay) - (x - ax) * (by - ay)) * per_area
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
def draw_floor(picture: Array, eye: Array, axes: Array, focal: float, target: Array) -> None:
    """Fill a picture with a floor at z = 0, whose lines are half a meter apart.

    The floor fades away from `target`. `axes` are the camera's directions to the right, up, and
    forward, shaped (3, 3). The direction to the right is level, so a row of the picture shows a
    straight line on the floor, along which a pixel has one width.
    """
    height, width = picture.shape[:2]
    for y in range(height):
        picture[y] = 255
        ray = axes[2] + (height / 2 - y) / focal * axes[1]
        if ray[2] > -1e-6:
            continue
        distance = -eye[2] / ray[2]
        pixel = distance / focal
        middle = eye + distance * ray - pixel * width / 2 * axes[0]
        for x in range(width):
            east, north = middle[0] + x * pixel * axes[0, 0], middle[1] + x * pixel * axes[0, 1]
            away = (east - target[0]) ** 2 + (north - target[1]) ** 2
            if away > FADED:
                continue
            to_line = min(abs(2 * east - np.rint(2 * east)), abs(2 * north - np.rint(2 * north)))
            dark = 14.0 + 34 * min(1.0, max(0.0, 0.5 + (LINE_METERS - to_line / 2) / pixel))
            if away < SHADOW:
                dark += 22 * np.exp(-away / 0.12)
            picture[y, x] = np.uint8(np.rint(255 - dark * np.exp(-away / 9.0)))


@kernel
def average_samples(picture: Array, pixels: Array, depths: Array) -> None:
    """Put the mean of its samples into each pixel of a picture.

    `pixels` and `depths` have several times as many rows and columns as the picture, which shows
    through samples with an infinite depth.
    """
    height, width = picture.shape[:2]
    samples = len(depths) // height
    share = np.float32(1 / samples**2)
    for y in range(height):
        for x in range(width):
            drawn = 0
            red = green = blue = np.float32(0)
            for row in range(y * samples, (y + 1) * samples):
                for column in range(x * samples, (x + 1) * samples):
                    if depths[row, column] < np.inf:
                        drawn += 1
                        red += pixels[row, column, 0]
                        green += pixels[row, column, 1]
                        blue += pixels[row, column, 2]
            if drawn:
                empty = np.float32(samples**2 - drawn)
                picture[y, x, 0] = np.uint8(np.rint((red + empty * picture[y, x, 0]) * share))
                picture[y, x, 1] = np.uint8(np.rint((green + empty * picture[y, x, 1]) * share))
                picture[y, x, 2] = np.uint8(np.rint((blue + empty * picture[y, x, 2]) * share))
