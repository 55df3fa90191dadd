"""Scans: the hits of one frame, or of all frames of a clip.

All frames share the same arrays, because a clip has hundreds of frames with hundreds of hits each.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Scan(NamedTuple):
    """Hits of one frame, or of several frames in order; by beam, then by column; sensor frame."""

    points: NDArray[np.float32]
    """The unit vector of the ray times the range, shaped (hits, 3), meters."""
    faces: NDArray[np.int32]
    """The first face that the ray hits, shaped (hits,)."""
    beams: NDArray[np.int32]
    """The ray's beam, shaped (hits,)."""
    columns: NDArray[np.int32]
    """The ray's column, shaped (hits,)."""
    ranges: NDArray[np.float32]
    """Distance from the sensor, shaped (hits,), meters."""


@dataclass(frozen=True, eq=False)
class Scans:
    """The scans of a clip's frames in shared arrays, in order; sensor frame, meters."""

    hits: Scan
    """The hits of all frames."""
    offsets: NDArray[np.int64]
    """Frame i has the hits from `offsets[i]` up to `offsets[i + 1]`; shaped (frames + 1,)."""

    @property
    def counts(self) -> NDArray[np.int32]:
        """The number of hits per frame, shaped (frames,)."""
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
