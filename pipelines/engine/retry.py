"""Try dropped rows again. Built shards are kept unchanged, and new samples go to new shards.

This helps when a missing recording was added, a broken one was replaced, or workers get more
memory. Shards with samples are neither changed nor renumbered. All other rows are planned again,
and their samples go to additional shards at the end of their split.
"""

from collections.abc import Iterator
from dataclasses import replace

from motiondata.counting import counted
from pipelines.engine.fingerprint import Fingerprint, KeptShard
from pipelines.engine.output_folder import OutputFolder
from pipelines.engine.product import PlannedBuild, Planner
from pipelines.engine.receipt_files import ReceiptFiles
from pipelines.engine.settings import DISCARD_WITH_RESTART, changes_refused


def replan(
    folder: OutputFolder, planned: PlannedBuild, plan_around: Planner
) -> tuple[PlannedBuild, dict[str, KeptShard] | None]:
    """Return the plan that tries all dropped rows again, and the shards that it keeps.

    `planned` is the present plan of the folder. If its build is unfinished, `planned` and None are
    returned, and the build is resumed. Nothing is written. Raises `InputError` if any input of a
    built shard has changed.
    """
    found = folder.plan.read()
    if found is None or (found == planned.fingerprint and not folder.is_finished(planned)):
        return planned, None
    kept = dict(_built_shards(folder.receipts, found))
    again = plan_around(kept)
    _refuse_changes(folder, found, again, kept)
    return (_with_remark(again) if kept.keys() >= {*again.plan.shards.names} else again), kept


def _with_remark(planned: PlannedBuild) -> PlannedBuild:
    """Return the plan of a retry that builds nothing, with a remark that says so."""
    drops = len(planned.plan.drops)
    remark = (
        f"--retry-dropped: {counted(drops, 'dropped row')} still cannot be built"
        if drops
        else "--retry-dropped: no row was dropped, so there is nothing to try again"
    )
    warnings = (*planned.plan.warnings, remark)
    return planned._replace(plan=replace(planned.plan, warnings=warnings))


def _built_shards(receipts: ReceiptFiles, found: Fingerprint) -> Iterator[tuple[str, KeptShard]]:
    """Yield the shards that have a receipt and samples, by name."""
    for receipt in receipts:
        answer = found.answer(receipt.shard)
        if receipt.keys and receipts.find(receipt.shard, answer):
            yield receipt.shard, KeptShard(receipt.plan, receipt.keys)


def _refuse_changes(
    folder: OutputFolder, found: Fingerprint, again: PlannedBuild, kept: dict[str, KeptShard]
) -> None:
    clips = [clip for shard in again.plan.shards if shard.name in kept for clip in shard.clips]
    files: dict[str, set[str]] = {}
    for clip in clips:
        for kind, names in clip.files.items():
            files.setdefault(kind, set()).update(names)
    before, now = found.about(files), again.fingerprint.about(files)
    if before != now:
        raise changes_refused(folder.path, before.differences(now), DISCARD_WITH_RESTART)
