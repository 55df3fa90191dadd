"""LAFAN1: five subjects at 30 frames a second, in centimeters, y up, with Mixamo's joint names.

The names of files are theme, take and subject, such as `fallAndGetUp2_subject3.bvh`; takes of the
same theme and number show the same moment. Source: the README of
ubisoft/ubisoft-laforge-animation-dataset.
"""

from dataclasses import replace

from motiondata.bodies.body import Body
from motiondata.sources.bvh.convert import BvhOptions, bvh_kind
from motiondata.sources.imports.file_names import BUNDLED
from motiondata.sources.imports.kind import ImportKind

LICENSE = "LAFAN1 (Ubisoft La Forge): CC BY-NC-ND 4.0"
CAPTIONS = BUNDLED.with_name("lafan1.toml")
"""The template of captions, from the table of themes in the README, in our own words."""


def lafan1_kind(body: Body | None = None, settings: str = "") -> ImportKind:
    """Return how the files of LAFAN1 are imported, on a body, by default the bundled one."""
    options = BvhOptions(unit="cm", up="y", licence=LICENSE)
    return replace(bvh_kind(options, body, settings), name="lafan1")
