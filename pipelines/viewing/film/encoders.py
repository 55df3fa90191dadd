"""Turn pictures into the bytes of a video, an animation, or a PNG file."""

from collections.abc import Callable, Iterable, Mapping
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image

from pipelines.viewing.film.canvas import Pixels

Encode = Callable[[Iterable[Pixels], float], bytes]
"""Encodes pictures of one size, shown at a frame rate in Hz."""

QUALITY = "18"
"""The constant rate factor of H.264: below about 18, a loss is not visible. Source: FFmpeg."""
PRESET = "veryfast"
"""Takes half the time of `medium`, the default, for files of the same size: most of a picture does
not move."""
GIF_TICKS = 100
"""Units of time per second in a GIF file."""


def to_mp4(pictures: Iterable[Pixels], fps: float) -> bytes:
    """Return an H.264 video that browsers and slides play."""
    import imageio_ffmpeg

    waiting = iter(pictures)
    first = next(waiting)
    with TemporaryDirectory(prefix="motiondata-") as folder:
        file = Path(folder) / "film.mp4"
        writer = imageio_ffmpeg.write_frames(
            str(file),
            (first.shape[1], first.shape[0]),
            fps=fps,
            codec="libx264",
            quality=None,
            macro_block_size=2,
            output_params=["-preset", PRESET, "-crf", QUALITY, "-movflags", "+faststart"],
        )
        writer.send(None)
        try:
            writer.send(np.ascontiguousarray(first))
            for picture in waiting:
                writer.send(np.ascontiguousarray(picture))
        finally:
            writer.close()
        return file.read_bytes()


def to_gif(pictures: Iterable[Pixels], fps: float) -> bytes:
    """Return an animation that repeats. Durations are rounded so that their sum is exact."""
    palette: Image.Image | None = None
    images = []
    for picture in pictures:
        image = Image.fromarray(picture)
        palette = palette or image.quantize(255, dither=Image.Dither.NONE)
        images.append(image.quantize(palette=palette, dither=Image.Dither.NONE))
    ends = np.rint(np.arange(len(images) + 1) * GIF_TICKS / fps).astype(int)
    durations = [int(ticks) * 1000 // GIF_TICKS for ticks in np.diff(ends)]
    file = BytesIO()
    images[0].save(file, "GIF", save_all=True, append_images=images[1:], duration=durations, loop=0)
    return file.getvalue()


def to_png(picture: Pixels) -> bytes:
    """Return a PNG file."""
    file = BytesIO()
    Image.fromarray(picture).save(file, "PNG", optimize=True)
    return file.getvalue()


FILMS: Mapping[str, Encode] = {".mp4": to_mp4, ".gif": to_gif}
"""The encoder of each ending of a file's name."""
