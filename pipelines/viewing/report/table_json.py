"""The totals of a dataset and the table of its clips, as plain JSON for a page.

The viewer opens with these alone. They need no product and no array of a sample.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.viewing.clip_table import ClipTable
from pipelines.viewing.report.hidden_paths import hide_all_paths
from shards.format.dataset import Dataset


def totals_to_json(dataset: Dataset, drops: int, table: ClipTable) -> dict[str, Any]:
    """Return the totals of a dataset; `drops` is the number of dropped rows."""
    seconds = table.seconds
    return {
        "samples": len(table),
        "frames": int(table.frames.sum()),
        "seconds": round(float(np.nansum(seconds)), 3) if np.isfinite(seconds).any() else None,
        "recordings": len({source for source in table.sources if source}),
        "hits": mean_hits(table, np.ones(len(table), np.bool_)),
        "drops": drops,
        "bytes": sum(shard.bytes for shard in dataset.description.shards),
        "shards": len(dataset.description.shards),
    }


def mean_hits(table: ClipTable, chosen: NDArray[np.bool_]) -> float | None:
    """Return the mean hits per frame of some clips; None without hits."""
    hits, frames = table.hits[chosen], table.frames[chosen]
    if not np.isfinite(hits).any() or not frames.sum():
        return None
    return round(float(np.average(hits, weights=frames)), 1)


def table_to_json(table: ClipTable) -> dict[str, Any]:
    """Return the table of clips, column by column; repeated texts are numbers into lists."""
    splits, subsets = sorted({*table.splits}), sorted({*table.subsets})
    flags = sorted({flag for flags in table.flags for flag in flags})
    number = {name: place for place, name in enumerate(flags)}
    return {
        "names": {"split": splits, "subset": subsets, "flag": flags},
        "key": list(table.keys),
        "split": [splits.index(name) for name in table.splits],
        "subset": [subsets.index(name) for name in table.subsets],
        "source": hide_all_paths(table.sources),
        "frames": table.frames.tolist(),
        "seconds": [_rounded(value, 2) for value in table.seconds.tolist()],
        "hits": [_rounded(value, 1) for value in table.hits.tolist()],
        "captions": [list(captions) for captions in table.captions],
        "flags": [[number[flag] for flag in flags] for flags in table.flags],
    }


def _rounded(value: float, digits: int) -> float | None:
    return round(value, digits) if math.isfinite(value) else None
