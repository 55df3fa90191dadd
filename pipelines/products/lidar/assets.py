"""The assets that a worker loads once and uses for every clip: bodies, sensor and observer."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from motiondata.bodies.body import Body
from motiondata.lidar.devices import make_observer
from motiondata.lidar.observer import Observer
from motiondata.lidar.presets import SENSOR_NAMES, find_sensor
from motiondata.lidar.sensor import Sensor
from pipelines.clips.bodies import facts_of, load_bodies_by_gender
from pipelines.engine.fingerprint import digest_json
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
    """Load the bodies of a file or folder, or the bundled one, and the sensor of the options.

    Raises `InputError` for an invalid body or sensor.
    """
    bodies = load_bodies_by_gender(body)
    sensor = find_sensor(options.sensor)
    return LidarAssets(bodies, sensor, make_observer(options.device, sensor, options.points))
