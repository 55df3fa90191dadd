"""The pictures of a film: panels with their titles, times, and captions below them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import matplotlib as mpl
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from motiondata.jit import compiling_once
from motiondata.watching import Advance, unnoticed
from pipelines.viewing.film.canvas import Canvas, Pixels
from pipelines.viewing.film.panels import Panels
from pipelines.viewing.viewed_clip import ViewedClip

TEXT_SHARE = 1 / 44
"""The height of letters, as a share of the width of a video."""
STRIP_TEXT_SHARE = 1 / 70
INK, PALE_INK = (30, 30, 30), (120, 120, 120)
NO_CAPTION = "(no caption)"
MOST_LINES = 4
CUT = " ..."
STRIP_RATIO = 1.35
"""Height of a panel of a strip, divided by its width; panels of a video are squares."""


TINY = 8
"""The side of a picture that nobody sees, pixels."""


@dataclass(frozen=True)
class Writing:
    """Text in a size that fits a width, in DejaVu, the font that comes with Matplotlib."""

    width: int
    share: float

    @cached_property
    def font(self) -> ImageFont.FreeTypeFont:
        """The font."""
        file = Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
        return ImageFont.truetype(str(file), max(8, round(self.width * self.share)))

    @property
    def line_height(self) -> int:
        """The height of a line, pixels."""
        return round(self.font.size * 1.4)

    def wrapped(self, text: str) -> list[str]:
        """Return the lines of a text; what does not fit into the last line is cut."""
        most = self.width - 2 * self.line_height
        lines = [""]
        for word in text.split():
            longer = f"{lines[-1]} {word}".strip()
            if self.font.getlength(longer) <= most or not lines[-1]:
                lines[-1] = longer
            else:
                lines.append(word)
        if len(lines) > MOST_LINES:
            lines = [*lines[: MOST_LINES - 1], lines[MOST_LINES - 1] + CUT]
        return lines


@dataclass(frozen=True)
class Pages:
    """Pictures of a clip in one size."""

    clip: ViewedClip
    panels: Panels
    width: int

    def load_kernels(self, announce: Callable[[str], None]) -> None:
        """Draw a tiny picture; call `announce` if kernels are compiled for it (see `jit`)."""
        with compiling_once(announce):
            self.panels.pictures(0, Canvas.empty((TINY, TINY)))

    def video(self, frames: Sequence[int]) -> Iterator[Pixels]:
        """Yield a picture of each frame: panels from left to right, the caption below."""
        shown = len(self.panels.titles)
        side = _even(self.width // shown)
        writing = Writing(side * shown, TEXT_SHARE)
        texts = [caption_at(self.clip, frame) for frame in frames]
        rows = max(len(writing.wrapped(text)) for text in set(texts))
        canvas = Canvas.empty((side, side))
        for frame, text in zip(frames, texts, strict=True):
            pictures = self.panels.pictures(frame, canvas)
            yield self._captioned(np.concatenate(pictures, axis=1), writing, text, rows, [frame])

    def strip(self, frames: Sequence[int], advance: Advance = unnoticed) -> Pixels:
        """Return one picture: frames from left to right, panels from top to bottom."""
        width = self.width // len(frames)
        canvas = Canvas.empty((width, round(width * STRIP_RATIO)))
        columns = []
        for frame in frames:
            columns.append(np.concatenate(self.panels.pictures(frame, canvas)))
            advance(1)
        writing = Writing(width * len(frames), STRIP_TEXT_SHARE)
        text = whole_caption(self.clip)
        lines = len(writing.wrapped(text))
        return self._captioned(np.concatenate(columns, axis=1), writing, text, lines, frames)

    def _label(self, frame: int) -> str:
        return PAIR_LABEL if self.clip.is_pair else f"{frame / self.clip.fps:.2f} s"

    def _captioned(
        self, drawn: Pixels, writing: Writing, text: str, rows: int, frames: Sequence[int]
    ) -> Pixels:
        """Return a picture with times and the lines of a caption below it."""
        line, width = writing.line_height, drawn.shape[1]
        below = Image.new(
            "RGB", (width, _even(len(drawn) + line * (rows + 2)) - len(drawn)), "white"
        )
        pen = ImageDraw.Draw(below)
        for place, frame in enumerate(frames):
            middle = (place + 0.5) * width / len(frames), line / 2
            pen.text(middle, self._label(frame), PALE_INK, writing.font, "mm")
        for row, words in enumerate(writing.wrapped(text)):
            pen.text((width / 2, line * (row + 1.5)), words, INK, writing.font, "mm")
        return np.concatenate([drawn, np.asarray(below)])


PAIR_LABEL = "pose A to the left, pose B to the right"
"""What a picture of a pose pair has in the place of the time."""


def caption_at(clip: ViewedClip, frame: int) -> str:
    """Return the caption of the part of a clip that a frame is in, or that of the whole clip."""
    seconds = frame / clip.fps
    for caption in clip.captions:
        if not caption.is_whole_clip and caption.start_seconds <= seconds < caption.end_seconds:
            return caption.text
    return whole_caption(clip)


def whole_caption(clip: ViewedClip) -> str:
    """Return the first caption of the whole clip, or else the first one."""
    ordered = sorted(clip.captions, key=lambda caption: not caption.is_whole_clip)
    return ordered[0].text if ordered else NO_CAPTION


def _even(pixels: int) -> int:
    """Return an even number of pixels, which H.264 needs."""
    return pixels - pixels % 2
