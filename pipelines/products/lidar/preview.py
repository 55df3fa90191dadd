"""A picture of scans, for a visual check of a dataset before training.

Each clip has one row: its caption, some of its frames as seen by the sensor, and the same frames
from the side, each with its time. Colors show body parts; brown points are not on the person. The
gray line is the floor.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf
from pathlib import Path
from textwrap import shorten
from typing import Any
from warnings import catch_warnings, filterwarnings

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgba_array
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

from motiondata.body_regions import REGION_COLORS, REGION_OF_JOINT, SURROUNDINGS_COLOR
from motiondata.captions import caption_texts
from motiondata.errors import InputError
from motiondata.lidar.placement import compose, invert_rigid, turn
from motiondata.lidar.rigs.attitude import rotations_toward
from motiondata.lidar.sampled_clip import NO_PART
from motiondata.lidar.surroundings import NOT_THE_PERSON
from pipelines.clips.members import DETAILS
from pipelines.products.lidar.members import HITS, JOINTS, PARTS, POINTS, SENSOR_POSE
from shards.format.array_spec import ArraySpec
from shards.format.dataset import Dataset
from shards.format.npy import npy_to_array
from shards.format.publishing import publishing
from shards.format.reading import read_member

ARRAYS = (POINTS, HITS, PARTS, JOINTS)
"""The arrays of a sample that a picture needs, in addition to the details."""

PANEL_INCHES = 1.2
ROW_INCHES = 1.72
"""Height of a clip's row: a panel with equal scale on both axes, and the title above it."""
TITLE_INCHES = 0.2
LEGEND_INCHES = 0.62
"""Height of the legend below all rows."""
NEAR_METERS = 0.5
"""A sensor that is nearer to the pelvis than this, horizontally, is on the person."""
FRAMES = 5
"""Number of frames per clip and view."""
TITLE_LETTERS = 200
TITLE_SHARE = 0.94
"""Maximum width of a title, as a share of the width of its view's panels."""
CUT = " ..."
"""Suffix of a truncated title."""
NO_CAPTION = "(no caption)"
HALF_WIDTH_METERS = 0.95
LOWEST_METERS, HIGHEST_METERS = -0.25, 2.15
"""Extent of a panel: horizontal distance from the pelvis, and heights above the floor."""
SECONDS_METERS = -0.15
"""Height of a frame's time label: below the floor."""
SCALE_METERS = 0.5
"""Length of the scale bar in each row."""

VIEWS = {"from the sensor": (1, -1.0), "from the side": (0, 1.0)}
"""The axis of the sensor frame that points right in a view's panels, and its sign."""

COLUMNS = FRAMES * len(VIEWS)
"""The panels of a clip."""

COLOR_OF_PART = np.tile(to_rgba_array(SURROUNDINGS_COLOR), (NO_PART + 1, 1))
COLOR_OF_PART[: len(REGION_OF_JOINT)] = to_rgba_array(
    [REGION_COLORS[region] for region in REGION_OF_JOINT]
)
"""RGBA of each body part, shaped (256, 4)."""


@dataclass(frozen=True)
class _PreviewClip:
    """The parts of a sample that are drawn."""

    key: str
    caption: str
    fps: float
    points: NDArray[np.float64]
    """Level frame with z = 0 on the floor, meters, shaped (frames, points, 3)."""
    hits: NDArray[np.int32]
    parts: NDArray[np.uint8]
    pelvis: NDArray[np.float64]

    @property
    def has_surroundings(self) -> bool:
        """Whether points of the sample are not on the person."""
        return bool((self.parts == NOT_THE_PERSON).any())


def expect_scans(dataset: Dataset) -> None:
    """Raise `InputError` if samples lack a member that a picture needs."""
    lacking = [name for name in (*ARRAYS, DETAILS) if name not in dataset.schema.members]
    points = dataset.schema.members.get(POINTS)
    if lacking or not isinstance(points, ArraySpec) or len(points.shape) != 3:
        raise InputError(
            f"{dataset.place}: expected scans such as build-lidar makes, found samples without "
            f"{', '.join(lacking) or 'points of three coordinates'}"
        )


def draw_preview(dataset: Dataset, keys: Iterable[str], path: Path) -> None:
    """Write a PNG of the scans of some samples."""
    with catch_warnings():
        filterwarnings("ignore", message="Glyph")  # the font draws missing letters as boxes
        rows, has_surroundings = [], False
        for clip in (_read(dataset, key) for key in keys):
            rows.append(_row_picture(clip))
            has_surroundings |= clip.has_surroundings
        picture = Image.fromarray(np.concatenate([*rows, _legend_picture(has_surroundings)]))
    with publishing(path) as file:
        picture.save(file, "PNG")


def _row_picture(clip: _PreviewClip) -> NDArray[np.uint8]:
    """Return a picture of a clip, shaped (height, width, 3): panels below their titles."""
    figure = _figure(ROW_INCHES)
    axes: NDArray[Any] = figure.subplots(1, COLUMNS)
    for column, panel in enumerate(axes):
        panel.set_position((column / COLUMNS, 0, 1 / COLUMNS, 1 - TITLE_INCHES / ROW_INCHES))
    _draw_clip(clip, axes)
    return _pixels(figure)


def _legend_picture(has_surroundings: bool) -> NDArray[np.uint8]:
    figure = _figure(LEGEND_INCHES)
    surroundings = {"surroundings": SURROUNDINGS_COLOR} if has_surroundings else {}
    _draw_legend(figure, REGION_COLORS | surroundings)
    return _pixels(figure)


def _figure(inches: float) -> Figure:
    """Return a figure of a height, as wide as all panels of a clip."""
    figure = Figure(figsize=(PANEL_INCHES * COLUMNS, inches), dpi=100, facecolor="white")
    FigureCanvasAgg(figure)  # measures text as it will be drawn
    return figure


def _pixels(figure: Figure) -> NDArray[np.uint8]:
    canvas = figure.canvas
    assert isinstance(canvas, FigureCanvasAgg)  # noqa: S101
    canvas.draw()  # type: ignore[no-untyped-call]
    return np.asarray(canvas.buffer_rgba())[..., :3]  # type: ignore[no-untyped-call]


def _read(dataset: Dataset, key: str) -> _PreviewClip:
    frames = dataset.row(key).frames
    array = {
        suffix: dataset.schema.decode(suffix, read_member(dataset, key, suffix), frames)
        for suffix in ARRAYS
    }
    details = json.loads(read_member(dataset, key, DETAILS))
    captions, level = caption_texts(details), _to_level(dataset, key, array, details)
    return _PreviewClip(
        key,
        captions[0] if captions else NO_CAPTION,
        float(details["fps_out"]),
        turn(level[:, None, :3, :3], array[POINTS].astype(np.float64)) + level[:, None, :3, 3],
        array[HITS],
        array[PARTS],
        turn(level[:, :3, :3], array[JOINTS][:, 0].astype(np.float64)) + level[:, :3, 3],
    )


def _to_level(
    dataset: Dataset, key: str, array: Mapping[str, NDArray[Any]], details: Mapping[str, Any]
) -> NDArray[np.float64]:
    """Return transforms from the sensor frame to one with z = 0 on the floor, (frames, 4, 4).

    Its x is that of a level sensor; for one that `--sensors` places, the direction to the pelvis.
    """
    frames = len(array[POINTS])
    if SENSOR_POSE not in dataset.schema.members:
        raised = np.eye(4)
        raised[2, 3] = details["T_world_sensor"][2][3]
        return np.broadcast_to(raised, (frames, 4, 4))
    placed = npy_to_array(read_member(dataset, key, SENSOR_POSE)).astype(np.float64)
    pelvis = turn(placed[:, :3, :3], array[JOINTS][:, 0].astype(np.float64))
    far = np.linalg.norm(pelvis[:, :2], axis=1) > NEAR_METERS
    level = np.tile(np.eye(4), (frames, 1, 1))
    level[far, :3, :3] = rotations_toward(pelvis[far] * [1.0, 1.0, 0.0], np.eye(3))
    level[:, :2, 3] = placed[:, :2, 3]
    return compose(invert_rigid(level), placed)


def _draw_clip(clip: _PreviewClip, row: NDArray[Any]) -> None:
    frames = (np.arange(FRAMES) + 0.5) * len(clip.points) / FRAMES
    for view, (name, (axis, sign)) in enumerate(VIEWS.items()):
        panels = row[view * FRAMES : (view + 1) * FRAMES]
        for frame, panel in zip(frames.astype(int), panels, strict=True):
            _draw_frame(clip, frame, axis, sign, panel)
        _draw_title(panels[0], f"{clip.key}: {clip.caption}" if view == 0 else name)
    _draw_scale(row[0])


def _draw_frame(clip: _PreviewClip, frame: int, axis: int, sign: float, panel: Axes) -> None:
    seen = min(int(clip.hits[frame]), clip.points.shape[1])
    points = clip.points[frame, :seen]
    across = sign * (points[:, axis] - clip.pelvis[frame, axis])
    panel.axhline(0, color="0.7", linewidth=0.8, zorder=0)
    panel.scatter(
        across, points[:, 2], s=2.4,
        c=COLOR_OF_PART[clip.parts[frame, :seen]], linewidths=0,
    )  # fmt: skip
    seconds = f"{frame / clip.fps:.1f} s" + ("" if seen else ", no hit")
    panel.text(0, SECONDS_METERS, seconds, fontsize=6.5, color="0.4", ha="center", va="center")
    panel.set_xlim(-HALF_WIDTH_METERS, HALF_WIDTH_METERS)
    panel.set_ylim(LOWEST_METERS, HIGHEST_METERS)
    panel.set_aspect("equal")
    panel.set_axis_off()


def _draw_title(panel: Axes, text: str) -> None:
    """Draw a title above a view's panels, truncated before the next view's panels."""
    text = shorten(text, TITLE_LETTERS, placeholder=CUT)  # joins lines
    title = panel.set_title(_plain(text), loc="left", fontsize=8, pad=3, x=0.04)
    figure = panel.get_figure(root=True)
    most = TITLE_SHARE * FRAMES * PANEL_INCHES * figure.dpi if figure else inf
    while len(text) > len(CUT) and title.get_window_extent().width > most:
        text = text.removesuffix(CUT)[:-1].rstrip() + CUT
        title.set_text(_plain(text))


def _plain(text: str) -> str:
    """Escape each $, so that none begins a formula."""
    return text.replace("$", r"\$")


def _draw_scale(panel: Axes) -> None:
    """Draw a vertical scale bar on the floor, next to the first frame."""
    left = -HALF_WIDTH_METERS + 0.08
    panel.plot([left, left], [0, SCALE_METERS], color="0.3", linewidth=1.2, solid_capstyle="butt")
    label = f"{SCALE_METERS:g} m"
    panel.text(left + 0.05, SCALE_METERS / 2, label, fontsize=6.5, color="0.3", va="center")


def _draw_legend(figure: Figure, colors: Mapping[str, str]) -> None:
    """Draw the names of colors, and a note that explains the picture."""
    middle = 0.5
    for number, (name, color) in enumerate(colors.items()):
        left = 0.01 + number * 0.075
        figure.text(left, middle, "\u25cf", color=color, fontsize=11, va="center")
        figure.text(left + 0.013, middle, name, fontsize=8, va="center")
    note = (
        f"left half: from the sensor; grey line: the floor; bar: {SCALE_METERS:g} m; below: "
        "seconds since the clip's start"
    )
    figure.text(0.99, middle, note, fontsize=8, va="center", ha="right", color="0.3")
