"""How well a tokenizer reconstructs clips, on their true lengths, without padding."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from pipelines.products.tokens.arrays import in_one_range
from pipelines.training.motion_fields import MILLIMETERS, MotionFields
from pipelines.training.tokenizers.codebook_use import (
    CodebookUse,
    codebook_use,
    number_of_stages,
    stage_uses,
)

Features = NDArray[np.float32]
"""Motion features of a clip, shaped (frames, columns)."""


@dataclass(frozen=True)
class ReconstructionMeasures:
    """Means over clips of the distances between features and their reconstruction."""

    clips: int
    smooth_l1: float
    """Smooth L1 distance of standardized features."""
    mpjpe_mm: float
    """Mean distance of joints from the true ones in millimeters, both relative to the root; a mean
    over joints and frames, then over clips."""
    acceleration_error: float
    """Mean distance of the joints' second differences, in millimeters per frame squared."""
    variation: float
    """Standard deviation over frames of the reconstruction, as a share of that of the features."""


@dataclass(frozen=True)
class StageMeasures:
    """The measures of a stage of a residual tokenizer."""

    mpjpe_mm: float | None
    """`ReconstructionMeasures.mpjpe_mm` of motion decoded from this stage and those before it;
    None if it was not measured."""
    use: CodebookUse
    """The use of the codes of this stage."""


@dataclass(frozen=True)
class TokenizerMeasures:
    """The measures of a tokenizer on a split, and those of a constant pose."""

    tokenizer: ReconstructionMeasures
    constant: ReconstructionMeasures
    """The mean of the training features for every frame: what a useless tokenizer reaches."""
    use: CodebookUse
    """The use of the codes; of a residual tokenizer, of the codes of all stages together."""
    stages: tuple[StageMeasures, ...] = ()
    """The stages of a residual tokenizer, in order; empty for others."""


@dataclass(frozen=True)
class Comparison:
    """Compares clips with their reconstructions."""

    fields: MotionFields
    mean: Features
    """Mean of the training features, shaped (columns,)."""
    std: Features

    def measure(self, pairs: Iterable[tuple[Features, Features]]) -> ReconstructionMeasures:
        """Return the means over pairs of a clip and its reconstruction."""
        rows = [self._compare(true, found) for true, found in pairs]
        columns = [fmean(column) for column in zip(*rows, strict=True)] if rows else [np.nan] * 4
        return ReconstructionMeasures(len(rows), *columns)

    def measure_tokenizer(
        self,
        clips: Iterable[Features],
        tokenize: Callable[[Features], NDArray[np.int32]],
        detokenize: Callable[[NDArray[np.int32], int], Features],
        codes: int,
        each_stage: bool = True,
    ) -> TokenizerMeasures:
        """Return the measures of a tokenizer.

        `detokenize` is given codes and a number of frames; `codes` is the number of codes, of each
        stage of a residual tokenizer. With `each_stage`, the error after each of its stages is
        measured, for which the clips are decoded as many times.
        """
        kept = list(clips)
        sequences = [tokenize(clip) for clip in kept]

        def measured(stages: int | None = None) -> ReconstructionMeasures:
            read = [each if stages is None else each[:, :stages] for each in sequences]
            found = (detokenize(each, len(clip)) for each, clip in zip(read, kept, strict=True))
            return self.measure(zip(kept, found, strict=True))

        whole, stages = measured(), number_of_stages(sequences)
        before = [measured(k).mpjpe_mm if each_stage else None for k in range(1, stages)]
        uses = stage_uses(sequences, codes)
        constant = [np.broadcast_to(self.mean, clip.shape) for clip in kept]
        return TokenizerMeasures(
            whole,
            self.measure(zip(kept, constant, strict=True)),
            codebook_use([in_one_range(each, codes) for each in sequences], codes * stages),
            tuple(map(StageMeasures, [*before, whole.mpjpe_mm], uses)) if before else (),
        )

    def _compare(self, true: Features, found: Features) -> tuple[float, float, float, float]:
        joints, others = self._around_root(true), self._around_root(found)
        accelerations = np.diff(joints, 2, axis=0) - np.diff(others, 2, axis=0)
        spread = (true / self.std).std(axis=0).mean()
        return (
            float(_smooth_l1((true - found) / self.std).mean()),
            float(np.linalg.norm(joints - others, axis=-1).mean()),
            float(np.linalg.norm(accelerations, axis=-1).mean()) if len(true) > 2 else 0.0,
            float((found / self.std).std(axis=0).mean() / spread) if spread else 1.0,
        )

    def _around_root(self, features: Features) -> NDArray[np.float64]:
        """Return joints relative to the root, in millimeters."""
        joints = self.fields.joints(features) * MILLIMETERS
        around: NDArray[np.float64] = joints - joints[:, :1]
        return around


def _smooth_l1(differences: Features) -> Features:
    """Return half the square of small differences, and the distance less a half of others."""
    sizes = np.abs(differences)
    losses: Features = np.where(sizes < 1, sizes**2 / 2, sizes - 0.5)
    return losses
