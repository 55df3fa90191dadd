"""The members of a sample that are drawn. A viewer opens with these names alone."""

from pipelines.clips.members import POSE, TRANS
from pipelines.products.lidar.members import HITS, JOINTS, PARTS, POINTS, SENSOR_POSE
from shards.format.schema import Schema

DRAWN_ARRAYS = (POINTS, HITS, PARTS, JOINTS, POSE, TRANS, SENSOR_POSE)
"""The arrays of a sample that are drawn, if it has them."""


def can_play(schema: Schema) -> bool:
    """Tell whether the clips of a dataset play. Tokens and encoded features have no picture."""
    return {POINTS, HITS} <= schema.members.keys() or JOINTS in schema.members
