"""The plan of a LiDAR build."""

from collections.abc import Mapping, Sequence

from pipelines.clips.inputs import InputFolders
from pipelines.clips.options import BuildOptions
from pipelines.clips.pack_shards import pack_shards
from pipelines.clips.plan_clips import _rows_and_places, check_distinct_keys, list_rows, plan_clips
from pipelines.clips.planned_clips import PlannedClips
from pipelines.engine.plan import Plan
from pipelines.products.lidar.sample import clip_bytes


def plan_lidar(
    options: BuildOptions, paths: InputFolders, kept: Mapping[str, Sequence[str]] | None = None
) -> Plan[PlannedClips]:
    """Plan a build; raises `InputError` if the index, the splits or the archive are invalid.

    `kept` maps each shard that must stay unchanged to the keys of its samples.
    """
    read, locate = _rows_and_places(options)
    rows, warnings = list_rows(read, options, paths)
    clips, drops = plan_clips(options, rows, locate)
    check_distinct_keys(clips)
    shards = pack_shards(clips, clip_bytes(clips, options), options, kept or {})
    return Plan(shards, tuple(drops), len(clips) + len(drops), warnings)
