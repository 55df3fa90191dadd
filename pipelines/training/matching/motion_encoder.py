"""The motion encoder of a matcher: strided convolutions, then a recurrent layer.

The order of both is that of the evaluator of HumanML3D (Guo et al., 2022). Frames after the end of
a clip are zero in every layer, so that the features do not depend on the padding.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from pipelines.training.matching.options import MatcherSizes

FRAMES_PER_STATE = 4
"""The recurrent layer sees each four frames once, as in the published evaluator."""


class MotionEncoder(nn.Module):
    """Encodes motion features of any number of frames."""

    mean: Tensor
    std: Tensor

    def __init__(self, sizes: MatcherSizes, mean: Tensor, std: Tensor) -> None:
        super().__init__()
        self.width = 2 * sizes.width
        """Features per frame."""
        self.register_buffer("mean", mean)
        self.register_buffer("std", std)
        self.convolutions = nn.ModuleList(
            nn.Conv1d(columns, sizes.width, kernel_size=4, stride=2, padding=1)
            for columns in (len(mean), sizes.width)
        )
        self.dropout = nn.Dropout(sizes.dropout)
        self.recurrent = nn.GRU(sizes.width, sizes.width, batch_first=True, bidirectional=True)

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """Return features shaped (clips, frames, width) of motion shaped (clips, frames, columns).

        `mask` is True for the frames of a clip, shaped (clips, frames).
        """
        frames = mask.shape[1]
        rest = -frames % FRAMES_PER_STATE
        there = functional.pad(mask, (0, rest))[:, None]
        found = functional.pad((values - self.mean) / self.std, (0, 0, 0, rest)).transpose(1, 2)
        for convolution in self.convolutions:
            found = convolution(found.masked_fill(~there, 0))
            found = self.dropout(functional.leaky_relu(found, 0.2))
            there = there[..., ::2]
        states = self._recur(found.transpose(1, 2), there[:, 0].sum(1))
        return states.repeat_interleave(FRAMES_PER_STATE, 1)[:, :frames]

    def _recur(self, values: Tensor, lengths: Tensor) -> Tensor:
        """Return states of both directions; those after the end of a clip are zero."""
        packed = pack_padded_sequence(
            values.float(), lengths.cpu(), batch_first=True, enforce_sorted=False
        )
        states, _ = self.recurrent(packed)
        padded, _ = pad_packed_sequence(states, batch_first=True, total_length=values.shape[1])
        found: Tensor = padded
        return found


def make_motion_encoder(sizes: MatcherSizes, columns: int) -> MotionEncoder:
    """Return an encoder of motion with this number of columns, whose weights are not loaded yet."""
    return MotionEncoder(sizes, torch.zeros(columns), torch.ones(columns))
