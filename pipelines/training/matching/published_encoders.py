"""The networks of the evaluator of HumanML3D (Guo et al., 2022), whose weights users may have.

Written from the published description; names and order of the parameters are those of the state
dicts in `finest.tar`, so that they load as they are. Inputs are single items. Motion is padded with
zeros to `LONGEST`, as the evaluator does: the last movement depends on what follows it.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

MOVEMENT, MOTION, TEXT = "movement_encoder", "motion_encoder", "text_encoder"
"""Names of the state dicts."""
FEET = 4
"""The last features, contacts of the feet, are not read."""
FRAMES_PER_MOVEMENT = 4
LONGEST = 196
"""Frames of the longest motion of the evaluator (`max_motion_length` of its options)."""
SLOPE = 0.2
"""Of the leaky rectifiers."""


class MovementEncoder(nn.Module):
    """Encodes each four frames, by two convolutions with stride 2."""

    def __init__(self, columns: int, width: int, out: int) -> None:
        super().__init__()
        self.main = nn.Sequential(
            nn.Conv1d(columns, width, 4, 2, 1),
            nn.Dropout(0.2),
            nn.LeakyReLU(SLOPE),
            nn.Conv1d(width, out, 4, 2, 1),
            nn.Dropout(0.2),
            nn.LeakyReLU(SLOPE),
        )
        self.out_net = nn.Linear(out, out)

    def forward(self, features: Tensor) -> Tensor:
        """Return movements (clips, frames // 4, out) of features (clips, frames, columns)."""
        found: Tensor = self.out_net(self.main(features.transpose(1, 2)).transpose(1, 2))
        return found


class SequenceEncoder(nn.Module):
    """Encodes a sequence by the last states of a recurrent layer in both directions."""

    def __init__(self, columns: int, width: int, out: int) -> None:
        super().__init__()
        self.input_emb = nn.Linear(columns, width)
        self.gru = nn.GRU(width, width, batch_first=True, bidirectional=True)
        self.output_net = nn.Sequential(
            nn.Linear(2 * width, width), nn.LayerNorm(width), nn.LeakyReLU(SLOPE),
            nn.Linear(width, out),
        )  # fmt: skip
        self.hidden = nn.Parameter(torch.zeros(2, 1, width))

    def forward(self, sequence: Tensor) -> Tensor:
        """Return vectors (items, out) of sequences (items, length, columns)."""
        start = self.hidden.expand(-1, len(sequence), -1).contiguous()
        _, last = self.gru(self.input_emb(sequence), start)
        found: Tensor = self.output_net(torch.cat([*last], -1))
        return found


class WordsEncoder(SequenceEncoder):
    """Encodes words: the sum of their vectors and of embedded parts of speech."""

    def __init__(self, word: int, parts: int, width: int, out: int) -> None:
        super().__init__(word, width, out)
        self.pos_emb = nn.Linear(parts, word)

    def read(self, words: Tensor, parts: Tensor) -> Tensor:
        """Return vectors of words (texts, length, word) with one-hot parts of speech."""
        found: Tensor = self(words + self.pos_emb(parts))
        return found


class PublishedEncoders(nn.Module):
    """The three networks, with the sizes of their weights."""

    def __init__(self, states: Mapping[str, Mapping[str, Any]]) -> None:
        super().__init__()
        movement, motion, text = (states[name] for name in (MOVEMENT, MOTION, TEXT))
        width, columns, _ = movement["main.0.weight"].shape
        self.columns = int(columns) + FEET
        """Number of features per frame, with those that are not read."""
        self.movement_encoder = MovementEncoder(columns, width, len(movement["out_net.bias"]))
        self.motion_encoder = SequenceEncoder(*_sizes(motion))
        word, width, out = _sizes(text)
        self.text_encoder = WordsEncoder(word, text["pos_emb.weight"].shape[1], width, out)
        for name in (MOVEMENT, MOTION, TEXT):
            self.get_submodule(name).load_state_dict(states[name])

    def embed_motion(self, features: Tensor) -> Tensor:
        """Return vectors of standardized features (clips, frames, columns), at least 4 frames."""
        movements = features.shape[1] // FRAMES_PER_MOVEMENT
        whole = movements * FRAMES_PER_MOVEMENT
        padded = functional.pad(features[:, :whole, :-FEET], (0, 0, 0, max(0, LONGEST - whole)))
        found: Tensor = self.motion_encoder(self.movement_encoder(padded)[:, :movements])
        return found


def _sizes(state: Mapping[str, Any]) -> tuple[int, int, int]:
    """Return the sizes of the input, of the states, and of the output of a sequence encoder."""
    width, columns = state["input_emb.weight"].shape
    return columns, width, len(state["output_net.3.bias"])
