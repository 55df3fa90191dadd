"""What a captioner reads of clips, as embeddings: frames of features or points, and motion tokens.

Standardization prevents one sentence for every clip: features with a large common mean drive the
units of the projector to where all clips look alike, and training does not recover. The statistics
are therefore buffers of the module, stored with its weights. Tokens need none: their embeddings are
learned.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from pipelines.training.common.clip_fields import COORDINATES, PaddedClips


@dataclass(frozen=True, eq=False)
class ClipInputs:
    """The frames of clips, the motion tokens of the same clips, or both."""

    frames: PaddedClips | None = None
    """Values shaped (clips, frames, ...): features, or the input of an encoder."""
    tokens: PaddedClips | None = None
    """Codes shaped (clips, tokens), or (clips, tokens, stages)."""
    seconds: Tensor | None = None
    """Lengths of the clips in seconds, shaped (clips,), on the CPU; None if no prompt says them."""

    def to(self, device: torch.device) -> "ClipInputs":
        """Return the inputs on a device."""
        return self.changed(lambda clips: clips.to(device))

    def of_previous(self) -> "ClipInputs":
        """Return for each clip the inputs of the previous one."""
        found = self.changed(
            lambda clips: PaddedClips(clips.values.roll(1, 0), clips.mask.roll(1, 0))
        )
        return found.lasting(None if self.seconds is None else self.seconds.roll(1, 0))

    def changed(self, change: Callable[[PaddedClips], PaddedClips]) -> "ClipInputs":
        """Return the inputs with a change of frames and of tokens."""
        return replace(
            self,
            frames=self.frames and change(self.frames),
            tokens=self.tokens and change(self.tokens),
        )

    def lasting(self, seconds: Tensor | None) -> "ClipInputs":
        """Return the inputs as those of clips of other lengths in seconds."""
        return replace(self, seconds=seconds)


class FrameInput(nn.Module):
    """Projects standardized features of frames, which an encoder may make of their points."""

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        width: int,
        mean: Tensor,
        std: Tensor,
        encoder: nn.Module | None = None,
        downsample: int = 1,
    ) -> None:
        super().__init__()
        self.downsampling = None if downsample == 1 else Downsampling(len(mean), downsample)
        self.projector = make_projector(len(mean), width)
        self.encoder = encoder
        self.register_buffer("mean", mean.float())
        self.register_buffer("std", std.float())

    @property
    def components(self) -> int:
        """Return the size of the last axis of the values: the width of features, or 3 of points."""
        return len(self.mean) if self.encoder is None else COORDINATES

    def features(self, clips: PaddedClips) -> Tensor:
        """Return features standardized by the mean and standard deviation of the training set."""
        values = clips.values
        features = values if self.encoder is None else self.encoder(values, clips.mask)
        return (features - self.mean) / self.std

    def project(self, features: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Return embeddings shaped (clips, places, width of the T5), and their mask.

        There is a place per frame, or per `downsample` frames.
        """
        if self.downsampling is not None:
            features, mask = self.downsampling(features, mask)
        found = self.projector(features[mask])
        embeddings: Tensor = found.new_zeros(*mask.shape, found.shape[-1])
        embeddings[mask] = found
        return embeddings, mask


class Downsampling(nn.Module):
    """Makes one vector of several frames: a learned weighted mean for each number of a feature.

    It is a convolution with a stride, whose channels are separate. At first, it is the mean of the
    frames that are nearer than the stride.
    """

    def __init__(self, width: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        reach = 2 * stride - 1
        self.weights = nn.Conv1d(
            width, width, reach, stride, padding=stride - 1, groups=width, bias=False
        )
        nn.init.constant_(self.weights.weight, 1 / reach)

    def forward(self, features: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Return features shaped (clips, frames / stride, width), and their mask."""
        known = (features * mask[..., None]).transpose(1, 2)
        return self.weights(known).transpose(1, 2), mask[:, :: self.stride]


class TokenInput(nn.Module):
    """Embeds motion tokens by a table; those of a residual tokenizer by the sum of their codes'."""

    def __init__(self, width: int, codes: int, stages: int = 1) -> None:
        super().__init__()
        self.codes = codes
        self.table = nn.Embedding(codes * stages, width)

    def features(self, clips: PaddedClips) -> Tensor:
        """Return an embedding per token, shaped (clips, tokens, width of the T5)."""
        codes = clips.values.long()
        if codes.ndim == 2:
            found: Tensor = self.table(codes)
            return found
        stages = torch.arange(codes.shape[-1], device=codes.device)
        summed: Tensor = self.table(codes + self.codes * stages).sum(-2)
        return summed

    def project(self, features: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Return the embeddings, with zeros as padding, and their mask."""
        return features * mask[..., None], mask


def make_projector(width: int, embedding: int) -> nn.Sequential:
    """Return the projector: for flan-t5-base 1024-1024-768-768, GELU after the first two layers."""
    return nn.Sequential(
        nn.Linear(width, width),
        nn.GELU(),
        nn.Linear(width, embedding),
        nn.GELU(),
        nn.Linear(embedding, embedding),
    )


def packed(embeddings: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Move the padding of (clips, places, width) behind all embeddings of its clip.

    The T5 sees distances between places, which must not depend on the padding of other clips.
    """
    order = (~mask).long().argsort(dim=1, stable=True)
    clips = torch.arange(len(mask), device=mask.device)[:, None]
    return embeddings[clips, order], mask[clips, order]
