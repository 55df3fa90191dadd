"""The views of a dataset: each is a sensor at a place, and makes one sample per clip."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from motiondata.lidar.devices import make_observer
from motiondata.lidar.observer import Observer
from motiondata.lidar.presets import find_sensor
from motiondata.lidar.realism.settings import Realism
from motiondata.lidar.rigs.placements import Around, Placement
from motiondata.lidar.rigs.read_rig import PlacedSensor, read_rig
from motiondata.lidar.sensor import Sensor
from pipelines.engine.fingerprint import digest_json
from pipelines.products.lidar.options import RANGED, LidarOptions
from shards.format.hashing import hash_bytes


@dataclass(frozen=True)
class SensorFacts:
    """What a dataset records of a sensor. It holds no array, so that jobs stay small."""

    hash: str
    """The hash of the sensor's behavior. Its name does not count."""
    name: str
    source: str
    rays: int
    """The number of rays per frame."""
    limits: str
    """A phrase with the limits of the sensor that may hide a person; empty if there are none."""


@dataclass(frozen=True)
class ViewFacts:
    """What a dataset records of its views."""

    hash: str
    """The hash of the sensor, or of a file of sensors with everything that it names."""
    sensors: tuple[SensorFacts, ...]
    """The sensor of each view."""
    entries: tuple[Mapping[str, Any], ...] = ()
    """What a file of sensors says of each view; empty if there is no such file."""

    def of(self, view: int) -> SensorFacts:
        """Return the sensor of a view."""
        return self.sensors[view]


@dataclass(frozen=True, eq=False)
class View:
    """A sensor, where it is, and the observer that scans with it. Do not share the observer."""

    sensor: Sensor
    observer: Observer
    placement: Placement
    """Where it is; samples may draw other values, see `draw_place`."""
    placed: PlacedSensor | None = None
    """What the file of sensors says; None without such a file."""


def load_views(options: LidarOptions, realism: Realism | None) -> tuple[View, ...]:
    """Load the sensors, and make their observers; `realism` is None for exact ones.

    Views with the same sensor share an observer. Raises `InputError` for invalid sensors.
    """
    observers: dict[int, Observer] = {}

    def view(sensor: Sensor, placement: Placement, placed: PlacedSensor | None = None) -> View:
        if id(sensor) not in observers:
            observers[id(sensor)] = make_observer(
                options.device, sensor, options.points, realism, with_extras=bool(options.extras)
            )
        return View(sensor, observers[id(sensor)], placement, placed)

    if options.sensors:
        rig = read_rig(Path(options.sensors))
        return tuple(view(each.model, each.placement, each) for each in rig)
    sensor = find_sensor(options.sensor)
    distance, height, azimuth = (options.span(name)[0] for name in RANGED)
    around = Around(distance, height, views=options.views, azimuth=azimuth)
    return tuple(view(sensor, replace(around, view=number)) for number in range(options.views))


def facts_of_views(views: tuple[View, ...], realism: Realism) -> ViewFacts:
    """Return what a dataset records of its views."""
    sensors = tuple(_facts_of(view.sensor, realism) for view in views)
    placed = [view.placed for view in views if view.placed is not None]
    if not placed:
        return ViewFacts(sensors[0].hash, sensors)
    entries = tuple(
        {**each.entry, "model": each.model.name, "source": each.model.source} for each in placed
    )
    hashes = [sensor.hash for sensor in sensors]
    paths = [hash_bytes(each.path) for each in placed]
    return ViewFacts(digest_json([[*entries], hashes, paths]), sensors, entries)


def _facts_of(sensor: Sensor, realism: Realism) -> SensorFacts:
    return SensorFacts(
        hash=_hash_sensor(sensor, realism),
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
