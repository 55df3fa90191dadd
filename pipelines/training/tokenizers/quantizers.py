"""Quantizers: vectors become codes, and codes vectors.

Gradients pass through the rounding unchanged (straight-through estimator).
"""

from dataclasses import dataclass
from typing import Protocol, cast

import torch
from torch import Tensor, distributed, nn
from torch.nn import functional

from pipelines.training.tokenizers.options import FSQ, FSQ_LEVELS, TokenizerSizes

DECAY = 0.99
"""Decay of the moving averages of vq per step, as in T2M-GPT."""
MIN_USES = 1.0
"""Moving average of uses per step below which a code of vq is dead and is replaced."""
DEAD_SHARE = 0.125
"""Share of the mean uses of all codes below which a code of a stage is dead: the limit above, with
the 4,096 tokens per step and the 512 codes of T2M-GPT. Smaller batches would replace rare codes at
each step."""
MARGIN = 1e-3
"""Share by which the range of fsq exceeds its outer levels, so that they can be reached."""


@dataclass(frozen=True, eq=False)
class Quantized:
    """Quantized vectors."""

    values: Tensor
    """Quantized vectors, shaped (clips, tokens, width), with the gradient of the input."""
    codes: Tensor
    """Shaped (clips, tokens), from 0; (clips, tokens, stages) of a residual quantizer."""
    commitment: Tensor
    """Mean squared distance of the input to its codes; a scalar, 0 for fsq."""


class Quantizer(Protocol):
    """An `nn.Module` that also has these members."""

    width: int
    """Numbers per vector."""
    codes: int
    """Number of codes, of each stage."""

    def __call__(self, vectors: Tensor) -> Quantized:
        """Quantize vectors shaped (clips, tokens, width)."""

    def decode(self, codes: Tensor) -> Tensor:
        """Return the vectors of codes, shaped (*codes, width)."""


class FiniteScalarQuantizer(nn.Module):
    """Rounds each dimension to a fixed number of levels (Mentzer et al., 2023).

    There is no codebook, so no code can die and nothing can collapse.
    """

    levels: Tensor
    strides: Tensor

    def __init__(self, levels: tuple[int, ...]) -> None:
        super().__init__()
        sizes = torch.tensor(levels)
        self.width, self.codes = len(levels), int(sizes.prod())
        self.register_buffer("levels", sizes, persistent=False)
        strides = torch.cat([torch.ones(1, dtype=torch.long), sizes[:-1].cumprod(0)])
        self.register_buffer("strides", strides, persistent=False)

    def forward(self, vectors: Tensor) -> Quantized:
        """Quantize vectors shaped (clips, tokens, width)."""
        bounded = self._bound(vectors.float())
        rounded = bounded + (bounded.round() - bounded).detach()
        half = self.levels // 2
        codes = ((rounded.detach().round().long() + half) * self.strides).sum(-1)
        return Quantized(rounded / half, codes, vectors.new_zeros(()))

    def decode(self, codes: Tensor) -> Tensor:
        """Return the vectors of codes, shaped (*codes, width), in [-1, 1]."""
        half = self.levels // 2
        digits = codes[..., None] // self.strides % self.levels
        return (digits - half) / half

    def _bound(self, vectors: Tensor) -> Tensor:
        """Return vectors in the range of their levels, which an even number shifts by a half."""
        half_range = (self.levels - 1) * (1 + MARGIN) / 2
        offset = torch.where(self.levels % 2 == 0, 0.5, 0.0)
        shift = torch.atanh(offset / half_range)
        return torch.tanh(vectors + shift) * half_range - offset


class VectorQuantizer(nn.Module):
    """Chooses the nearest vector of a codebook (van den Oord et al., 2017).

    The codebook is a moving average of the vectors that chose each code. A code that is no longer
    chosen is replaced by a random vector of the batch.
    """

    codebook: Tensor
    uses: Tensor
    sums: Tensor
    started: Tensor

    def __init__(self, codes: int, width: int, rare: bool = False) -> None:
        """Make a codebook; `rare` keeps rare codes in small batches, see `DEAD_SHARE`."""
        super().__init__()
        self.width, self.codes, self.rare = width, codes, rare
        self.register_buffer("codebook", torch.zeros(codes, width))
        self.register_buffer("uses", torch.ones(codes))
        self.register_buffer("sums", torch.zeros(codes, width))
        self.register_buffer("started", torch.zeros((), dtype=torch.bool))

    def forward(self, vectors: Tensor) -> Quantized:
        """Quantize vectors shaped (clips, tokens, width); update the codebook in training."""
        rows = vectors.float()
        if self.training and not self.started:
            self._start(rows.detach().flatten(0, -2))
        codes = self._nearest(rows.detach())
        chosen = self.codebook[codes]
        commitment = functional.mse_loss(rows, chosen)
        if self.training:
            self._update(rows.detach().flatten(0, -2), codes.flatten())
        return Quantized(rows + (chosen - rows).detach(), codes, commitment)

    def decode(self, codes: Tensor) -> Tensor:
        """Return the vectors of codes, shaped (*codes, width)."""
        return self.codebook[codes]

    def _nearest(self, rows: Tensor) -> Tensor:
        with torch.autocast(rows.device.type, enabled=False):
            products = rows @ self.codebook.T
            return (self.codebook.square().sum(-1) - 2 * products).argmin(-1)

    def _start(self, rows: Tensor) -> None:
        self.codebook.copy_(self._draw(rows))
        self.sums.copy_(self.codebook)
        self.started.fill_(True)

    def _update(self, rows: Tensor, codes: Tensor) -> None:
        """Move the codebook to the vectors that chose it, over all processes; replace dead codes.

        Before each step, `DistributedDataParallel` copies the codebook of the first process, whose
        vectors replace dead codes, to the others.
        """
        uses = torch.bincount(codes, minlength=self.codes).to(rows.dtype)
        sums = torch.zeros_like(self.sums).index_add_(0, codes, rows)
        if distributed.is_initialized():
            distributed.all_reduce(uses)
            distributed.all_reduce(sums)
        self.uses.lerp_(uses, 1 - DECAY)
        self.sums.lerp_(sums, 1 - DECAY)
        mean = float(uses.sum()) / self.codes
        dead = self.uses < (min(MIN_USES, DEAD_SHARE * mean) if self.rare else MIN_USES)
        fresh = self._draw(rows)
        self.sums[dead], self.uses[dead] = fresh[dead], 1.0
        self.codebook.copy_(self.sums / self.uses[:, None])

    def _draw(self, rows: Tensor) -> Tensor:
        """Return random vectors of a batch, one for each code."""
        chosen = (torch.rand(self.codes) * len(rows)).long()
        return rows[chosen.to(rows.device)]


class ResidualQuantizer(nn.Module):
    """Several codebooks in stages: each next one quantizes what those before it left.

    A vector is the sum of one vector of each codebook (Zeghidour et al., "SoundStream", 2021; of
    motion: Guo et al., "MoMask", 2024). The first stage alone is a `VectorQuantizer`.
    """

    def __init__(self, stages: int, codes: int, width: int) -> None:
        super().__init__()
        self.width, self.codes = width, codes
        self.stages = nn.ModuleList(VectorQuantizer(codes, width, rare=True) for _ in range(stages))

    def forward(self, vectors: Tensor, kept: Tensor | None = None) -> Quantized:
        """Quantize vectors shaped (clips, tokens, width); update the codebooks in training.

        `kept` is the number of first stages of each clip whose sum is returned, (clips,); by
        default, all. Codes are those of all stages.
        """
        rows = vectors.float()
        left, total = rows, torch.zeros_like(rows)
        found: list[Quantized] = []
        for number, stage in enumerate(self.stages):
            found.append(stage(left))
            chosen = found[-1].values.detach()
            left = left - chosen
            total = total + (chosen if kept is None else chosen * (kept > number)[:, None, None])
        return Quantized(
            rows + (total - rows).detach(),
            torch.stack([each.codes for each in found], -1),
            torch.stack([each.commitment for each in found]).mean(),
        )

    def decode(self, codes: Tensor) -> Tensor:
        """Return the sums of vectors of the codes of all or the first stages.

        `codes` is shaped (..., stages), the result (..., width).
        """
        vectors = torch.zeros(*codes.shape[:-1], self.width, device=codes.device)
        for stage, chosen in zip(self.stages, codes.unbind(-1), strict=False):
            vectors = vectors + cast("VectorQuantizer", stage).decode(chosen)
        return vectors


def draw_stages(clips: int, stages: int, share: float) -> Tensor:
    """Return a number of first stages for each clip, (clips,).

    A share of the clips has a random number of stages, the others have all. Draws are those of
    PyTorch's generator on the CPU.
    """
    drawn = torch.rand(clips) < share
    return torch.where(drawn, torch.randint(1, stages + 1, (clips,)), stages)


def make_quantizer(
    sizes: TokenizerSizes,
) -> FiniteScalarQuantizer | VectorQuantizer | ResidualQuantizer:
    """Return an untrained quantizer."""
    if sizes.quantizer == FSQ:
        return FiniteScalarQuantizer(FSQ_LEVELS[sizes.codes])
    if sizes.residual > 1:
        return ResidualQuantizer(sizes.residual, sizes.codes, sizes.code_width)
    return VectorQuantizer(sizes.codes, sizes.code_width)
