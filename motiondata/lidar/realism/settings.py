"""The settings of realism, and their presets: which effects are on, and how strong they are.

A preset is a TOML file in `data/`; a user's file has the same keys and may start from a preset.
What belongs to a sensor is in its `Measurement`; the settings only scale it. docs/realism.md has
the model and the source of each effect.
"""

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Self

from motiondata.errors import InputError
from motiondata.files import expect_of_the_file
from motiondata.lidar.preset_names import REALISM_NAMES

PRESET_FOLDER = Path(__file__).parent / "data"
SLOWEST = 1.0
"""Turns per second; spinning sensors make 5 to 20."""

LARGEST = {
    **dict.fromkeys(
        (
            "dark_share", "background_share", "real_columns", "clean_share", "occluded_share",
            "clutter_share", "crop_share", "ground", "rolling_shutter",
        ), 1.0,
    ),
    **dict.fromkeys(
        (
            "clothing_mean_m", "clothing_sigma_m", "clothing_least_m", "clothing_most_m",
            "clothing_head_m",
        ), 0.3,
    ),
    **dict.fromkeys(
        ("loss", "range_noise", "beam_offsets", "range_steps", "azimuth_jitter"), 100.0,
    ),
    "footprint": 20.0,
    "turns_per_second": 100.0,
    "occluders_most": 20.0,
    "box_radius_m": 100.0,
}  # fmt: skip
"""The largest value of each setting: of shares 1, of others one that no sensor and no person has,
so that a slip of a unit is found before hours of a build."""
WHOLE = ("real_columns", "ground", "occluders_most")
"""The settings that are switches or counts, without fractions."""
OF_A_STREET = (
    "clean_share", "occluded_share", "occluders_most", "clutter_share", "crop_share", "ground",
)  # fmt: skip
"""The settings that change nothing without a street, which is there if `box_radius_m` is not 0."""
BASE = "base"
"""The key of a user's file that names the preset it starts from."""


@dataclass(frozen=True)
class Realism:
    """The strength of each effect; with the defaults, a scan is exact.

    Raises `InputError` for values that are negative, not finite, or larger than `LARGEST`, for
    fractions of `WHOLE` ones, and for turns that are slower than `SLOWEST`.
    """

    clothing_mean_m: float = 0.0
    """Mean thickness of clothes over all clips, meters; 0 for no clothes."""
    clothing_sigma_m: float = 0.0
    """Standard deviation of the thickness from clip to clip, meters."""
    clothing_least_m: float = 0.0
    """Thinnest clothes of a clip, meters."""
    clothing_most_m: float = 0.0
    """Thickest clothes of a clip, meters."""
    clothing_head_m: float = 0.0
    """Largest offset of the head, meters."""
    dark_share: float = 0.0
    """The share of garments that are dark."""
    footprint: float = 0.0
    """Scale of the width of beams; 0 for rays without width."""
    background_share: float = 0.0
    """The share of clips with something close behind the person, which returns more than an edge
    that only one of the three rays of a footprint hits."""
    loss: float = 0.0
    """Scale of all losses of rays."""
    range_noise: float = 0.0
    """Scale of the range noise."""
    beam_offsets: float = 0.0
    """Scale of the range errors of whole beams."""
    range_steps: float = 0.0
    """Scale of the step in which ranges are reported; 0 for exact ranges."""
    azimuth_jitter: float = 0.0
    """Scale of the jitter of azimuths, and of the pattern of columns."""
    real_columns: float = 0.0
    """1 for the columns of a real unit, 0 for those of the exact scan."""
    rolling_shutter: float = 0.0
    """How much of a turn's time passes while it is scanned: 1 for a real unit, 0 for a body that is
    posed once per turn."""
    turns_per_second: float = 0.0
    """Turns of the sensor per second, Hz; 0 for those of its file."""
    clean_share: float = 0.0
    """The share of samples without a street."""
    occluded_share: float = 0.0
    """The share of the other samples with things between sensor and person."""
    occluders_most: float = 1.0
    """The largest number of such things; 0 for none."""
    clutter_share: float = 0.0
    """The share of samples in a street with an object next to the path."""
    crop_share: float = 0.0
    """The share of samples in a street whose box cuts off the feet or the head."""
    ground: float = 0.0
    """1 for ground around the path, 0 for none."""
    box_radius_m: float = 0.0
    """Points farther from the pelvis than this, horizontally, are cut, meters; 0 for no street."""

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if not (number and math.isfinite(value) and value >= 0):
                raise InputError(
                    f"realism: expected {name} as a number of at least 0, found {value!r}"
                )
        if self.clothing_least_m > self.clothing_most_m:
            raise InputError(
                "realism: expected clothing_least_m of at most clothing_most_m, found "
                f"{self.clothing_least_m:g} and {self.clothing_most_m:g}"
            )
        if 0 < self.turns_per_second < SLOWEST:
            raise InputError(
                f"realism: expected turns_per_second as 0, or at least {SLOWEST:g}, found "
                f"{self.turns_per_second:g}"
            )
        for name, largest in LARGEST.items():
            if getattr(self, name) > largest:
                raise InputError(
                    f"realism: expected {name} of at most {largest:g}, found {getattr(self, name)}"
                )
        self._expect_whole()

    def _expect_whole(self) -> None:
        for name in WHOLE:
            if getattr(self, name) % 1:
                raise InputError(
                    f"realism: expected {name} as a whole number, found {getattr(self, name)}"
                )

    def changed(self, values: Mapping[str, Any], source: str) -> Self:
        """Return the settings with other values.

        Raises `InputError`, which names `source`, for unknown names, wrong values, and values of a
        street where there is none, unless `values` say themselves that there is none.
        """
        names = [field.name for field in fields(self)]
        if unknown := sorted(set(values) - set(names)):
            raise InputError(
                f"{source}: found {unknown[0]}{_near(unknown[0], names)}; expected only "
                f"{', '.join(names)}"
            )
        try:
            settings = replace(self, **values)
        except InputError as error:
            raise InputError(f"{source}: {str(error).removeprefix('realism: ')}") from error
        idle = [name for name in OF_A_STREET if values.get(name)]
        if idle and not settings.box_radius_m and "box_radius_m" not in values:
            raise InputError(
                f"{source}: found {idle[0]} without a street, which changes nothing; start from "
                "the preset street, or set box_radius_m, such as 0.8"
            )
        return settings

    @property
    def is_exact(self) -> bool:
        """Whether every effect is off."""
        return self == type(self)()

    @property
    def text(self) -> str:
        """All values as `find_realism` reads changes: `name=value,name=value`."""
        return ",".join(f"{name}={value:g}" for name, value in asdict(self).items())


def find_realism(name_or_path: str, changes: str = "") -> Realism:
    """Return a preset or the settings of a file, with changes such as `loss=0,footprint=0`.

    Raises `InputError` if there is neither, or a value is invalid.
    """
    if name_or_path in REALISM_NAMES:
        settings = _read(PRESET_FOLDER / f"{name_or_path}.toml")
    elif Path(name_or_path).is_file():
        settings = _read(Path(name_or_path))
    else:
        hint = _near(name_or_path, REALISM_NAMES)
        raise InputError(
            f"no realism and no file is called {name_or_path!r}{hint}; choose one of "
            f"{', '.join(REALISM_NAMES)}, or a file (.toml) of its values"
        )
    return settings.changed(dict(_assignments(changes)), f"effects {changes!r}")


def _near(name: str, known: Sequence[str]) -> str:
    nearest = get_close_matches(name, known, n=1)
    return f" (did you mean {nearest[0]}?)" if nearest else ""


def _read(path: Path) -> Realism:
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        if isinstance(error, OSError):
            expect_of_the_file(error)
        raise InputError(
            f"{path}: expected settings of realism as TOML; found: {error!s:.200}"
        ) from error
    if tables := [name for name, value in values.items() if isinstance(value, dict)]:
        raise InputError(
            f"{path}: found the table [{tables[0]}]; expected values without a table, such as "
            "loss = 0 on a line"
        )
    base = values.pop(BASE, None)
    if base is not None and base not in REALISM_NAMES:
        hint = _near(str(base), REALISM_NAMES)
        raise InputError(
            f"{path}: expected {BASE} as one of {', '.join(REALISM_NAMES)}, found {base!r}{hint}"
        )
    start = Realism() if base is None else find_realism(base)
    return start.changed(values, str(path))


def _assignments(changes: str) -> list[tuple[str, float]]:
    """Return the names and values of `name=value,name=value`; may raise `InputError`."""
    found = []
    for part in filter(None, (part.strip() for part in changes.split(","))):
        name, _, value = part.partition("=")
        try:
            found.append((name.strip(), float(value)))
        except ValueError as error:
            raise InputError(f"effects: expected NAME=NUMBER, found {part!r}") from error
        if found[-1][0] in dict(found[:-1]):
            raise InputError(f"effects: expected {found[-1][0]} once, found it twice")
    return found
