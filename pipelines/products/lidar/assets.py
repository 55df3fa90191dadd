"""The assets that a worker loads once and uses for every clip: bodies, sensor and observer."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from motiondata.bodies.body import Body
from motiondata.bodies.bundled import bundled_body
from motiondata.bodies.loading import load_bodies
from motiondata.lidar.cpu.precompile import precompile_kernels
from motiondata.lidar.devices import make_observer
from motiondata.lidar.observer import Observer
from motiondata.lidar.presets import find_sensor
from motiondata.lidar.sensor import Sensor
from motiondata.recording import GENDERS
from pipelines.clips.options import BuildOptions
from pipelines.engine.digests import digest_json
from pipelines.engine.streams import say


@dataclass(frozen=True)
class LidarAssets:
    """The body of each gender, the sensor, and the observer that scans bodies with it.

    Do not share the observer.
    """

    bodies: Mapping[str, Body]
    sensor: Sensor
    observer: Observer

    @property
    def id(self) -> str:
        """Return the hash of the bodies and the sensor."""
        return digest_json([self.bodies_id, self.sensor_id])

    @property
    def shape_spaces(self) -> set[str]:
        """Return the shape spaces of the bodies."""
        return {body.shape_space for body in self.bodies.values()}

    @property
    def bodies_id(self) -> str:
        """Return one hash that covers the bodies of all genders."""
        return digest_json({gender: self.bodies[gender].id for gender in GENDERS})

    @property
    def sensor_id(self) -> str:
        """Return the hash of the sensor's behavior. Its name does not count."""
        sensor = self.sensor
        angles = [sensor.elevation.tolist(), sensor.azimuth_offset.tolist()]
        limits = [sensor.min_range, sensor.max_range, *(sensor.window or ())]
        return digest_json([*angles, sensor.columns, *limits])


def load_assets(options: BuildOptions) -> LidarAssets:
    """Load the assets that the options name, once per process.

    Raises `InputError` for an invalid body or sensor.
    """
    return _load(options.body, options.sensor, options.points, options.device)


def reload_assets(options: BuildOptions) -> LidarAssets:
    """Load the assets that the options name again, in case their files have changed."""
    _load.cache_clear()
    return load_assets(options)


def warm_up_kernels() -> None:
    """Load the kernels once per process; announce waits on standard error."""
    precompile_kernels(_announce)


def _announce(sentence: str) -> None:
    say(sentence)


@lru_cache(maxsize=1)
def _load(body: Path | None, sensor_name: str, points: int, device: str) -> LidarAssets:
    bodies = load_bodies(body) if body else dict.fromkeys(GENDERS, bundled_body())
    sensor = find_sensor(sensor_name)
    return LidarAssets(bodies, sensor, make_observer(device, sensor, points))
