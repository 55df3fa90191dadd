"""A picture of scans: what a person looks at before anything is trained on a dataset.

A row a clip: some of its frames as the sensor sees them, then the same from the side, coloured by
body part, below its caption. The grey line is the floor.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from textwrap import shorten
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from motiondata.skeleton import JOINTS
from shards.dataset import Dataset
from shards.npy import npy_to_array
from shards.publishing import publishing
from shards.reading import read_member

ROW_INCHES = 1.62
TITLE_INCHES = 0.22
"""Above the first row's panels; the others have their titles in the panels above."""
FRAMES = 5
"""How many frames of each clip are shown from each side."""
CAPTION_LETTERS = 95
HALF_WIDTH_METRES = 0.95
LOWEST_METRES, HIGHEST_METRES = -0.1, 2.15
"""What a panel shows: round the pelvis, and above the floor."""

VIEWS = {"from the sensor": (1, -1.0), "from the side": (0, 1.0)}
"""The axis of the sensor frame that goes to the right in a panel, and its sign."""


@dataclass(frozen=True)
class _Pictured:
    """What of a sample is drawn."""

    key: str
    caption: str
    points: NDArray[np.float32]
    hits: NDArray[np.int32]
    parts: NDArray[np.uint8]
    pelvis: NDArray[np.float32]
    floor: float
    """The height of the floor in the sensor's frame, metres."""


def draw_preview(dataset: Dataset, keys: Iterable[str], path: Path) -> None:
    """Write a PNG of the scans of some samples."""
    clips = [_read(dataset, key) for key in keys]
    columns = FRAMES * len(VIEWS)
    height = ROW_INCHES * len(clips)
    top = 1 - TITLE_INCHES / height
    figure = Figure(figsize=(1.2 * columns, height), dpi=100, facecolor="white")
    axes: NDArray[Any] = figure.subplots(len(clips), columns, squeeze=False)
    for clip, row in zip(clips, axes, strict=True):
        _draw_clip(clip, row)
    figure.subplots_adjust(left=0.005, right=0.995, bottom=0.005, top=top, wspace=0, hspace=0.14)
    with publishing(path) as file:
        figure.savefig(file, format="png", metadata={"Software": None})


def _read(dataset: Dataset, key: str) -> _Pictured:
    array = {
        field: npy_to_array(read_member(dataset, key, f"{field}.npy"))
        for field in ("points", "hits", "parts", "joints")
    }
    details = json.loads(read_member(dataset, key, "json"))
    captions = [caption["text"] for caption in details["captions"]]
    return _Pictured(
        key,
        captions[0] if captions else "no caption",
        array["points"],
        array["hits"],
        array["parts"],
        array["joints"][:, 0],
        -float(details["T_world_sensor"][2][3]),
    )


def _draw_clip(clip: _Pictured, row: NDArray[Any]) -> None:
    frames = (np.arange(FRAMES) + 0.5) * len(clip.points) / FRAMES
    for view, (name, (axis, sign)) in enumerate(VIEWS.items()):
        panels = row[view * FRAMES : (view + 1) * FRAMES]
        for frame, panel in zip(frames.astype(int), panels, strict=True):
            _draw_frame(clip, frame, axis, sign, panel)
        title = (
            f"{clip.key}: {shorten(clip.caption, CAPTION_LETTERS, placeholder=' ...')}"
            if view == 0
            else name
        )
        panels[0].set_title(title, loc="left", fontsize=8, pad=2)


def _draw_frame(clip: _Pictured, frame: int, axis: int, sign: float, panel: Axes) -> None:
    seen = min(int(clip.hits[frame]), clip.points.shape[1])
    points = clip.points[frame, :seen]
    across = sign * (points[:, axis] - clip.pelvis[frame, axis])
    panel.axhline(0, color="0.7", linewidth=0.8, zorder=0)
    panel.scatter(
        across, points[:, 2] - clip.floor, s=2.4, c=clip.parts[frame, :seen],
        cmap="turbo", vmin=0, vmax=JOINTS - 1, linewidths=0,
    )  # fmt: skip
    panel.set_xlim(-HALF_WIDTH_METRES, HALF_WIDTH_METRES)
    panel.set_ylim(LOWEST_METRES, HIGHEST_METRES)
    panel.set_aspect("equal")
    panel.set_axis_off()
