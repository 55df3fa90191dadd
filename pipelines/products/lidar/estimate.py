"""The estimated time of a build, from its sensors, its realism and its scene."""

from statistics import fmean

from pipelines.products.lidar.assets import LidarAssets
from pipelines.products.lidar.views import View

SECONDS_PER_FRAME = 1 / 3700
"""The whole build of a SMPL-sized body with pose blend shapes and an OS1-128 at 8 m, in one process
on an AMD EPYC core (`python -m benchmarks.builds.compare`). The bundled body takes less."""

WITH_REALISM, WITH_SURROUNDINGS = 3, 5
"""How many times longer a frame takes with the preset `sensor`, and with a street or a scene too,
rounded up (docs/realism.md)."""

PATTERN_SECONDS = 1 / 110
"""A frame of a sensor with a scan pattern (docs/realism.md)."""

GLANCE_SECONDS = 1 / 30
"""What a frame of a sensor that moves takes more with a street or a scene, which it scans in every
frame: an OS1-128 in a room of 29,000 triangles (docs/sensors.md). Large rooms take longer."""


def seconds_per_frame(assets: LidarAssets) -> float:
    """Return the mean time of a frame over all sensors of a build, in one process on a CPU."""
    return fmean(_seconds_of(view, assets) for view in assets.views)


def _seconds_of(view: View, assets: LidarAssets) -> float:
    if view.sensor.pattern is not None:
        return PATTERN_SECONDS
    if assets.is_exact:
        return SECONDS_PER_FRAME
    if assets.scene is None and assets.realism.box_radius_m == 0:
        return WITH_REALISM * SECONDS_PER_FRAME
    glance = GLANCE_SECONDS if view.placement.moves else 0.0
    return WITH_SURROUNDINGS * SECONDS_PER_FRAME + glance
