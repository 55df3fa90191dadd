"""Convert BVH files of the PFNN data to recordings with their labels."""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from motiondata.counting import counted_units
from motiondata.sources.bvh.convert import BvhOptions, convert_bvh
from motiondata.sources.imports.kind import ImportedMotion, ImportKind
from motiondata.sources.pfnn.labels import label_files, read_labels

UNIT = "cmu"
"""The unit of the files, 5.644 cm (x 5.6444 in PFNN's `generate_database.py`): that of CMU."""


def pfnn_kind(licence: str = "") -> ImportKind:
    """Return how BVH files with phase, gait and footsteps are imported."""
    options = BvhOptions(unit=UNIT, up="y", licence=licence)

    def convert(path: Path) -> list[ImportedMotion]:
        converted = convert_bvh(path, options)
        labels = read_labels(path, converted.recording.frames)
        found = (
            f"labels: phase, gait, {counted_units(len(labels['footsteps']), 'pairs of footsteps')}"
        )
        recording = replace(converted.recording, labels=labels)
        return [ImportedMotion(recording, path.stem, (*converted.notes, found))]

    settings = json.dumps(asdict(options), sort_keys=True)
    return ImportKind("pfnn", (".bvh",), convert, settings, others=_others, choose=_labeled)


def _others(path: Path) -> Sequence[Path]:
    return [file for file in label_files(path) if file.is_file()]


def _labeled(files: Sequence[Path]) -> list[Path]:
    """Return the files that have a phase: the data also has rest poses and mirrored files."""
    return [file for file in files if label_files(file)[0].is_file()]
