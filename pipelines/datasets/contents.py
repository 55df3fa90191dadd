"""A summary of a dataset's clips, computed from its manifest, and its rendering as text."""

from collections import Counter
from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from motiondata.counting import counted
from pipelines.engine.description import ProductDescription
from pipelines.engine.summary import CountedFrames, counted_lines
from pipelines.engine.text_tables import table

NAMED_FLAGGED = 8
"""Maximum number of clips named per flag; the manifest names all."""


@dataclass(frozen=True)
class Contents:
    """A summary of a dataset's clips. A value is empty or None if the manifest lacks its column."""

    hours: float | None
    """Total length of all clips at their true frame rates."""
    clips_by_fps: Mapping[float, int]
    """Number of clips by frame rate in fps, rounded to a hundredth."""
    clips_by_subset: Mapping[str, int]
    """Number of clips by HumanML3D's name of the subset."""
    frames: int
    counted_frames: Mapping[str, CountedFrames]
    """Sums of the columns that the product counts, by column."""
    flagged: Mapping[str, tuple[str, ...]]
    """Keys of the clips to review, by flag."""

    @classmethod
    def of(cls, manifest: pa.Table, product: ProductDescription) -> "Contents":
        """Summarize a manifest. The product's description says which columns to sum."""
        columns = {*manifest.column_names}
        frames = manifest["frames"].to_numpy()
        fps = manifest["fps"].to_numpy() if "fps" in columns else None
        rates = Counter() if fps is None else Counter(np.round(fps, 2).tolist())
        subsets = Counter(manifest["subset"].to_pylist() if "subset" in columns else [])
        return cls(
            hours=None if fps is None else _hours(frames, fps),
            clips_by_fps=dict(sorted(rates.items())),
            clips_by_subset=dict(sorted(subsets.items())),
            frames=int(frames.sum()),
            counted_frames={
                name: CountedFrames(int(manifest[name].to_numpy().sum()), meaning)
                for name, meaning in product.counted.items()
                if name in columns
            },
            flagged=_flagged(manifest, product.reported_flags) if "flags" in columns else {},
        )

    def describe(self) -> list[str]:
        """Return the lines of a report."""
        lines = [] if self.hours is None else [f"length: {_duration(self.hours)}"]
        if self.clips_by_fps:
            rates = (f"{fps:g} ({number:,})" for fps, number in self.clips_by_fps.items())
            lines.append(f"frame rates in fps, with clips: {', '.join(rates)}")
        lines += counted_lines(self.counted_frames, self.frames)
        for flag, keys in self.flagged.items():
            more = f" and {len(keys) - NAMED_FLAGGED:,} more" if len(keys) > NAMED_FLAGGED else ""
            named = ", ".join(keys[:NAMED_FLAGGED])
            lines.append(f"flagged {flag}: {counted(len(keys), 'sample')}: {named}{more}")
        if self.clips_by_subset:
            rows = [(name, f"{number:,}", "") for name, number in self.clips_by_subset.items()]
            lines += ["", *table([("subset", "clips", ""), *rows], numbers=True)]
        return lines


def _hours(frames: NDArray[Any], fps: NDArray[Any]) -> float:
    known = np.isfinite(fps) & (fps > 0)
    return float((frames[known] / fps[known]).sum()) / 3600


def _duration(hours: float) -> str:
    """Return a length in hours, minutes or seconds: the largest unit with a value of at least 1."""
    if hours >= 1:
        return f"{hours:,.1f} hours"
    return f"{hours * 60:,.1f} minutes" if hours >= 1 / 60 else f"{hours * 3600:,.1f} seconds"


def _flagged(manifest: pa.Table, reported: Container[str]) -> dict[str, tuple[str, ...]]:
    """Return the keys of the clips with each flag, without flags that are reported elsewhere."""
    keys: dict[str, list[str]] = {}
    named = zip(manifest["key"].to_pylist(), manifest["flags"].to_pylist(), strict=True)
    for key, flags in named:
        for flag in flags:
            if flag not in reported:
                keys.setdefault(flag, []).append(key)
    return {flag: tuple(of) for flag, of in sorted(keys.items())}
