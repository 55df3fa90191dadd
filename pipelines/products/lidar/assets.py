"""The assets that a worker loads once and uses for every clip: bodies, sensor and observer."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from motiondata.bodies.body import Body
from motiondata.lidar.devices import make_observer
from motiondata.lidar.observer import Observer
from motiondata.lidar.presets import SENSOR_NAMES, find_sensor
from motiondata.lidar.sensor import Sensor
from pipelines.clips.bodies import BodyFacts, facts_of, load_bodies_by_gender
from pipelines.engine.fingerprint import digest_json
from pipelines.products.lidar.options import LidarOptions


@dataclass(frozen=True)
class SensorFacts:
    """What a dataset records of its sensor. It holds no array, so that jobs stay small."""

    hash: str
    """The hash of the sensor's behavior. Its name does not count."""
    name: str
    source: str
    rays: int
    """The number of rays per frame."""
    limits: str
    """A phrase with the limits of the sensor that may hide a person; empty if there are none."""


@dataclass(frozen=True)
class LidarAssets:
    """The body of each gender, the sensor, and the observer that scans bodies with it.

    Do not share the observer.
    """

    bodies: Mapping[str, Body]
    sensor: Sensor
    observer: Observer

    @property
    def body_facts(self) -> BodyFacts:
        """What a dataset records of the bodies."""
        return facts_of(self.bodies)

    @property
    def sensor_facts(self) -> SensorFacts:
        """What a dataset records of the sensor."""
        sensor = self.sensor
        return SensorFacts(
            hash=_hash_sensor(sensor),
            name=sensor.name,
            source=sensor.source,
            rays=sensor.beams * sensor.columns,
            limits=_limits(sensor),
        )


def _hash_sensor(sensor: Sensor) -> str:
    angles = [sensor.elevation.tolist(), sensor.azimuth_offset.tolist()]
    limits = [sensor.min_range, sensor.max_range, *(sensor.window or ())]
    return digest_json([*angles, sensor.columns, *limits])


def _limits(sensor: Sensor) -> str:
    limits = [f"sees nothing within {sensor.min_range:g} meters"] if sensor.min_range else []
    if sensor.window is not None:
        first, count = sensor.window
        limits.append(
            f"fires {count} of {sensor.columns} columns, counter-clockwise from column {first} "
            "(column 0 is in front)"
        )
    return f"; this sensor {' and '.join(limits)}" if limits else ""


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
