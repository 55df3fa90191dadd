"""Export the motion of a dataset, or recordings, as posed bodies to files of other programs.

Each file is complete or absent, and the same command resumes, as for all exports.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from motiondata.errors import InputError
from pipelines.clips.bodies import facts_of, load_bodies_by_gender
from pipelines.datasets.export_folder import ExportFolder
from pipelines.datasets.export_report import (
    ExportFailure,
    ExportReport,
    write_groups,
    write_split_lists,
)
from pipelines.engine.errors import os_errors_as_aborted
from pipelines.engine.output_path import expect_possible_folder
from pipelines.motion_export.layouts import FORMATS, MotionFiles
from pipelines.motion_export.motions import Motions, Named, find_motions
from pipelines.motion_export.options import MotionExportOptions
from shards.format.places import Place


def export_motion(source: Place, out: Path, options: MotionExportOptions) -> ExportReport:
    """Write the files that an earlier run did not write, and return a report.

    `source` is a dataset of motion, a recording (.npz), or a folder of recordings. Raises
    `InputError` or `ShardError` for invalid input before anything is written, and `AbortedError`
    for a failure of the machine; the same call then resumes the export.
    """
    expect_possible_folder(out)
    bodies = load_bodies_by_gender(options.body)
    motions = find_motions(source, bodies, options.exclude)
    chosen, failures = _choose(source, motions, options)
    kind = FORMATS[options.format]
    files = [
        MotionFiles(motions, split, of, kind, options.stride)
        for split, of in _by_split(chosen).items()
    ]
    folder = ExportFolder(out)
    made_by = _made_by(motions, options, facts_of(bodies).hash)
    with os_errors_as_aborted(out), folder.locked(made_by):
        rate = write_groups(folder, files)
        exported = write_split_lists(folder, files)
    return ExportReport(out, exported, rate, motions.remarks, failures)


def _choose(
    source: Place, motions: Motions, options: MotionExportOptions
) -> tuple[list[Named], tuple[ExportFailure, ...]]:
    """Return the motions to export, and those that cannot be; raise `InputError` for none."""
    chosen, failures = [], []
    for found in motions.named():
        if isinstance(found, ExportFailure):
            failures.append(found)
        elif _is_wanted(found, options):
            chosen.append(found)
        if len(chosen) == options.limit and not options.keys:
            break
    unknown = {*options.keys} - {named.key for named in chosen}
    if unknown:
        raise InputError(f"{source}: there is no clip {', '.join(sorted(unknown))} to export")
    if not chosen:
        first = f"; the first failure: {failures[0].message}" if failures else ""
        raise InputError(f"{source}: there is nothing to export{first}")
    return chosen[: options.limit], tuple(failures)


def _is_wanted(named: Named, options: MotionExportOptions) -> bool:
    in_split = options.split in (None, named.split)
    return in_split and (not options.keys or named.key in options.keys)


def _by_split(chosen: Sequence[Named]) -> dict[str, list[Named]]:
    """Return the motions of each split, in order."""
    found: dict[str, list[Named]] = {}
    for named in chosen:
        found.setdefault(named.split, []).append(named)
    return found


def _made_by(motions: Motions, options: MotionExportOptions, bodies: str) -> dict[str, Any]:
    """Return everything that may change a file or a list; splits have their own lists."""
    excluded = {"exclude": sorted({*options.exclude})} if options.exclude else {}
    return {
        **motions.identity,
        "format": options.format,
        "keys": sorted(options.keys),
        "limit": options.limit,
        "stride": options.stride,
        "bodies": bodies,
        **excluded,
    }
