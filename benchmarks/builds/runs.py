"""Run whole builds in separate processes: ours, and those of simple pipelines (peers).

Our build is the real one, followed by its verification. A peer reads recordings with NumPy and
writes one `.npy` file per clip. Several processes of a peer share the clips.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.builds.clips import ClipSet, frames_of, recording_path
from benchmarks.builds.peers import SAMPLERS, Peer, Smplx, to_sensor
from benchmarks.common.processes import Share, Used, Watch, Work, cores, run_apart
from benchmarks.kernels.embree import CASTERS, RayCaster
from motiondata.lidar.placement import first_heading, invert_rigid, place_sensor
from motiondata.lidar.presets import sensor_preset
from motiondata.skeletons import JOINTS
from motiondata.sources.humanml3d.index import Row
from motiondata.sources.humanml3d.trimming import frame_stride, lead_in_frames
from pipelines.products.lidar.options import LidarBuildOptions
from tests.support.lidar_options import lidar_options

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Setting:
    """The input and the sensor setup of a build, for all pipelines."""

    clips: ClipSet
    body: Path
    sensor: str
    distance: float
    height: float = 1.0
    points: int = 384

    def options(self, index: Path, shard_megabytes: int) -> LidarBuildOptions:
        """Return the options of our build."""
        return lidar_options(
            index,
            self.clips.archive,
            body=self.body,
            sensor=self.sensor,
            distance=self.distance,
            height=self.height,
            points=self.points,
            shard_megabytes=shard_megabytes,
        )


def run_ours(
    options: LidarBuildOptions, out: Path, workers: int, watch: Watch | None = None
) -> Used:
    """Build and verify with one core per worker; one worker runs without Ray.

    The answer is the number of hits over all frames. `watch` observes the build.
    """
    share = Share(
        partial(_prepare_ours, options, out, workers if workers > 1 else 0),
        frozenset(cores(workers)),
    )
    return run_apart([share], watch)


def run_peer(peer: Peer, setting: Setting, out: Path, processes: int) -> Used:
    """Run a peer's build in processes with one core each; each answers with its number of hits."""
    out.mkdir()
    shares = [
        Share(partial(_prepare_peer, peer, setting, rows, out), frozenset({core}))
        for rows, core in zip(dealt(setting.clips.rows, processes), cores(processes), strict=True)
    ]
    return run_apart(shares)


def dealt(rows: Sequence[Row], hands: int) -> list[list[Row]]:
    """Distribute clips, longest first, each to the process with the fewest frames so far."""
    dealt: list[list[Row]] = [[] for _ in range(hands)]
    for row in sorted(rows, key=frames_of, reverse=True):
        min(dealt, key=lambda hand: sum(map(frames_of, hand))).append(row)
    return dealt


def _prepare_ours(options: LidarBuildOptions, out: Path, workers: int) -> Work:
    from pipelines.datasets.verify import verify
    from pipelines.engine.execution import Execution
    from pipelines.products.lidar.build import build_lidar
    from shards.format.dataset import Dataset

    def build() -> int:
        build_lidar(options, out, Execution(workers=workers))
        report = verify(out)
        if not report.sound:
            raise RuntimeError(str(report))
        manifest = Dataset.open(out).manifest
        hits: float = manifest["frames"].to_numpy() @ manifest["hits_mean"].to_numpy()
        return round(hits)

    return build


def _prepare_peer(peer: Peer, setting: Setting, rows: Sequence[Row], out: Path) -> Work:
    """Load a peer and build its first clip, so that nothing is loaded while it is timed."""
    pipeline = PeerPipeline(peer, setting)
    pipeline.build(rows[0], out / "first.npy")
    return lambda: sum(pipeline.build(row, out / f"{row.name}.npy") for row in rows)


class PeerPipeline:
    """A peer with its body and sensor loaded."""

    def __init__(self, peer: Peer, setting: Setting) -> None:
        self._setting = setting
        self._smplx = Smplx(setting.body)
        sensor = sensor_preset(setting.sensor)
        self._caster = RayCaster(sensor, self._smplx.faces, CASTERS[peer.caster])
        self._sample = SAMPLERS[peer.sampler]

    def build(self, row: Row, out: Path) -> int:
        """Read, pose, scan and sample a clip; write its points; return its number of hits."""
        setting = self._setting
        vertices, joints = self._smplx.pose(*read_motion(setting.clips.archive, row))
        T_world_sensor = place_sensor(
            joints[:, 0], first_heading(joints), distance=setting.distance, height=setting.height
        )[0]
        frames = self._caster.scan(to_sensor(vertices, invert_rigid(T_world_sensor)))
        clouds = [frame.points for frame in frames]
        np.save(out, self._sample(clouds, setting.points))
        return sum(map(len, clouds))


def read_motion(archive: Path, row: Row) -> tuple[Array, Array, Array]:
    """Return betas (10,), pose (frames, 22, 3) and trans (frames, 3) of a clip; world frame."""
    with np.load(recording_path(archive, row)) as npz:
        stride = frame_stride(float(npz["mocap_framerate"]))
        first = lead_in_frames(row.subset) + row.start_frame
        kept = slice(first * stride, (first + frames_of(row)) * stride, stride)
        poses: NDArray[Any] = npz["poses"][kept, : 3 * JOINTS]
        own_shape = "shape_space" in npz  # otherwise SMPL betas, which do not fit the bundled body
        betas = npz["betas"][:10] if own_shape else np.zeros(10)
        return betas, poses.reshape(-1, JOINTS, 3), npz["trans"][kept]
