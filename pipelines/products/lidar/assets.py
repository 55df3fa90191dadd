"""The assets that a worker loads once and uses for every clip: bodies, sensor and observer."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from motiondata.bodies.body import Body
from motiondata.lidar.cpu.precompile import precompile_kernels
from motiondata.lidar.devices import make_observer
from motiondata.lidar.observer import Observer
from motiondata.lidar.presets import SENSOR_NAMES, find_sensor
from motiondata.lidar.sensor import Sensor
from pipelines.clips.bodies import facts_of, load_bodies_by_gender
from pipelines.engine.digests import digest_json
from pipelines.engine.streams import say
from pipelines.products.lidar.options import LidarOptions


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
        """The hash of the bodies and the sensor."""
        return digest_json([facts_of(self.bodies).hash, sensor_hash(self.sensor)])


def sensor_hash(sensor: Sensor) -> str:
    """Return the hash of a sensor's behavior. Its name does not count."""
    angles = [sensor.elevation.tolist(), sensor.azimuth_offset.tolist()]
    limits = [sensor.min_range, sensor.max_range, *(sensor.window or ())]
    return digest_json([*angles, sensor.columns, *limits])


def absolute_sensor(options: LidarOptions) -> LidarOptions:
    """Return options with the absolute path of a sensor file: workers may run in another folder."""
    sensor = Path(options.sensor)
    is_file = options.sensor not in SENSOR_NAMES and sensor.is_file()
    return replace(options, sensor=str(sensor.absolute() if is_file else sensor))


def load_assets(body: Path | None, options: LidarOptions) -> LidarAssets:
    """Load the assets that the options name, once per process.

    Raises `InputError` for an invalid body or sensor.
    """
    return _load(body, options.sensor, options.points, options.device)


def reload_assets(body: Path | None, options: LidarOptions) -> LidarAssets:
    """Load the assets that the options name again, in case their files have changed."""
    _load.cache_clear()
    return load_assets(body, options)


def warm_up_kernels() -> None:
    """Load the kernels once per process; announce waits on standard error."""
    precompile_kernels(_announce)


def _announce(sentence: str) -> None:
    say(sentence)


@lru_cache(maxsize=1)
def _load(body: Path | None, sensor_name: str, points: int, device: str) -> LidarAssets:
    bodies = load_bodies_by_gender(body)
    sensor = find_sensor(sensor_name)
    return LidarAssets(bodies, sensor, make_observer(device, sensor, points))
