"""What a sensor saw: the hits of one frame, and those of all frames of a clip.

All frames share their arrays, because a clip has hundreds of frames and a frame hundreds of hits.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Scan(NamedTuple):
    """Hits by beam, then by column, of one frame or of several frames in turn; sensor frame."""

    points: NDArray[np.float32]
    """The ray's unit vector times the range, shaped (hits, 3), metres."""
    faces: NDArray[np.int32]
    """The face that was hit first, shaped (hits,)."""
    beams: NDArray[np.int32]
    """The ray's beam, shaped (hits,)."""
    columns: NDArray[np.int32]
    """The ray's column, shaped (hits,)."""
    ranges: NDArray[np.float32]
    """Distance from the sensor, shaped (hits,), metres."""


@dataclass(frozen=True, eq=False)
class Scans:
    """The scans of a clip's frames, in turn in the same arrays; sensor frame, metres."""

    hits: Scan
    """The hits of all frames."""
    offsets: NDArray[np.int64]
    """Where the hits of each frame begin, and those of the last one end, shaped (frames + 1,)."""

    @property
    def counts(self) -> NDArray[np.int32]:
        """The number of hits of each frame, shaped (frames,)."""
        return np.diff(self.offsets).astype(np.int32)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __iter__(self) -> Iterator[Scan]:
        for start, end in zip(self.offsets[:-1], self.offsets[1:], strict=True):
            yield Scan(
                points=self.hits.points[start:end],
                faces=self.hits.faces[start:end],
                beams=self.hits.beams[start:end],
                columns=self.hits.columns[start:end],
                ranges=self.hits.ranges[start:end],
            )
