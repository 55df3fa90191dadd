"""Render a clip of a dataset: a video, an animation, or a strip of poses, without a display."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import numpy as np

from motiondata.bodies.posing import ShapedBody
from motiondata.counting import counted
from motiondata.errors import InputError
from pipelines.clips.bodies import load_bodies_by_gender
from pipelines.engine.errors import os_errors_as_aborted
from pipelines.engine.output_path import expect_no_dataset
from pipelines.engine.progress import Progress
from pipelines.engine.reports import Report
from pipelines.engine.streams import say
from pipelines.products.descriptions import Describe
from pipelines.products.descriptions import describe as describe_product
from pipelines.viewing.clip_body import shape_of
from pipelines.viewing.film.canvas import Pixels
from pipelines.viewing.film.encoders import FILMS, to_png
from pipelines.viewing.film.options import FilmOptions
from pipelines.viewing.film.pages import Pages
from pipelines.viewing.film.panels import panels_of
from pipelines.viewing.known_keys import expect_known
from pipelines.viewing.sound_part import SoundPart
from pipelines.viewing.viewed_clip import ViewedClip, read_viewed_clip
from shards.format.dataset import Dataset
from shards.format.places import Place, is_inside
from shards.format.publishing import publish

STRIP = ".png"
LEAST_WIDTH, MOST_WIDTH = 64, 8192
"""Pixels. H.264 decoders of browsers and phones play no wider video."""
MOST_POSES = 100
"""The largest number of poses in a strip."""


@dataclass(frozen=True)
class Film(Report):
    """A film or strip that was written."""

    film: Path
    """The file."""
    key: str
    frames: int
    """Number of frames that are drawn."""
    fps: float
    """The frame rate, Hz; that of the clip."""
    width: int
    height: int
    """The size in pixels."""
    panels: tuple[str, ...]
    """What is drawn: `points`, and `body` or `skeleton`."""
    body: str | None
    """The name of the body that is posed."""
    has_shape: bool
    """Whether the body has the shape of the sample; else it has its mean shape."""

    def lines(self) -> list[str]:
        """Return a line about the file, and one about the shape if it is another one."""
        other = self.body is not None and not self.has_shape
        note = f"body: {self.body}, which is not the body of the dataset: mean shape"
        what = " and ".join(self.panels)
        frames = f"{counted(self.frames, 'frame')} at {self.fps:g} Hz"
        line = f"{self.film}: {what} of {self.key}, {frames}, {self.width} x {self.height} pixels"
        return [line, *([note] if other else [])]


def render(
    path: Place,
    key: str,
    out: Path,
    options: FilmOptions,
    body: Path | None = None,
    describe: Describe = describe_product,
    stream: TextIO | None = None,
) -> Film:
    """Render a clip of a dataset into an .mp4, .gif or .png file, which appears when it is whole.

    `body` is a file or folder of bodies; the default is the bundled body. `describe` finds the
    description of the dataset's product. Progress is written to `stream`. Raises `InputError` for
    an unknown key or a wrong option, and `DatasetError` for a damaged sample.
    """
    _expect_place(out, path)
    _expect_options(options)
    clip = read_clip(SoundPart.open(path, describe).dataset, key)
    shaped, has_shape = _shape_of(clip, body)
    pages = Pages(clip, panels_of(clip, shaped, options), options.width)
    pages.load_kernels(say)
    frames = chosen_frames(clip, options, out.suffix.lower() == STRIP)
    data, (height, width) = _drawn(pages, frames, out.suffix.lower(), stream)
    with os_errors_as_aborted(out.parent):
        out.parent.mkdir(parents=True, exist_ok=True)
        publish(out, data)
    titles = pages.panels.titles
    name = shaped.body.name if shaped and "body" in titles else None
    return Film(out, key, len(frames), clip.fps, width, height, titles, name, has_shape)


def read_clip(dataset: Dataset, key: str) -> ViewedClip:
    """Read a clip; raise `InputError` that names similar keys for an unknown one."""
    expect_known(key, dataset.manifest["key"].to_pylist(), dataset.place)
    return read_viewed_clip(dataset, key)


def _shape_of(clip: ViewedClip, path: Path | None) -> tuple[ShapedBody | None, bool]:
    """Return the body of a clip, if it has poses, and whether the body has the clip's shape."""
    if clip.pose is None or clip.trans is None:
        return None, False
    return shape_of(clip, load_bodies_by_gender(path))


def chosen_frames(clip: ViewedClip, options: FilmOptions, is_strip: bool) -> Sequence[int]:
    """Return the numbers of the frames that are drawn; those of a strip are evenly spaced."""
    last = clip.frames
    if options.seconds is not None:
        last = min(last, max(1, round(options.seconds * clip.fps)))
    if not is_strip:
        return range(last)
    places = np.linspace(0, last - 1, min(options.frames, last))
    return [int(place) for place in np.rint(places)]


def _drawn(
    pages: Pages, frames: Sequence[int], ending: str, stream: TextIO | None
) -> tuple[bytes, tuple[int, int]]:
    """Return the file, and the height and width of its pictures."""
    if ending == STRIP:
        with Progress(len(frames), 0, stream) as progress:
            picture = pages.strip(frames, progress.advance)
        return to_png(picture), (picture.shape[0], picture.shape[1])
    sizes: list[tuple[int, int]] = []

    def counting(pictures: Iterable[Pixels]) -> Iterator[Pixels]:
        for picture in pictures:
            sizes[:] = [(picture.shape[0], picture.shape[1])]
            yield picture
            progress.advance(1)

    with Progress(len(frames), 0, stream) as progress:
        data = FILMS[ending](counting(pages.video(frames)), pages.clip.fps)
    return data, sizes[0]


def _expect_place(out: Path, dataset: Place) -> None:
    endings = (*FILMS, STRIP)
    if out.suffix.lower() not in endings:
        raise InputError(f"{out}: expected a name that ends with {', '.join(endings)}")
    if is_inside(out, dataset):
        raise InputError(f"{out}: expected a file outside of {dataset}; choose another file")
    expect_no_dataset(out)


def _expect_options(options: FilmOptions) -> None:
    if not LEAST_WIDTH <= options.width <= MOST_WIDTH:
        raise InputError(
            f"--width: expected {LEAST_WIDTH} to {MOST_WIDTH} pixels, found {options.width}"
        )
    if not 1 <= options.frames <= MOST_POSES:
        raise InputError(f"--frames: expected 1 to {MOST_POSES}, found {options.frames}")
    if options.seconds is not None and not 0 < options.seconds < np.inf:
        raise InputError(f"--seconds: expected more than 0, found {options.seconds:g}")
