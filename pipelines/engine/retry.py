"""Try dropped rows again. Built shards are kept unchanged, and new samples go to new shards.

This helps when a missing recording was added, a broken one was replaced, or workers get more
memory. Shards with samples are neither changed nor renumbered. All other rows are planned again,
and their samples go to additional shards at the end of their split.
"""

import shutil
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

from motiondata.counting import counted
from motiondata.errors import InputError
from pipelines.engine.fingerprint import Fingerprint, KeptShard
from pipelines.engine.output_folder import publish_plan, read_plan
from pipelines.engine.product import PlannedBuild, Planner
from pipelines.engine.receipts import find_receipt, list_receipts, receipt_path
from shards.format.paths import DATASET, STATISTICS, inside
from shards.format.publishing import Permit


def plan_retry(
    out: Path, planned: PlannedBuild, plan_around: Planner, permit: Permit = nullcontext
) -> PlannedBuild:
    """Return the plan that tries all dropped rows again, and prepare the folder for it.

    Files are removed and written under the permit. Raises the errors of `replan`.
    """
    again, kept = replan(out, planned, plan_around)
    if kept is not None:
        publish_plan(out, again.fingerprint, permit)
        with permit():
            _remove_all_but(out, kept)
    return again


def replan(
    out: Path, planned: PlannedBuild, plan_around: Planner
) -> tuple[PlannedBuild, dict[str, KeptShard] | None]:
    """Return the plan that tries all dropped rows again, and the shards that it keeps.

    `planned` is the present plan of the folder. If its build is unfinished, `planned` and None are
    returned, and the build is resumed. Nothing is written. Raises `InputError` if any input of a
    built shard has changed.
    """
    found = read_plan(out)
    if found is None or (found == planned.fingerprint and not _is_finished(out, planned)):
        return planned, None
    kept = dict(_built_shards(out, found))
    again = plan_around(kept)
    _refuse_changes(out, found, again, kept)
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


def _remove_all_but(out: Path, kept: dict[str, KeptShard]) -> None:
    """Remove all but the kept shards. The files that describe the dataset are written again."""
    (out / DATASET).unlink(missing_ok=True)
    if (out / STATISTICS).exists():
        shutil.rmtree(out / STATISTICS)  # the build writes its own again; others would be outdated
    for receipt in list_receipts(out):
        if receipt.shard not in kept:
            receipt_path(out, receipt.shard).unlink()
            inside(out, receipt.shard).unlink(missing_ok=True)


def _is_finished(out: Path, planned: PlannedBuild) -> bool:
    plan, fingerprint = planned
    return (out / DATASET).exists() and all(
        find_receipt(out, name, fingerprint.answer(name)) for name in plan.shards.names
    )


def _built_shards(out: Path, found: Fingerprint) -> Iterator[tuple[str, KeptShard]]:
    """Yield the shards that have a receipt and samples, by name."""
    for receipt in list_receipts(out):
        answer = found.answer(receipt.shard)
        if receipt.keys and find_receipt(out, receipt.shard, answer):
            yield receipt.shard, KeptShard(receipt.plan, receipt.keys)


def _refuse_changes(
    out: Path, found: Fingerprint, again: PlannedBuild, kept: dict[str, KeptShard]
) -> None:
    clips = [clip for shard in again.plan.shards if shard.name in kept for clip in shard.clips]
    files: dict[str, set[str]] = {}
    for clip in clips:
        for kind, names in clip.files.items():
            files.setdefault(kind, set()).update(names)
    before, now = found.about(files), again.fingerprint.about(files)
    if before != now:
        raise InputError(
            f"{out}: what its shards were built from has changed "
            f"({'; '.join(before.differences(now))}); only dropped rows can be tried again. "
            f"Choose another --out, or discard what is there with --restart"
        )
