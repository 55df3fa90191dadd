"""Compare a GPU's results with the CPU's, in the same run as the timing."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.gpu.workload import Work
from motiondata.bodies.posing import pose_body
from motiondata.bodies.posing_torch import pose_frames
from motiondata.lidar.cpu.sampling import farthest_points, sample_scans
from motiondata.lidar.cpu.scanner import Scanner
from motiondata.lidar.sampled_clip import SampledClip

COMPARED = 64
"""Maximum number of compared frames."""

Array = NDArray[np.float32]


@dataclass(frozen=True)
class GpuAgreement:
    """The agreement of the first frames on GPU and CPU."""

    frames: int
    other_hits: int
    """Number of frames with a different number of hits, given the same vertices."""
    range_meters: float
    """The largest difference of ranges in meters, over frames with equal numbers of hits."""
    other_order: int
    """Number of frames whose points the CPU would sample in a different order."""
    other_bytes: int
    """Number of frames with any different bit in points or parts, given the same vertices."""
    posing_meters: float
    """The largest distance in meters between vertices posed on GPU and CPU."""
    same_bytes_alone: bool
    """Whether a clip has the same bytes alone, in a batch with others, and when repeated."""

    def describe(self) -> str:
        """Return the line that is printed below a setting."""
        return (
            f"of {self.frames} frames on the same vertices, {self.other_hits} with other hits, "
            f"ranges within {self.range_meters:.1e} m, {self.other_order} in another order, "
            f"{self.other_bytes} with other bytes; posed within {self.posing_meters:.1e} m; "
            f"the same bytes alone: {'yes' if self.same_bytes_alone else 'NO'}"
        )


def compare_with_cpu(work: Work) -> GpuAgreement:
    """Compare the first frames, with the vertices that the CPU has posed."""
    frames = slice(0, min(COMPARED, work.frames))
    body, points = work.shaped.body, work.setting.points
    posed = pose_body(
        work.shaped, work.pose[frames], work.trans[frames], work.T_sensor_world
    ).vertices
    scans = Scanner(work.setting.sensor).scan_clip(posed, body.faces)
    everything = max(points, int(scans.counts.max()))  # so that all hits are compared
    expected = sample_scans(scans, body.face_parts, everything)
    seen = work.scan(work.gpu.upload(posed), everything)
    found = SampledClip(*(field.cpu().numpy() for field in seen))
    other_bytes = (found.points != expected.points)[:, :points].any(axis=(1, 2))
    other_bytes |= (found.parts != expected.parts)[:, :points].any(axis=1)
    on_gpu = pose_frames(work.skin, work.poses)[frames].cpu().numpy()
    return GpuAgreement(
        frames=len(posed),
        other_hits=int((found.hits != expected.hits).sum()),
        range_meters=_apart(found, expected),
        other_order=sum(map(_in_other_order, found.points, found.hits)),
        other_bytes=int(other_bytes.sum()),
        posing_meters=float(np.linalg.norm(on_gpu - posed, axis=-1).max()),
        same_bytes_alone=_same_bytes_alone(work, frames),
    )


def _apart(found: SampledClip, expected: SampledClip) -> float:
    same = found.hits == expected.hits
    ranges, others = (
        np.sort(np.linalg.norm(seen.points[same], axis=-1), axis=1) for seen in (found, expected)
    )
    return float(np.abs(ranges - others).max(initial=0.0))


def _in_other_order(points: Array, hits: int) -> bool:
    """Return whether the CPU's farthest-point order of the points differs from their order."""
    cloud = points[:hits]
    return hits > 0 and not np.array_equal(farthest_points(cloud, int(hits)), np.arange(hits))


def _same_bytes_alone(work: Work, frames: slice) -> bool:
    among = _observe(work, slice(0, work.frames))
    alone = [_observe(work, slice(first, first + 1)) for first in (0, frames.stop - 1)]
    again = _observe(work, slice(0, work.frames))
    picked = [among.points[[0]], among.points[[frames.stop - 1]]]
    return np.array_equal(among.points, again.points) and all(
        np.array_equal(one.points, expected) for one, expected in zip(alone, picked, strict=True)
    )


def _observe(work: Work, frames: slice) -> SampledClip:
    return work.observer.begin(work.request(frames))()
