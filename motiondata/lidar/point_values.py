"""Values of the points of scans besides their position, for those who ask for them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from motiondata.lidar.sampled_clip import NO_PART, SampledClip
from motiondata.lidar.scans import Scans

NO_LABEL = 255
"""The label of the points of a frame without hits."""
NO_RAY = -1
"""The beam and the column of the points of a frame without hits."""


@dataclass(frozen=True, eq=False)
class Hits:
    """The returns of consecutive frames, before sampling."""

    scans: Scans
    intensities: NDArray[np.uint8]
    """Shaped (hits,)."""
    face_parts: NDArray[np.uint8]
    """The body part of each face, shaped (faces,)."""
    face_labels: NDArray[np.uint8]
    """What each face belongs to, (faces,): 0 the person, 1 ground, 2 an occluder, 3 other."""
    column_times: NDArray[np.float64]
    """When each column fires after the turn began, shaped (columns,), seconds."""

    @property
    def parts(self) -> NDArray[np.uint8]:
        """The body part of each hit, shaped (hits,)."""
        return self.face_parts[self.scans.hits.faces]

    @property
    def labels(self) -> NDArray[np.uint8]:
        """What each hit lies on, shaped (hits,); see `face_labels`."""
        return self.face_labels[self.scans.hits.faces]


def sampled_values(hits: Hits, numbers: NDArray[np.int64]) -> SampledClip:
    """Return the sample with the hits `numbers`, shaped (frames, K); -1 for frames without hits."""
    scan, none = hits.scans.hits, numbers < 0

    def take(values: NDArray[np.generic], absent: float, dtype: str) -> NDArray[np.generic]:
        if len(values) == 0:
            return np.full(numbers.shape, absent, dtype)
        return np.where(none, np.asarray(absent, dtype), values[numbers].astype(dtype))

    points = np.zeros((*numbers.shape, 3), np.float32)
    points[~none] = scan.points[numbers[~none]]
    return SampledClip(
        points=points,
        hits=hits.scans.counts,
        parts=np.asarray(take(hits.parts, NO_PART, "u1"), np.uint8),
        extras={
            "intensity": take(hits.intensities, 0, "u1"),
            "time": take(hits.column_times[scan.columns], 0, "f4"),
            "beam": take(scan.beams, NO_RAY, "i2"),
            "column": take(scan.columns, NO_RAY, "i4"),
            "label": take(hits.labels, NO_LABEL, "u1"),
        },
    )
