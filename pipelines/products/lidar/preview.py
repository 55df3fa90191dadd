"""A picture of scans: what a person looks at before anything is trained on a dataset.

One row per clip: its caption, some of its frames as the sensor sees them, and the same frames from
the side, each with its time. Colours are body parts, the grey line is the floor.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path
from textwrap import shorten
from typing import Any
from warnings import catch_warnings, filterwarnings

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from motiondata.errors import InputError
from motiondata.skeletons import JOINT_NAMES
from pipelines.engine.errors import os_errors_as_aborted
from pipelines.engine.foreign_dataset import expect_no_dataset
from shards.format.dataset import Dataset
from shards.format.npy import npy_to_array
from shards.format.publishing import publishing
from shards.format.reading import read_member
from shards.format.schema import ArraySpec

PICTURED = 8
"""How many clips a picture shows unless the caller says otherwise."""
MOST_PICTURED = 200
"""A picture of more is higher than most programs show."""
MEMBERS = ("points.npy", "hits.npy", "parts.npy", "joints.npy", "json")
"""The members of a sample that a picture needs."""

PANEL_INCHES = 1.2
ROW_INCHES = 1.72
"""The height of a clip's row: a panel of the same scale both ways, and the title above it."""
TITLE_INCHES = 0.2
LEGEND_INCHES = 0.62
"""The height of the legend below all rows."""
FRAMES = 5
"""How many frames of each clip are shown from each side."""
TITLE_LETTERS = 200
TITLE_SHARE = 0.94
"""How much of the width of a view's panels its title may take."""
CUT = " ..."
"""How a title ends that is cut off."""
NO_CAPTION = "(no caption)"
HALF_WIDTH_METRES = 0.95
LOWEST_METRES, HIGHEST_METRES = -0.25, 2.15
"""What a panel shows: round the pelvis, and above the floor."""
SECONDS_METRES = -0.15
"""Where a frame's time is written: below the floor."""
SCALE_METRES = 0.5
"""The length of the scale bar in each row."""

VIEWS = {"from the sensor": (1, -1.0), "from the side": (0, 1.0)}
"""The axis of the sensor frame that goes to the right in a panel, and its sign."""

REGIONS = {
    "torso": ("pelvis", "spine1", "spine2", "spine3", "left_collar", "right_collar"),
    "head": ("neck", "head"),
    "left arm": ("left_shoulder", "left_elbow", "left_wrist"),
    "right arm": ("right_shoulder", "right_elbow", "right_wrist"),
    "left leg": ("left_hip", "left_knee", "left_ankle", "left_foot"),
    "right leg": ("right_hip", "right_knee", "right_ankle", "right_foot"),
}
"""The joints that share a colour."""
COLOURS = dict(zip(REGIONS, colormaps["tab10"]([7, 1, 0, 3, 9, 6]), strict=True))
"""Of each region: grey, orange, blue, red, cyan, pink; left is blue, right is red."""
COLOUR_OF_PART = np.array(
    [COLOURS[next(name for name, of in REGIONS.items() if joint in of)] for joint in JOINT_NAMES]
)
"""RGBA of each joint, shaped (joints, 4)."""


@dataclass(frozen=True)
class _PreviewClip:
    """What of a sample is drawn."""

    key: str
    caption: str
    fps: float
    points: NDArray[np.float32]
    hits: NDArray[np.int32]
    parts: NDArray[np.uint8]
    pelvis: NDArray[np.float32]
    floor: float
    """The height of the floor in the sensor's frame, metres."""


@dataclass(frozen=True)
class Preview:
    """A picture that was drawn."""

    path: Path
    keys: tuple[str, ...]
    """The samples that it shows, from top to bottom."""

    def describe(self) -> str:
        """Say where the picture lies."""
        return f"a picture of scans: {self.path}"


def preview(
    path: Path, out: Path, keys: Sequence[str] = (), clips: int = PICTURED, split: str | None = None
) -> Preview:
    """Draw a PNG of some samples of a dataset: those of `keys`, or some evenly spread ones.

    Raises `InputError` or `ShardError` for a dataset without scans, an unknown key or split, and
    where there is nothing to draw.
    """
    dataset = Dataset.open(path)
    _expect_scans(dataset)
    _expect_place(out)
    if not 1 <= clips <= MOST_PICTURED or len(keys) > MOST_PICTURED:
        raise InputError(f"clips: expected 1 to {MOST_PICTURED}, found {max(clips, len(keys))}")
    chosen = tuple(keys) or _spread(dataset, split, clips)
    with os_errors_as_aborted(out.parent):
        out.parent.mkdir(parents=True, exist_ok=True)
        draw_preview(dataset, chosen, out)
    return Preview(out, chosen)


def _expect_place(out: Path) -> None:
    """Refuse names that are no picture's, and a place among the files of any dataset."""
    if out.suffix.lower() != ".png":
        raise InputError(f"{out}: expected a name that ends with .png; choose another --out")
    expect_no_dataset(out)


def _expect_scans(dataset: Dataset) -> None:
    lacking = [name for name in MEMBERS if name not in dataset.schema.members]
    points = dataset.schema.arrays.get("points")
    if lacking or not isinstance(points, ArraySpec) or len(points.shape) != 3:
        raise InputError(
            f"{dataset.path}: expected scans such as build-lidar makes, found samples without "
            f"{', '.join(lacking) or 'points of three coordinates'}"
        )


def _spread(dataset: Dataset, split: str | None, clips: int) -> tuple[str, ...]:
    """Return the keys of so many samples of a split, or of all, evenly spread."""
    splits = dataset.description.splits
    shards = dataset.description.shards if split is None else dataset.shards_of(split)
    keys = [row.key for shard in shards for row in dataset.rows_of(shard)]
    if not keys:
        raise InputError(f"{dataset.path}: has no samples to draw ({len(splits)} splits)")
    places = np.linspace(0, len(keys) - 1, min(clips, len(keys))).round().astype(int)
    return tuple(keys[place] for place in places)


def draw_preview(dataset: Dataset, keys: Iterable[str], path: Path) -> None:
    """Write a PNG of the scans of some samples."""
    with catch_warnings():
        filterwarnings("ignore", message="Glyph")  # a letter that the font lacks is drawn as a box
        figure = _draw_clips([_read(dataset, key) for key in keys])
        with publishing(path) as file:
            figure.savefig(file, format="png", metadata={"Software": None})


def _draw_clips(clips: Sequence[_PreviewClip]) -> Figure:
    columns = FRAMES * len(VIEWS)
    height = ROW_INCHES * len(clips) + LEGEND_INCHES
    figure = Figure(figsize=(PANEL_INCHES * columns, height), dpi=100, facecolor="white")
    FigureCanvasAgg(figure)  # measures texts as it will draw them
    axes: NDArray[Any] = figure.subplots(len(clips), columns, squeeze=False)
    for number, (clip, row) in enumerate(zip(clips, axes, strict=True)):
        _place_row(number, height, row)
        _draw_clip(clip, row)
    _draw_legend(figure, height)
    return figure


def _place_row(number: int, height: float, row: NDArray[Any]) -> None:
    """Give a clip's panels their places: below their titles, side by side."""
    panel = ROW_INCHES - TITLE_INCHES
    bottom = 1 - ((number + 1) * ROW_INCHES) / height
    for column, axes in enumerate(row):
        axes.set_position((column / len(row), bottom, 1 / len(row), panel / height))


def _read(dataset: Dataset, key: str) -> _PreviewClip:
    array = {
        field: npy_to_array(read_member(dataset, key, f"{field}.npy"))
        for field in ("points", "hits", "parts", "joints")
    }
    details = json.loads(read_member(dataset, key, "json"))
    captions = [caption["text"] for caption in details["captions"]]
    return _PreviewClip(
        key,
        captions[0] if captions else NO_CAPTION,
        float(details["fps_out"]),
        array["points"],
        array["hits"],
        array["parts"],
        array["joints"][:, 0],
        -float(details["T_world_sensor"][2][3]),
    )


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
        across, points[:, 2] - clip.floor, s=2.4,
        c=COLOUR_OF_PART[clip.parts[frame, :seen]], linewidths=0,
    )  # fmt: skip
    seconds = f"{frame / clip.fps:.1f} s" + ("" if seen else ", no hit")
    panel.text(0, SECONDS_METRES, seconds, fontsize=6.5, color="0.4", ha="center", va="center")
    panel.set_xlim(-HALF_WIDTH_METRES, HALF_WIDTH_METRES)
    panel.set_ylim(LOWEST_METRES, HIGHEST_METRES)
    panel.set_aspect("equal")
    panel.set_axis_off()


def _draw_title(panel: Axes, text: str) -> None:
    """Write a title over a view's panels, cut off where it would reach the next view's."""
    text = shorten(text, TITLE_LETTERS, placeholder=CUT)  # one line of it
    title = panel.set_title(_plain(text), loc="left", fontsize=8, pad=3, x=0.04)
    figure = panel.get_figure(root=True)
    most = TITLE_SHARE * FRAMES * PANEL_INCHES * figure.dpi if figure else inf
    while len(text) > len(CUT) and title.get_window_extent().width > most:
        text = text.removesuffix(CUT)[:-1].rstrip() + CUT
        title.set_text(_plain(text))


def _plain(text: str) -> str:
    """Return a text in which no $ begins a formula."""
    return text.replace("$", r"\$")


def _draw_scale(panel: Axes) -> None:
    """Draw a bar of known length beside the first frame, upright on the floor."""
    left = -HALF_WIDTH_METRES + 0.08
    panel.plot([left, left], [0, SCALE_METRES], color="0.3", linewidth=1.2, solid_capstyle="butt")
    label = f"{SCALE_METRES:g} m"
    panel.text(left + 0.05, SCALE_METRES / 2, label, fontsize=6.5, color="0.3", va="center")


def _draw_legend(figure: Figure, height: float) -> None:
    """Draw the regions' colours below all rows, and say what the picture shows."""
    middle = LEGEND_INCHES / 2 / height
    for number, (name, colour) in enumerate(COLOURS.items()):
        left = 0.01 + number * 0.075
        figure.text(left, middle, "\u25cf", color=colour, fontsize=11, va="center")
        figure.text(left + 0.013, middle, name, fontsize=8, va="center")
    note = (
        f"left half: from the sensor; grey line: the floor; bar: {SCALE_METRES:g} m; below: "
        "seconds since the clip's start"
    )
    figure.text(0.99, middle, note, fontsize=8, va="center", ha="right", color="0.3")
