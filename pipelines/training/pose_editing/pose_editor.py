"""The pose editor: a conditional variational autoencoder of pose B, given pose A and a text.

As in PoseFix (Delmas et al., 2023), a latent vector says what the text leaves open. Here the prior
reads pose A and the text, and the decoder returns a change of pose A, which is none before
training. The standard deviations of the likelihood are learned (Rybkin et al., 2021), so that no
weights balance rotations and joints. The likelihood about the edit by the prior's mean is learned
too (the hybrid objective of Sohn et al., 2015), because that edit is what users get.
"""

from dataclasses import dataclass
from math import log, pi

import torch
from torch import Tensor, nn

from motiondata.skeletons import JOINTS
from pipelines.training.pose_editing.edit_text import embed_by_length
from pipelines.training.pose_editing.options import EditorSizes
from pipelines.training.pose_editing.pose_features import (
    FEATURES,
    PLACE_NUMBERS,
    ROTATION_NUMBERS,
    PoseFeatures,
    places_of,
)
from pipelines.training.pose_pairs.six_numbers import SIX, rotmat_to_six, six_to_rotmat
from pipelines.training.text_encoders.text_encoder import TextEncoder

FIRST_STDS = (0.2, 0.1)
"""Standard deviations before training, of the six numbers and of the joints in meters."""


@dataclass(frozen=True, eq=False)
class Gaussian:
    """Independent normal distributions, shaped (items, latent)."""

    mean: Tensor
    log_std: Tensor

    @classmethod
    def of(cls, numbers: Tensor) -> "Gaussian":
        """Return distributions of numbers shaped (items, 2 latent); stds are from e^-4 to e^4."""
        mean, log_std = numbers.float().chunk(2, -1)
        return cls(mean, 4 * torch.tanh(log_std / 4))

    def at(self, noise: Tensor) -> Tensor:
        """Return the vectors that standard normal noise draws."""
        return self.mean + self.log_std.exp() * noise

    def divergence(self, other: "Gaussian") -> Tensor:
        """Return the Kullback-Leibler divergence from the other distributions, (items,), nats."""
        ratio = 2 * (self.log_std - other.log_std)
        far = (self.mean - other.mean) ** 2 * (-2 * other.log_std).exp()
        return 0.5 * (ratio.exp() + far - 1 - ratio).sum(-1)


@dataclass(frozen=True, eq=False)
class Bound:
    """The parts of the bound of the likelihood of pose B, each shaped (items,), nats."""

    rotations: Tensor
    """Log likelihood of the six numbers of all rotations."""
    joints: Tensor
    """Log likelihood of the joints relative to the pelvis."""
    divergence: Tensor
    """Divergence of the posterior from the prior."""
    edit: Tensor
    """Log likelihood about the edit by the prior's mean, which is not part of the bound."""


class PoseEditor(nn.Module):
    """Edits poses. Rotations are matrices relative to the parents, shaped (items, 22, 3, 3)."""

    def __init__(
        self, sizes: EditorSizes, text: TextEncoder, trains_text: bool, features: PoseFeatures
    ) -> None:
        super().__init__()
        width, latent = sizes.width, sizes.latent
        self.features = features
        self.condition = _layers(FEATURES + text.width, width, width, sizes.dropout)
        self.prior = nn.Linear(width, 2 * latent)
        self.posterior = _layers(2 * FEATURES + width, width, 2 * latent, sizes.dropout)
        self.decoder = _layers(latent + width, width, ROTATION_NUMBERS, sizes.dropout)
        nn.init.zeros_(self.decoder[-1].weight)  # type: ignore[arg-type]
        nn.init.zeros_(self.decoder[-1].bias)  # type: ignore[arg-type]
        self.log_stds = nn.Parameter(torch.tensor(FIRST_STDS).log())
        self.edit_log_stds = nn.Parameter(torch.tensor(FIRST_STDS).log())
        self.latent = latent
        self._text, self._trains_text = text, trains_text
        if trains_text:
            self.text_encoder = text.module

    def read(self, first: Tensor, texts: list[str]) -> Tensor:
        """Return what the prior and the decoder read of poses A and texts, (items, width)."""
        with torch.set_grad_enabled(self._trains_text and torch.is_grad_enabled()):
            vectors = embed_by_length(self._text, texts).to(first.device)
        found: Tensor = self.condition(torch.cat([self.features(first), vectors.float()], -1))
        return found

    def prior_of(self, condition: Tensor) -> Gaussian:
        """Return the distributions of the latent vectors before pose B is known."""
        return Gaussian.of(self.prior(condition))

    def posterior_of(self, first: Tensor, second: Tensor, condition: Tensor) -> Gaussian:
        """Return the distributions of the latent vectors of poses B."""
        a, b = self.features(first), self.features(second)
        return Gaussian.of(self.posterior(torch.cat([b, b - a, condition], -1)))

    def decode(self, first: Tensor, latent: Tensor, condition: Tensor) -> Tensor:
        """Return the edited rotations."""
        change = self.decoder(torch.cat([latent, condition], -1)).float()
        return six_to_rotmat(rotmat_to_six(first) + change.view(-1, JOINTS, SIX))

    def bound(self, first: Tensor, second: Tensor, texts: list[str], noise: Tensor) -> Bound:
        """Return the bound of poses B, with one latent vector each; `noise` is (items, latent)."""
        condition = self.read(first, texts)
        prior = self.prior_of(condition)
        posterior = self.posterior_of(first, second, condition)
        drawn = self.decode(first, posterior.at(noise), condition)
        rotations, joints = self._likelihoods(drawn, second, self.log_stds)
        edited = self.decode(first, prior.mean, condition)
        edit = sum(self._likelihoods(edited, second, self.edit_log_stds))
        return Bound(rotations, joints, posterior.divergence(prior), torch.as_tensor(edit))

    def _likelihoods(self, found: Tensor, second: Tensor, log_stds: Tensor) -> tuple[Tensor, ...]:
        """Return the log likelihoods of the rotations and of the joints of poses B, (items,)."""
        rest = self.features.rest
        wrong = (
            (rotmat_to_six(found) - rotmat_to_six(second)).flatten(1),
            (places_of(found, rest) - places_of(second, rest)).flatten(1),
        )
        return tuple(map(log_likelihood, wrong, log_stds))


def log_likelihood(wrong: Tensor, log_std: Tensor) -> Tensor:
    """Return the log densities of differences (items, numbers) of normal numbers, (items,)."""
    scaled = wrong * (-log_std).exp()
    return -(0.5 * scaled**2 + log_std + 0.5 * log(2 * pi)).sum(-1)


NUMBERS = (ROTATION_NUMBERS, PLACE_NUMBERS)
"""How many numbers each likelihood is of."""


def _layers(read: int, width: int, out: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(read, width),
        nn.LayerNorm(width),
        nn.GELU(),
        nn.Dropout(dropout),
        nn.Linear(width, width),
        nn.LayerNorm(width),
        nn.GELU(),
        nn.Dropout(dropout),
        nn.Linear(width, out),
    )
