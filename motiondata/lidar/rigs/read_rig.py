"""Read a file of sensors (TOML): which models there are, what carries them, and where they look.

docs/sensors.md describes the file for users.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from motiondata.errors import InputError
from motiondata.files import expect_of_the_file
from motiondata.lidar.preset_names import PRESETS
from motiondata.lidar.presets import find_sensor
from motiondata.lidar.rigs.attitude import Attitude
from motiondata.lidar.rigs.mounts import (
    ClipMount,
    JointMount,
    Mount,
    PersonMount,
    Vehicle,
    WorldMount,
)
from motiondata.lidar.rigs.placements import OnMount
from motiondata.lidar.rigs.read_trajectory import read_trajectory
from motiondata.lidar.rigs.tables import Table, near
from motiondata.lidar.rigs.trajectory import Motion, SteadyMotion
from motiondata.lidar.sensor import Sensor
from motiondata.skeletons import JOINT

STILL: Mapping[str, Mount] = {"clip": ClipMount(), "world": WorldMount()}
"""The mounts that a vehicle can start on."""
PERSON = "person"
MOUNTS: Mapping[str, Mount] = {
    **STILL,
    PERSON: PersonMount(),
    **{name: JointMount(number) for name, number in JOINT.items()},
}
"""What can carry a sensor, besides the vehicles of the file."""
ANGLES = ("yaw_deg", "pitch_deg", "roll_deg")
SENSOR_KEYS = ("name", "model", "mount", "position_m", *ANGLES, "look_at", "motion_compensated")
STEADY = ("speed_m_per_s", "turn_deg_per_s")
VEHICLE_KEYS = ("name", "mount", "position_m", *ANGLES, *STEADY, "path")
SENSORS, VEHICLES = "sensor", "vehicle"
MOST_SENSORS = 1000
"""Each sensor makes a sample per clip."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


@dataclass(frozen=True, eq=False)
class PlacedSensor:
    """A sensor of the file."""

    name: str
    model: Sensor
    placement: OnMount
    entry: Mapping[str, Any]
    """The values of its table, and those of its vehicle, as in the file, but of files only the
    names."""
    path: bytes
    """The path of its vehicle, for a hash; empty if it has none."""
    compensated: bool
    """Whether points are compensated for the motion of the sensor within a turn."""


def read_rig(path: Path) -> tuple[PlacedSensor, ...]:
    """Read the sensors of a file, in its order.

    Models and paths that are files are relative to the file's folder. Raises `InputError`, with the
    table and the key, for anything that is not as docs/sensors.md says.
    """
    whole = Table(str(path), _read(path))
    whole.expect_keys((SENSORS, VEHICLES))
    vehicles, mounts = _tables(path, whole, VEHICLES), dict(MOUNTS)
    for table in vehicles:
        name = table.text("name")
        if name in MOUNTS:
            raise InputError(f"{table.title}: expected another name than that of the mount {name}")
        mounts[name] = _vehicle(path, table)
    entries = {table.values["name"]: table.values for table in vehicles}
    tables = _tables(path, whole, SENSORS)
    if not 0 < len(tables) <= MOST_SENSORS:
        raise InputError(
            f"{path}: expected 1 to {MOST_SENSORS:,} tables [[{SENSORS}]], found {len(tables):,}"
        )
    return tuple(_sensor(path, table, mounts, entries) for table in tables)


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise InputError(f"{path}: expected a file of sensors (.toml), found none")
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        if isinstance(error, OSError):
            expect_of_the_file(error)
        raise InputError(
            f'{path}: expected sensors as TOML, such as [[{SENSORS}]] and name = "roof"; found: '
            f"{error!s:.200}"
        ) from error


def _tables(path: Path, whole: Table, key: str) -> list[Table]:
    """Return the tables of an array, with names that are valid and differ."""
    values = whole.values.get(key, [])
    if not isinstance(values, list) or not all(isinstance(each, dict) for each in values):
        raise InputError(f"{path}: expected {key} as tables, each after a line [[{key}]]")
    tables = []
    for number, each in enumerate(values, 1):
        name = Table(f"{path}: {key} {number}", each).text("name")
        tables.append(Table(f"{path}: {key} {number} ({name[:40]})", each))
        if not _NAME.fullmatch(name):
            raise InputError(
                f"{tables[-1].title}: expected a name of letters, digits, - and _, found {name!r}"
            )
    counts = Counter(table.values["name"] for table in tables)
    for table in reversed(tables):
        if counts[name := table.values["name"]] > 1:
            raise InputError(f"{table.title}: expected different names, found {name} twice")
    return tables


def _vehicle(path: Path, table: Table) -> Vehicle:
    table.expect_keys(VEHICLE_KEYS)
    base = _mount_of(table, STILL)
    return Vehicle(base, _attitude(table), _motion(path, table))


def _motion(path: Path, table: Table) -> Motion:
    if "path" not in table.values:
        speed, turn_deg = table.number(STEADY[0], 1000.0), table.number(STEADY[1], 3600.0)
        return SteadyMotion(speed, turn_deg)
    if both := [key for key in STEADY if key in table.values]:
        raise InputError(f"{table.title}: found {both[0]} next to path; expected one of them")
    return read_trajectory(path.parent / table.text("path"))


def _sensor(
    path: Path, table: Table, mounts: Mapping[str, Mount], vehicles: Mapping[str, Any]
) -> PlacedSensor:
    table.expect_keys(SENSOR_KEYS)
    mount, name = _mount_of(table, mounts), table.text("mount", "clip")
    entry = {**table.values, "model": Path(table.text("model")).name}
    if isinstance(mount, Vehicle):
        entry[VEHICLES] = {**vehicles[name]}
        if "path" in vehicles[name]:
            entry[VEHICLES]["path"] = Path(vehicles[name]["path"]).name
    return PlacedSensor(
        table.text("name"),
        _model_of(path, table),
        _placement(table, mount),
        entry,
        mount.motion.content if isinstance(mount, Vehicle) else b"",
        table.flag("motion_compensated"),
    )


def _placement(table: Table, mount: Mount) -> OnMount:
    look_at, attitude = table.values.get("look_at"), _attitude(table)
    if look_at is None:
        return OnMount(mount, attitude)
    if both := [key for key in ANGLES if key in table.values]:
        raise InputError(f"{table.title}: found {both[0]} next to look_at; expected one of them")
    if look_at == PERSON:
        return OnMount(mount, attitude, follows=True)
    if isinstance(look_at, str):
        raise InputError(
            f"{table.title}: expected look_at as {PERSON!r} or a point [x, y, z], found "
            f"{look_at!r}{near(look_at, [PERSON])}"
        )
    point = table.triple("look_at")
    if point == attitude.position:
        raise InputError(f"{table.title}: expected look_at at another place than position_m")
    return OnMount(mount, attitude, point)


def _mount_of(table: Table, mounts: Mapping[str, Mount]) -> Mount:
    name = table.text("mount", "clip")
    if name not in mounts:
        raise InputError(
            f"{table.title}: there is no mount {name!r}{near(name, mounts)}; expected one of "
            f"{', '.join(mounts)}"
        )
    return mounts[name]


def _model_of(path: Path, table: Table) -> Sensor:
    model = table.text("model")
    try:
        return find_sensor(model if model in PRESETS else _file_or_name(path.parent, model))
    except InputError as error:
        raise InputError(f"{table.title}: {error}") from error


def _file_or_name(folder: Path, model: str) -> str:
    return str(folder / model) if (folder / model).is_file() else model


def _attitude(table: Table) -> Attitude:
    return Attitude(table.triple("position_m"), *(table.number(key, 360.0) for key in ANGLES))
