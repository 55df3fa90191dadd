"""The options of a dataset for a phase-functioned network."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines.clips.options import ClipSelection, PackingOptions, expect
from shards.format.paths import refuse_url

UNITS = ("cm", "m")
"""The units of lengths in rows, those of `motiondata.representations.pfnn.rows`."""


@dataclass(frozen=True)
class PfnnOptions:
    """What is made of a clip. Raises `InputError` for invalid values."""

    unit: str = "cm"
    """Unit of lengths in the rows: cm, as in PFNN's data, or m."""
    terrain: Path | None = None
    """Ground of all recordings: a .npz file with heights (columns, rows), corner (2,) and cell, in
    their world, meters; by default a flat floor at the height of the feet that stand on it."""

    def __post_init__(self) -> None:
        if self.terrain is not None:
            refuse_url(self.terrain)
        expect(self.unit in UNITS, self, "unit", f"one of {', '.join(UNITS)}")

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters that may change a byte, without paths, as in `dataset.json`."""
        return {"unit": self.unit, "terrain": "FILE" if self.terrain else None}


@dataclass(frozen=True)
class PfnnBuildOptions:
    """The clips or takes of a dataset, what is made of them, and how they are packed."""

    clips: ClipSelection
    rows: PfnnOptions = field(default_factory=PfnnOptions)
    packing: PackingOptions = field(default_factory=PackingOptions)
