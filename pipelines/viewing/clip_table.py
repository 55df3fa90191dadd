"""The table of a dataset's clips: what can be listed, searched and filtered without a shard."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


@dataclass(frozen=True)
class ClipTable:
    """The clips of a dataset, in shard order. A column that the manifest lacks is empty text."""

    keys: Sequence[str]
    splits: Sequence[str]
    subsets: Sequence[str]
    sources: Sequence[str]
    """The recording of each clip."""
    frames: NDArray[np.int64]
    fps: NDArray[np.float64]
    """Frame rates, Hz; NaN where they are not known."""
    hits: NDArray[np.float64]
    """Mean hits per frame; NaN for products without hits."""
    captions: Sequence[Sequence[str]]
    flags: Sequence[Sequence[str]]

    def __len__(self) -> int:
        return len(self.keys)

    @classmethod
    def of(cls, manifest: pa.Table) -> "ClipTable":
        """Return the table of a manifest's clips."""
        return cls(
            keys=_texts(manifest, "key"),
            splits=_texts(manifest, "split"),
            subsets=_texts(manifest, "subset"),
            sources=_texts(manifest, "source"),
            frames=np.array(manifest["frames"].to_pylist(), np.int64),
            fps=_numbers(manifest, "fps"),
            hits=_numbers(manifest, "hits_mean"),
            captions=_lists(manifest, "captions"),
            flags=_lists(manifest, "flags"),
        )

    @property
    def seconds(self) -> NDArray[np.float64]:
        """The lengths of the clips; NaN where the frame rate is not known."""
        with np.errstate(divide="ignore", invalid="ignore"):
            seconds = self.frames / self.fps
        return np.where(np.isfinite(seconds), seconds, np.nan)

    def leaks(self) -> Iterator[tuple[str, dict[str, list[str]]]]:
        """Yield each recording with clips in several splits, and the keys of these by split.

        Such clips look alike, so a model that was trained with one knows the other.
        """
        pairs = {*zip(self.sources, self.splits, strict=True)}
        splits = Counter(source for source, _ in pairs if source)
        keys: dict[str, dict[str, list[str]]] = {}
        for key, split, source in zip(self.keys, self.splits, self.sources, strict=True):
            if splits[source] > 1:
                keys.setdefault(source, {}).setdefault(split, []).append(key)
        yield from sorted(keys.items())


def _texts(manifest: pa.Table, name: str) -> Sequence[str]:
    """Return a column of text; empty texts if the manifest lacks it."""
    if name not in manifest.column_names:
        return [""] * len(manifest)
    return [str(value or "") for value in manifest[name].to_pylist()]


def _numbers(manifest: pa.Table, name: str) -> NDArray[np.float64]:
    """Return a column of numbers; NaN if the manifest lacks it."""
    if name not in manifest.column_names:
        return np.full(len(manifest), np.nan)
    return np.array(manifest[name].to_pylist(), np.float64)


def _lists(manifest: pa.Table, name: str) -> Sequence[Sequence[str]]:
    """Return a column of lists of text; empty lists if the manifest lacks it."""
    if name not in manifest.column_names:
        return [()] * len(manifest)
    return [tuple(map(str, value or ())) for value in manifest[name].to_pylist()]
