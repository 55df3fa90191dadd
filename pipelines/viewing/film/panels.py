"""The panels of a film: what the sensor sees of a frame, and the body that it sees."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.posing import ShapedBody, pose_body
from pipelines.viewing.colors import colors_of_points
from pipelines.viewing.film.camera import Camera, Path, path_around
from pipelines.viewing.film.options import ColorPoints, FilmOptions
from pipelines.viewing.film.rasterizer import (
    draw_balls,
    draw_floor,
    draw_triangles,
    vertex_normals,
)
from pipelines.viewing.skeletons import PosedSkeleton
from pipelines.viewing.viewed_clip import Scan, ViewedClip

Pixels = NDArray[np.uint8]
"""RGB, shaped (height, width, 3)."""

SAMPLES = 2
"""Pictures are drawn this many times as wide and as high, and averaged, for smooth edges."""
BODY_COLOR = np.array([150.0, 174.0, 208.0])
BONE_COLOR = np.array([96.0, 118.0, 152.0])
POINT_METERS, BONE_METERS = 0.014, 0.028
"""Radii of points and bones."""
BONE_BALLS = 24
"""The number of balls that a bone is drawn as."""
AMBIENT = 0.42
"""The share of light without a direction."""


@dataclass
class Canvas:
    """A picture that is drawn."""

    camera: Camera
    pixels: NDArray[np.float32]
    depths: NDArray[np.float64]

    @classmethod
    def over(cls, floor: NDArray[np.float32], camera: Camera) -> "Canvas":
        """Return a picture of the floor, shaped (height, width, 3), with samples."""
        pixels = floor.repeat(SAMPLES, axis=0).repeat(SAMPLES, axis=1)
        return cls(camera, pixels, np.full(pixels.shape[:2], np.inf))

    def add_balls(self, centers: NDArray[Any], meters: float, colors: NDArray[Any]) -> None:
        """Draw balls at centers (n, 3) of the world, with colors (n, 3)."""
        projected = self.camera.project(centers.astype(np.float64))
        radii = meters * self.camera.focal / np.maximum(projected[:, 2], 1e-6)
        draw_balls(self.pixels, self.depths, projected, radii, colors.astype(np.float64))

    def add_surface(self, vertices: NDArray[Any], faces: NDArray[np.int32]) -> None:
        """Draw a shaded surface; the light is above the camera, to its left."""
        vertices = np.ascontiguousarray(vertices, np.float64)
        light = np.array([-0.45, 0.6, -0.75]) @ self.camera.axes
        facing = vertex_normals(vertices, faces) @ (light / np.linalg.norm(light))
        shades = AMBIENT + (1 - AMBIENT) * np.clip(facing, 0, 1)
        colors = np.minimum(BODY_COLOR * shades[:, None] * 1.15, 255)
        corners = self.camera.project(vertices)
        draw_triangles(self.pixels, self.depths, corners, faces, colors)

    def finished(self) -> Pixels:
        """Return the picture in its final size."""
        rows = np.add(self.pixels[::2], self.pixels[1::2])
        total = np.add(rows[:, ::2], rows[:, 1::2])
        averaged: Pixels = np.rint(total / 4).astype(np.uint8)
        return averaged


Draw = Callable[[Canvas, int], None]
"""Draws a frame into a picture."""


@dataclass(frozen=True)
class Panel:
    """One thing that is drawn of each frame."""

    title: str
    draw: Draw


@dataclass(frozen=True)
class Panels:
    """What is drawn of each frame, seen by one camera."""

    path: Path
    panels: tuple[Panel, ...]

    @property
    def titles(self) -> tuple[str, ...]:
        """The names of what is drawn."""
        return tuple(panel.title for panel in self.panels)

    def pictures(self, frame: int, size: tuple[int, int]) -> list[Pixels]:
        """Return the picture of a frame in each panel, with a width and height in pixels."""
        width, height = size
        camera = self.path.camera(frame, (width * SAMPLES, height * SAMPLES))
        floor = _floor(camera, size)
        canvases = [Canvas.over(floor, camera) for _ in self.panels]
        for panel, canvas in zip(self.panels, canvases, strict=True):
            panel.draw(canvas, frame)
        return [canvas.finished() for canvas in canvases]


def _floor(camera: Camera, size: tuple[int, int]) -> NDArray[np.float32]:
    """Return a picture of the floor without samples: its lines are smooth anyway."""
    floor = np.empty((size[1], size[0], 3), np.float32)
    draw_floor(floor, camera.eye, camera.axes, camera.focal / SAMPLES, camera.target)
    return floor


def panels_of(clip: ViewedClip, shaped: ShapedBody | None, options: FilmOptions) -> Panels:
    """Return the panels of a clip: its points, and its body, or its skeleton if it has no pose.

    Raises `InputError` if a clip has none of them.
    """
    path = path_around(clip, options.view)
    panels = []
    if clip.scan is not None:
        panels.append(Panel("points", _points(clip.scan, options.color)))
    if shaped is not None and clip.pose is not None and clip.trans is not None:
        panels.append(Panel("body", _body(clip.pose, clip.trans, shaped)))
    elif clip.skeleton is not None:
        panels.append(Panel("skeleton", _bones(clip.skeleton)))
    return Panels(path, tuple(panels))


def _points(scan: Scan, color: ColorPoints) -> Draw:
    """Draw the distinct points of a frame. Range colors span one frame, as on the pages."""

    def draw(canvas: Canvas, frame: int) -> None:
        this = slice(frame, frame + 1)
        alone = replace(
            scan, points=scan.points[this], hits=scan.hits[this], parts=scan.parts[this]
        )
        seen = alone.is_seen
        canvas.add_balls(alone.points[seen], POINT_METERS, colors_of_points(alone, color)[seen])

    return draw


def _body(pose: NDArray[np.float32], trans: NDArray[np.float32], shaped: ShapedBody) -> Draw:
    def draw(canvas: Canvas, frame: int) -> None:
        posed = pose_body(shaped, pose[frame : frame + 1], trans[frame : frame + 1])
        canvas.add_surface(posed.vertices[0], shaped.body.faces)

    return draw


def _bones(skeleton: PosedSkeleton) -> Draw:
    parents, children = np.array(skeleton.bones).T
    shares = np.linspace(0, 1, BONE_BALLS)[:, None, None]

    def draw(canvas: Canvas, frame: int) -> None:
        joints = skeleton.joints[frame]
        balls = (joints[parents] * (1 - shares) + joints[children] * shares).reshape(-1, 3)
        canvas.add_balls(balls, BONE_METERS, np.tile(BONE_COLOR, (len(balls), 1)))

    return draw
