"""The assets that a worker loads once and uses for every clip: bodies, sensor and observer."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from motiondata.bodies.body import Body
from motiondata.lidar.devices import make_observer
from motiondata.lidar.observer import Observer
from motiondata.lidar.preset_names import SENSOR_NAMES
from motiondata.lidar.presets import find_sensor
from motiondata.lidar.realism.settings import NO_REALISM, REALISM_NAMES, Realism, find_realism
from motiondata.lidar.sensor import Sensor
from pipelines.clips.bodies import BodyFacts, facts_of, load_bodies_by_gender
from pipelines.engine.fingerprint import digest_json
from pipelines.products.lidar.options import LidarOptions
from pipelines.products.lidar.scene import SceneMesh, load_scene


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
    realism: Realism
    is_exact: bool
    """Whether the observer is the exact one: no effects, no scene, and no extras are stored."""
    scene: SceneMesh | None = None

    @property
    def body_facts(self) -> BodyFacts:
        """What a dataset records of the bodies."""
        return facts_of(self.bodies)

    @property
    def scene_hash(self) -> str:
        """The hash of the scene; empty if there is none."""
        return "" if self.scene is None else self.scene.hash

    @property
    def sensor_facts(self) -> SensorFacts:
        """What a dataset records of the sensor."""
        sensor = self.sensor
        return SensorFacts(
            hash=_hash_sensor(sensor, self.realism),
            name=sensor.name,
            source=sensor.source,
            rays=sensor.beams * sensor.columns,
            limits=_limits(sensor),
        )


def _hash_sensor(sensor: Sensor, realism: Realism) -> str:
    angles = [sensor.elevation.tolist(), sensor.azimuth_offset.tolist()]
    limits = [sensor.min_range, sensor.max_range, *(sensor.window or ())]
    measured = [] if realism.is_exact else [asdict(sensor.measurement)]
    pattern = [] if sensor.pattern is None else [repr(sensor.pattern)]
    return digest_json([*angles, sensor.columns, *limits, *measured, *pattern])


def _limits(sensor: Sensor) -> str:
    limits = [f"sees nothing within {sensor.min_range:g} meters"] if sensor.min_range else []
    if sensor.window is not None:
        first, count = sensor.window
        limits.append(
            f"fires {count} of {sensor.columns} columns, counter-clockwise from column {first} "
            "(column 0 is in front)"
        )
    return f"; this sensor {' and '.join(limits)}" if limits else ""


def resolved(options: LidarOptions) -> LidarOptions:
    """Return options that mean the same in every folder, because workers may run in another one.

    Paths become absolute, and all values of realism are in `effects`.
    """
    realism = find_realism(options.realism, options.effects)
    if not realism.is_exact:
        preset = options.realism in REALISM_NAMES
        name = options.realism if preset else NO_REALISM
        options = replace(options, realism=name, effects=realism.text)
    sensor = Path(options.sensor)
    is_file = options.sensor not in SENSOR_NAMES and sensor.is_file()
    scene = tuple(str(Path(path).absolute()) for path in options.scene)
    return replace(options, sensor=str(sensor.absolute() if is_file else sensor), scene=scene)


def load_assets(body: Path | None, options: LidarOptions) -> LidarAssets:
    """Load the bodies of a file or folder, or the bundled one, the sensor and the scene.

    Raises `InputError` for an invalid body, sensor or scene.
    """
    bodies = load_bodies_by_gender(body)
    sensor = find_sensor(options.sensor)
    realism = find_realism(options.realism, options.effects)
    scene = load_scene(options.scene, options.scene_points) if options.scene else None
    is_exact = realism.is_exact and not options.extras and scene is None
    effects = None if is_exact else realism
    observer = make_observer(
        options.device, sensor, options.points, effects, with_extras=bool(options.extras)
    )
    return LidarAssets(bodies, sensor, observer, realism, is_exact, scene)
