"""The motion tokenizer: standardized features to codes, and codes to features."""

from dataclasses import dataclass
from math import log2

import torch
from torch import Tensor, nn
from torch.nn import functional

from pipelines.training.tokenizers.convolutions import make_decoder, make_encoder
from pipelines.training.tokenizers.options import TokenizerSizes
from pipelines.training.tokenizers.quantizers import Quantized, make_quantizer


@dataclass(frozen=True, eq=False)
class Reconstruction:
    """Windows, and what the tokenizer makes of them."""

    target: Tensor
    """Standardized features, shaped (clips, frames, columns)."""
    values: Tensor
    """Their reconstruction, of the same shape."""
    quantized: Quantized


class MotionTokenizer(nn.Module):
    """Encodes motion features as codes and decodes them.

    The statistics of the dataset are buffers, so features go in and come out in their own units.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, sizes: TokenizerSizes, mean: Tensor, std: Tensor) -> None:
        super().__init__()
        self.sizes = sizes
        self.register_buffer("mean", mean.float())
        self.register_buffer("std", std.float())
        self.quantizer = make_quantizer(sizes)
        columns, levels = len(mean), int(log2(sizes.frames_per_token))
        shape = (sizes.width, levels, sizes.depth, sizes.causal)
        self.encoder = make_encoder(columns, self.quantizer.width, *shape)
        self.decoder = make_decoder(columns, self.quantizer.width, *shape)

    def forward(self, features: Tensor, kept: Tensor | None = None) -> Reconstruction:
        """Reconstruct features shaped (clips, frames, columns).

        The number of frames must be a multiple of the frames per token. `kept` is that of a
        residual quantizer.
        """
        target = (features - self.mean) / self.std
        vectors = self._convolve(self.encoder, target)
        quantized = self.quantizer(vectors) if kept is None else self.quantizer(vectors, kept)
        return Reconstruction(target, self._convolve(self.decoder, quantized.values), quantized)

    def encode(self, features: Tensor) -> Tensor:
        """Return the codes of clips shaped (clips, frames, columns), as `Quantized` has them.

        The last frame is repeated up to a multiple of the frames per token.
        """
        missing = -features.shape[1] % self.sizes.frames_per_token
        padded = torch.cat([features, features[:, -1:].expand(-1, missing, -1)], 1)
        vectors = self._convolve(self.encoder, (padded - self.mean) / self.std)
        codes: Tensor = self.quantizer(vectors).codes
        return codes

    def decode(self, codes: Tensor) -> Tensor:
        """Return the features of codes shaped (clips, tokens), or (clips, tokens, stages).

        The result is shaped (clips, tokens x frames per token, columns).
        """
        values = self._convolve(self.decoder, self.quantizer.decode(codes))
        return values * self.std + self.mean

    @staticmethod
    def _convolve(layers: nn.Module, values: Tensor) -> Tensor:
        """Apply convolutions to values shaped (clips, frames, width)."""
        found: Tensor = layers(values.transpose(1, 2)).transpose(1, 2)
        return found


def heading_loss(found: Reconstruction, yaw: slice) -> Tensor:
    """Return the smooth L1 distance of headings, given the columns of yaw velocities.

    A heading is the sum of standardized velocities of a window, divided by the square root of its
    number of frames: independent errors then cost about as much as in `reconstruction_loss`.
    """
    errors = found.values[..., yaw].float() - found.target[..., yaw]
    drift = errors.cumsum(1) / errors.shape[1] ** 0.5
    return functional.smooth_l1_loss(drift, torch.zeros_like(drift))


def reconstruction_loss(found: Reconstruction, columns: slice | None = None) -> Tensor:
    """Return the smooth L1 distance of a reconstruction, of all columns or of some."""
    chosen = columns or slice(None)
    return functional.smooth_l1_loss(found.values[..., chosen].float(), found.target[..., chosen])
