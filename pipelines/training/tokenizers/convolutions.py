"""Encoder and decoder of a tokenizer: 1-D convolutions over frames.

Strided convolutions shorten a clip; residual blocks with growing dilation see far around a frame,
as in T2M-GPT (Zhang et al., 2023). The receptive field is finite, so clips of any length fit.
"""

from torch import Tensor, nn
from torch.nn import functional

KERNEL = 3
DILATION_GROWTH = 3
STRIDE_KERNEL = 4
"""Kernel of a convolution that halves the number of frames: two frames, and one on each side."""


class Convolution(nn.Module):
    """A convolution over frames that keeps their number, or halves it.

    A causal one depends only on earlier frames. The values before the first frame, and without
    `causal` those after the last, are zero.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int = KERNEL,
        *,
        dilation: int = 1,
        halves: bool = False,
        causal: bool = False,
    ) -> None:
        super().__init__()
        stride = 2 if halves else 1
        total = (kernel - 1) * dilation + 1 - stride
        self.padding = (total, 0) if causal else (total // 2, total - total // 2)
        self.layer = nn.Conv1d(inputs, outputs, kernel, stride, dilation=dilation)

    def forward(self, values: Tensor) -> Tensor:
        """Convolve values shaped (clips, width, frames)."""
        found: Tensor = self.layer(functional.pad(values, self.padding))
        return found


class Residual(nn.Module):
    """A residual block: a dilated convolution, then one of a single frame."""

    def __init__(self, width: int, dilation: int, causal: bool) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.ReLU(),
            Convolution(width, width, dilation=dilation, causal=causal),
            nn.ReLU(),
            nn.Conv1d(width, width, 1),
        )

    def forward(self, values: Tensor) -> Tensor:
        """Return values of the same shape."""
        found: Tensor = values + self.layers(values)
        return found


def make_encoder(
    columns: int, outputs: int, width: int, levels: int, depth: int, causal: bool
) -> nn.Sequential:
    """Return layers from (clips, columns, frames) to (clips, outputs, frames / 2**levels)."""
    layers: list[nn.Module] = [Convolution(columns, width, causal=causal), nn.ReLU()]
    for _ in range(levels):
        layers.append(Convolution(width, width, STRIDE_KERNEL, halves=True, causal=causal))
        layers += _residuals(width, depth, causal)
    return nn.Sequential(*layers, Convolution(width, outputs, causal=causal))


def make_decoder(
    columns: int, inputs: int, width: int, levels: int, depth: int, causal: bool
) -> nn.Sequential:
    """Return layers from (clips, inputs, tokens) to (clips, columns, tokens * 2**levels)."""
    layers: list[nn.Module] = [Convolution(inputs, width, causal=causal), nn.ReLU()]
    for _ in range(levels):
        layers += [*reversed(_residuals(width, depth, causal)), nn.Upsample(scale_factor=2)]
        layers.append(Convolution(width, width, causal=causal))
    last = Convolution(width, width, causal=causal)
    return nn.Sequential(*layers, last, nn.ReLU(), Convolution(width, columns, causal=causal))


def _residuals(width: int, depth: int, causal: bool) -> list[nn.Module]:
    return [Residual(width, DILATION_GROWTH**step, causal) for step in range(depth)]
