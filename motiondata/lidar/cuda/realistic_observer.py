"""The observer with realism on a GPU: it casts the fine rays there, and the CPU does the rest.

The effects are those of `motiondata.lidar.realism.effects`, on the hits that the GPU reports. They
take a small part of the time of a scan, and keep their random numbers.
"""

import numpy as np
from numpy.typing import NDArray

from motiondata.lidar.cuda.batches import Batches
from motiondata.lidar.cuda.caster import Caster
from motiondata.lidar.observer import Pending, Request
from motiondata.lidar.realism.effects import Effects
from motiondata.lidar.realism.joining import ShadedHits
from motiondata.lidar.realism.materials import reflectances_of
from motiondata.lidar.realism.observer import NEAR_FRAMES
from motiondata.lidar.realism.settings import Realism
from motiondata.lidar.sampled_clip import SampledClip, join_samples
from motiondata.lidar.sensor import Sensor

LAUNCH_FRAMES = 1024
"""The maximum number of frames per batch; each has its vertices three times on the GPU."""


class CudaRealisticObserver:
    """Observes with a GPU, which it opens with the first batch; not thread-safe."""

    def __init__(
        self,
        sensor: Sensor,
        points: int,
        settings: Realism,
        with_extras: bool = True,
        launch_frames: int = LAUNCH_FRAMES,
    ) -> None:
        self.lookahead_frames = 2 * launch_frames
        self._effects = effects = Effects(sensor, points, settings, with_extras)
        self._batches = Batches(
            lambda gpu: Caster(gpu, effects.fine.sensor, effects.shutter), launch_frames
        )

    def begin(self, request: Request) -> Pending:
        """Add the request to batches, and launch those that are full."""
        parts = request.cut(min(NEAR_FRAMES, self._batches.launch_frames))
        begun = [(part, self._batches.add(part)) for part in parts]
        return lambda: join_samples([self._finish(part, *cast()) for part, cast in begun])

    def _finish(
        self, request: Request, hits: ShadedHits, offsets: NDArray[np.int64]
    ) -> SampledClip:
        materials = request.shaped.body.face_parts[hits.scan.faces]
        powers = hits.shading.powers * reflectances_of(request)[materials]
        shaded = ShadedHits(hits.scan, hits.shading._replace(powers=powers))
        return self._effects.sample(request, shaded, offsets)
