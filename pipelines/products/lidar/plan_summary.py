"""The plan of a LiDAR build as text."""

from collections import Counter

from motiondata.counting import counted
from pipelines.clips.inputs import InputFolders
from pipelines.clips.options import BuildOptions
from pipelines.clips.planned_clips import PlannedClips
from pipelines.engine.plan import Plan
from pipelines.engine.summary import counts_to_text, failure_lines, rows_to_text, subset_table
from pipelines.engine.totals import SubsetTotals
from pipelines.products.lidar.remarks import samples_without_captions
from pipelines.products.lidar.sample import clip_bytes
from shards.format.paths import split_of


def describe_plan(plan: Plan[PlannedClips], options: BuildOptions, paths: InputFolders) -> str:
    """Describe what a build would do."""
    counts: dict[str, SubsetTotals] = {}
    for clip in plan.clips:
        count = counts.setdefault(clip.row.subset, SubsetTotals())
        count.rows += 1
        count.samples += len(clip.keys)
        count.frames += clip.frames
    megabytes = clip_bytes(plan.shards.columns, options).sum() / 1e6
    splits = Counter(map(split_of, plan.shards.names))
    return "\n".join(
        [
            *subset_table(counts, plan.drops),
            "",
            *failure_lines(plan.drops, "fix these, and the dry run names the next"),
            rows_to_text(plan.rows, plan.samples, len(plan.drops)),
            f"{counted(plan.frames, 'frame')} in {counted(len(plan.shards), 'shard')} "
            f"({counts_to_text(splits)}), "
            f"about {megabytes:,.0f} MB",
            f"captions: {_captions(plan, paths)}; splits: {paths.splits or 'none'}",
            *paths.warnings,
            *plan.warnings,
        ]
    )


def _captions(plan: Plan[PlannedClips], paths: InputFolders) -> str:
    """Return the captions folder and the number of samples without a caption file."""
    if paths.texts is None:
        return "none"
    without = samples_without_captions(plan.shards.columns)
    return f"{paths.texts} (no file for {without:,} of {counted(plan.samples, 'sample')})"
