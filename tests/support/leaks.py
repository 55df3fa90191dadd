"""Leaks between splits, counted from an index and its split lists."""

from collections.abc import Iterable

from motiondata.sources.humanml3d.index import Row
from motiondata.sources.humanml3d.splits import Splits


def leaks(rows: Iterable[Row], splits: Splits) -> tuple[Row, ...]:
    """Return the test clips whose recording also has a train clip; ignore mirrored clips.

    HumanML3D's splits have 668 such clips among 2,192 test clips.
    """
    rows = tuple(rows)
    trained = {row.source_path for row in rows if splits.of_clip.get(row.name) == "train"}
    return tuple(
        row for row in rows if splits.of_clip.get(row.name) == "test" and row.source_path in trained
    )
