"""Whether a GPU sees what the processor sees, in the same run in which it is timed."""

from dataclasses import dataclass

import numpy as np

from benchmarks.gpu_work import Work
from motiondata.bodies.posing import pose_body
from motiondata.bodies.posing_torch import pose_frames
from motiondata.lidar.cuda.fields import EXACT, Mesh, Noise, Seen
from motiondata.lidar.observing import RangeNoise
from motiondata.lidar.sampling import SampledClip, sample_scans
from motiondata.lidar.scanning import Scanner

COMPARED = 64
"""Frames, at the most."""


@dataclass(frozen=True)
class Agreement:
    """How the first frames compare."""

    frames: int
    other_hits: int
    """Frames with another number of hits, on the same vertices."""
    other_points: int
    """Frames with other points or parts, or in another order, on the same vertices."""
    posing_metres: float
    """The greatest distance between vertices posed here and there."""
    same_bytes_alone: bool
    """Whether a clip has the same bytes alone as among others, and when it is seen again."""

    def describe(self) -> str:
        """Return the line below a setting's."""
        return (
            f"of {self.frames} frames on the same vertices, {self.other_hits} with other hits, "
            f"{self.other_points} with other points; posed within {self.posing_metres:.1e} m; "
            f"the same bytes alone: {'yes' if self.same_bytes_alone else 'NO'}"
        )


def compare_with_cpu(work: Work) -> Agreement:
    """Compare the first frames, on the vertices that the processor has posed."""
    frames = slice(0, min(COMPARED, work.frames))
    posed = pose_body(
        work.shaped, work.pose[frames], work.trans[frames], work.world_to_sensor
    ).vertices
    body, upload = work.shaped.body, work.gpu.upload
    scans = Scanner(work.sensor).scan_clip(posed, body.faces)
    expected = sample_scans(scans, body.face_parts, work.points)
    exact = Noise(upload(np.zeros(1)), upload(np.full(len(posed), EXACT)))
    mesh = Mesh(upload(posed), work.faces, work.parts)
    found = Seen(*(field.cpu().numpy() for field in work.scanner.scan(mesh, exact, work.points)))
    other_points = (found.points != expected.points).any(axis=(1, 2))
    on_gpu = pose_frames(work.skin, work.poses)[frames].cpu().numpy()
    return Agreement(
        frames=len(posed),
        other_hits=int((found.hits != expected.hits).sum()),
        other_points=int((other_points | (found.parts != expected.parts).any(axis=1)).sum()),
        posing_metres=float(np.linalg.norm(on_gpu - posed, axis=-1).max()),
        same_bytes_alone=_same_bytes_alone(work, frames),
    )


def _same_bytes_alone(work: Work, frames: slice) -> bool:
    among = _observe(work, slice(0, work.frames))
    alone = [_observe(work, slice(first, first + 1)) for first in (0, frames.stop - 1)]
    again = _observe(work, slice(0, work.frames))
    picked = [among.points[[0]], among.points[[frames.stop - 1]]]
    return np.array_equal(among.points, again.points) and all(
        np.array_equal(one.points, expected) for one, expected in zip(alone, picked, strict=True)
    )


def _observe(work: Work, frames: slice) -> SampledClip:
    exact = RangeNoise(0.0, 0, "none")
    return work.observer.observe(
        work.shaped, work.pose[frames], work.trans[frames], work.world_to_sensor, exact
    )
