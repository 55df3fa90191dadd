"""Materials: how much light each part of a person reflects at the wavelength of a LiDAR.

A table of reflectances by material number. The numbers of a person's materials are the body parts,
so that the material of a face is its part.
"""

import numpy as np
from numpy.typing import NDArray

from motiondata.lidar.observer import Request
from motiondata.lidar.realism.clothing import GARMENTS
from motiondata.lidar.realism.settings import Realism
from motiondata.lidar.surroundings import SCENE_MATERIAL
from motiondata.skeletons import JOINT_NAMES

MATERIALS = 256
"""The length of a table of materials: a material is 8 bits."""

CLOTH, DARK = (0.25, 0.8), (0.04, 0.15)
"""Diffuse reflectance of ordinary and of dark garments near 905 nm. Most dyes are bright in the
near infrared; carbon black, wet cloth and some synthetics are dark. A guess within published
ranges."""

SKIN = (0.4, 0.6)
"""Diffuse reflectance of skin and hair near 905 nm; a guess within published ranges."""

STREET = (0.1, 0.6)
"""Diffuse reflectance of asphalt, concrete, paint and other people near 905 nm; a guess."""

BARE = ("hands", "head")


def draw_reflectances(settings: Realism, generator: np.random.Generator) -> NDArray[np.float64]:
    """Draw the reflectance of each body part of a clip, from 0 to 1, shaped (`MATERIALS`,)."""
    table = np.zeros(MATERIALS)
    for garment, joints in GARMENTS.items():
        dark = generator.uniform() < settings.dark_share
        low, high = SKIN if garment in BARE else DARK if dark else CLOTH
        table[[JOINT_NAMES.index(name) for name in joints]] = generator.uniform(low, high)
    table[SCENE_MATERIAL : SCENE_MATERIAL + 4] = generator.uniform(*STREET, size=4)
    return table


GRAY = np.full(MATERIALS, 0.5)
"""Every material reflects half of the light: for scans without realism."""


def reflectances_of(request: Request) -> NDArray[np.float64]:
    """Return the reflectance of each material of a request, shaped (`MATERIALS`,)."""
    return GRAY if request.appearance is None else request.appearance.reflectances
