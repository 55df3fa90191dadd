"""What a report says about a dataset, as plain JSON for its page."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np

from motiondata.body_regions import REGION_COLORS, REGION_OF_JOINT
from motiondata.motion_quality.limits import LIMITS
from pipelines.engine.description import NOT_KNOWN
from pipelines.products.descriptions import EDIT, command_line, input_lines
from pipelines.viewing.clip_table import ClipTable
from pipelines.viewing.drawn_members import can_play
from pipelines.viewing.report.hidden_paths import hide_paths
from pipelines.viewing.report.measures import Measures
from pipelines.viewing.report.table_json import mean_hits, totals_to_json
from pipelines.viewing.report.words import captions_to_json
from pipelines.viewing.sound_part import SoundPart

EXAMPLES = 5
"""The number of examples of each reason of drops, and of leaks."""
NAMED_FAULTS = 20
NO_SUBSET = "(none)"

FLAG_MEANINGS = {
    "lying": "the body lies in most frames",
    "off_floor": "the feet are far from the floor",
    **{
        name: f"more than {limit.value:g} {limit.unit}: {limit.reason}"
        for name, limit in LIMITS.items()
    },
}
"""What the flags of clips mean."""


def summarize(part: SoundPart, table: ClipTable, measures: Measures) -> dict[str, Any]:
    """Return all of the page but the clips and their table."""
    return {
        "name": part.dataset.place.name,
        "product": part.product.name,
        "content_hash": part.dataset.content_hash if part.is_finished else None,
        "faults": [hide_paths(fault) for fault in part.faults[:NAMED_FAULTS]],
        "more_faults": max(0, len(part.faults) - NAMED_FAULTS),
        "plays": can_play(part.dataset.schema),
        "totals": totals_to_json(part.dataset, len(part.drops), table),
        "made_from": [(name, hide_paths(text)) for name, text in _made_from(part)],
        "arrays": _arrays(part),
        "by_split": _groups(table, table.splits),
        "by_subset": _groups(table, [subset or NO_SUBSET for subset in table.subsets]),
        "histograms": measures.to_json(),
        "quality": measures.quality_to_json(),
        "measured": measures.clips,
        "coverage": measures.coverage.to_json(),
        "regions": [*REGION_COLORS.items()],
        "part_colors": [REGION_COLORS[region] for region in REGION_OF_JOINT],
        "flags": _flags(part, table),
        "drops": _drops(part.drops),
        "captions": captions_to_json(table),
        "leaks": _leaks(table),
    }


def _groups(table: ClipTable, names: Sequence[str]) -> list[dict[str, Any]]:
    """Return totals of the clips by a column, in order of the names."""
    column, by_split = np.array(names), Counter(zip(names, table.splits, strict=True))
    splits = sorted({*table.splits})
    return [
        {
            "name": str(name),
            "samples": int((chosen := column == name).sum()),
            "samples_by_split": [by_split[str(name), split] for split in splits],
            "frames": int(table.frames[chosen].sum()),
            "hits": mean_hits(table, chosen),
        }
        for name in np.unique(column)
    ]


def _made_from(part: SoundPart) -> list[tuple[str, str]]:
    """Return what the description says about the build, as names and texts."""
    description, product = part.dataset.description, part.product
    provenance = description.provenance
    rows = [("built by", str(provenance.get("software", NOT_KNOWN)))]
    try:
        rows += [("made from", line) for line in input_lines(product, provenance)]
        flags = Counter(
            flag for flags in ClipTable.of(part.dataset.manifest).flags for flag in flags
        )
        rows += [("remark", line) for line in product.remarks(description, flags)]
        rows.append(("inputs", ", ".join(map(str, provenance.get("inputs", ())))))
        rows.append(("command", command_line(product, part.dataset)))
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        rows.append(("made from", f"{NOT_KNOWN}: {type(error).__name__}: {error}"))
    rows += [
        (f"--{name.replace('_', '-')}", _shown(value))
        for name, value in sorted(description.parameters.items())
        if name != EDIT
    ]
    return [(name, text) for name, text in rows if text]


def _shown(value: object) -> str:
    return "not given" if value is None else str(value)


def _arrays(part: SoundPart) -> list[dict[str, str]]:
    schema = part.dataset.schema
    members = {field: part.product.member(schema.suffixes[field]) for field in schema.arrays}
    return [
        {
            "field": field,
            "type": f"{spec.dtype} ({', '.join(map(str, spec.shape))})",
            "unit": members[field].unit,
            "frame": members[field].frame,
        }
        for field, spec in schema.arrays.items()
    ]


def _flags(part: SoundPart, table: ClipTable) -> list[dict[str, Any]]:
    counts = Counter(flag for flags in table.flags for flag in flags)
    meanings = FLAG_MEANINGS | {
        name: f"{flag.meaning}; {flag.note}" for name, flag in part.product.reported_flags.items()
    }
    return [
        {"flag": flag, "samples": count, "meaning": meanings.get(flag, "")}
        for flag, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    ]


def _drops(drops: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the drops by reason, the most frequent first, each with a few examples."""
    by_reason: dict[str, list[Mapping[str, Any]]] = {}
    for drop in drops:
        by_reason.setdefault(str(drop.get("reason", NOT_KNOWN)), []).append(drop)
    ordered = sorted(by_reason.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    return [
        {
            "reason": reason,
            "rows": len(of),
            "examples": [
                {name: hide_paths(str(drop.get(name, ""))) for name in ("key", "subset", "message")}
                for drop in of[:EXAMPLES]
            ],
        }
        for reason, of in ordered
    ]


def _leaks(table: ClipTable) -> dict[str, Any]:
    found = table.leaks()
    examples = [
        {"source": hide_paths(source), "splits": {split: keys[:3] for split, keys in by.items()}}
        for source, by in islice(found, EXAMPLES)
    ]
    return {"recordings": len(examples) + sum(1 for _ in found), "examples": examples}
