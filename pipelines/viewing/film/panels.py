"""The panels of a film: what the sensor sees of a frame, and the body that it sees."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.posing import ShapedBody, pose_body
from pipelines.viewing.clip_body import surface_of_pair
from pipelines.viewing.colors import colors_of_points
from pipelines.viewing.film.camera import Camera, Path, path_around
from pipelines.viewing.film.canvas import Canvas, Pixels, draw_floor_of
from pipelines.viewing.film.options import ColorPoints, FilmOptions
from pipelines.viewing.skeletons import PosedSkeleton
from pipelines.viewing.viewed_clip import Scan, ViewedClip

BONE_COLOR = np.array([96.0, 118.0, 152.0])
POINT_METERS, BONE_METERS = 0.014, 0.028
"""Radii of points and bones."""
BONE_BALLS = 24
"""The number of balls that a bone is drawn as."""

Draw = Callable[[Canvas, Camera, int], None]
"""Draws a frame, seen by a camera, on a canvas."""


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

    def pictures(self, frame: int, canvas: Canvas) -> list[Pixels]:
        """Return the picture of a frame in each panel, in the size of a canvas."""
        camera = self.path.camera(frame, canvas.samples)
        floor = draw_floor_of(camera, canvas.size)
        return [self._picture(panel, frame, canvas, camera, floor) for panel in self.panels]

    @staticmethod
    def _picture(panel: Panel, frame: int, canvas: Canvas, camera: Camera, floor: Pixels) -> Pixels:
        panel.draw(canvas, camera, frame)
        return canvas.finish(floor)


def panels_of(clip: ViewedClip, shaped: ShapedBody | None, options: FilmOptions) -> Panels:
    """Return the panels of a clip: its points, and its body, or its skeleton if it has no pose.

    Raises `InputError` if a clip has none of them.
    """
    path = path_around(clip, options.view)
    panels = []
    if clip.scan is not None:
        panels.append(Panel("points", _points(clip.scan, options.color)))
    if shaped is not None and clip.is_pair:
        panels.append(Panel("body", _pair(clip, shaped)))
    elif shaped is not None and clip.pose is not None and clip.trans is not None:
        panels.append(Panel("body", _body(clip.pose, clip.trans, shaped)))
    elif clip.skeleton is not None:
        panels.append(Panel("skeleton", _bones(clip.skeleton)))
    return Panels(path, tuple(panels))


def _points(scan: Scan, color: ColorPoints) -> Draw:
    """Draw the distinct points of a frame. Range colors span one frame, as on the pages."""

    def draw(canvas: Canvas, camera: Camera, frame: int) -> None:
        this = slice(frame, frame + 1)
        alone = replace(
            scan, points=scan.points[this], hits=scan.hits[this], parts=scan.parts[this]
        )
        seen = alone.is_seen
        canvas.add_balls(
            camera, alone.points[seen], POINT_METERS, colors_of_points(alone, color)[seen]
        )

    return draw


def _body(pose: NDArray[np.float32], trans: NDArray[np.float32], shaped: ShapedBody) -> Draw:
    def draw(canvas: Canvas, camera: Camera, frame: int) -> None:
        posed = pose_body(shaped, pose[frame : frame + 1], trans[frame : frame + 1])
        canvas.add_surface(camera, posed.vertices[0], shaped.body.faces)

    return draw


def _pair(clip: ViewedClip, shaped: ShapedBody) -> Draw:
    vertices, faces = surface_of_pair(clip, shaped)

    def draw(canvas: Canvas, camera: Camera, frame: int) -> None:  # noqa: ARG001 (the only one)
        canvas.add_surface(camera, vertices, faces)

    return draw


def _bones(skeleton: PosedSkeleton) -> Draw:
    parents, children = np.array(skeleton.bones).T
    shares = np.linspace(0, 1, BONE_BALLS)[:, None, None]

    def draw(canvas: Canvas, camera: Camera, frame: int) -> None:
        joints = skeleton.joints[frame]
        balls = (joints[parents] * (1 - shares) + joints[children] * shares).reshape(-1, 3)
        canvas.add_balls(camera, balls, BONE_METERS, np.tile(BONE_COLOR, (len(balls), 1)))

    return draw
