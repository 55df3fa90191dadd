"""The plan of a LiDAR build."""

from collections.abc import Mapping
from functools import partial

from pipelines.clips.clip_source import ClipSource
from pipelines.clips.planned_clips import PlannedClips
from pipelines.engine.fingerprint import KeptShard
from pipelines.engine.plan import Plan
from pipelines.products.lidar.options import LidarOptions
from pipelines.products.lidar.sample import clip_bytes


def plan_lidar(
    source: ClipSource, options: LidarOptions, kept: Mapping[str, KeptShard] | None = None
) -> Plan[PlannedClips]:
    """Plan a build; raises `InputError` as `ClipSource.plan` does."""
    return source.plan(options.views, partial(clip_bytes, points=options.points), kept)
