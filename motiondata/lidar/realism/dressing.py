"""Dressing: the draws of a clip, its clothes, reflectances and background, before its scans."""

from dataclasses import dataclass

from motiondata.bodies.posing import ShapedBody
from motiondata.lidar.observer import Appearance
from motiondata.lidar.realism.clothing import wear_clothes
from motiondata.lidar.realism.keyed_random import generator_of
from motiondata.lidar.realism.materials import draw_reflectances
from motiondata.lidar.realism.settings import Realism


@dataclass(frozen=True, eq=False)
class DressedPerson:
    """A body with clothes, and how it reflects light."""

    shaped: ShapedBody
    appearance: Appearance | None
    """None if every effect is off."""


def dress(shaped: ShapedBody, settings: Realism, seed: int, key: str) -> DressedPerson:
    """Draw the clothes and the background of a clip; the same seed and key have the same."""
    if settings.is_exact:
        return undressed(shaped)
    worn = wear_clothes(shaped, settings, generator_of(seed, "clothes", key))
    reflectances = draw_reflectances(settings, generator_of(seed, "reflectances", key))
    drawn = generator_of(seed, "background", key).uniform()
    return DressedPerson(worn, Appearance(reflectances, drawn < settings.background_share))


def undressed(shaped: ShapedBody) -> DressedPerson:
    """Return a bare body for an exact scan."""
    return DressedPerson(shaped, None)
