"""Point encoders: built-in or custom, in a checkpoint, and ready to encode a clip.

A checkpoint holds numbers and names. The code of a custom encoder runs only if its name is given on
the command line, even if the checkpoint names it: a file must not choose which code runs.
"""

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from motiondata.errors import InputError
from pipelines.training.common.checkpoints import read_checkpoint, reading_contents
from pipelines.training.common.clip_fields import JOINTS, POINTS
from pipelines.training.common.inference import hash_model, one_thread
from pipelines.training.encoders.options import BUILT_IN, ST_GCN, EncoderOptions
from pipelines.training.encoders.point_encoder import PointEncoder
from pipelines.training.encoders.skeleton_encoder import SkeletonEncoder

KIND = "encoder"
"""Kind of the checkpoints of `motiondata align`."""
BUILT_INS: Mapping[str, Callable[[EncoderOptions, Tensor, Tensor], nn.Module]] = {
    BUILT_IN: PointEncoder,
    ST_GCN: SkeletonEncoder,
}
FIELDS = {ST_GCN: JOINTS}
"""Fields that encoders read, other than points."""
WEIGHTS = "encoder."
"""Prefix of the names of the encoder's weights among those of an alignment."""


class Encoder(Protocol):
    """An `nn.Module` that also has these members."""

    width: int
    """Features per frame."""

    def __call__(self, points: Tensor, mask: Tensor) -> Tensor:
        """Return features shaped (clips, frames, width), which do not depend on the padding.

        `points` is shaped (clips, frames, points, 3), float32, in meters, in the sensor frame, all
        zero in a frame without hits. `mask`, true for frames that are not padding, is shaped
        (clips, frames).
        """


class Factory(Protocol):
    """The factory that `--encoder module:factory` names: it makes an untrained encoder."""

    def __call__(self, mean: Tensor, std: Tensor) -> nn.Module:
        """Return an `Encoder`; `mean` and `std` are those of the points, each shaped (3,)."""


class EveryPhase(nn.Module):
    """Encodes every frame with an encoder that was trained on every n-th frame.

    Frames 0, n, 2n, ... of a clip are one clip for the encoder, frames 1, n + 1, 2n + 1, ... the
    next, and so on.
    """

    def __init__(self, encoder: nn.Module, stride: int) -> None:
        super().__init__()
        self.encoder, self.stride = encoder, stride

    def forward(self, points: Tensor, mask: Tensor) -> Tensor:
        """Return features of every frame, as an `Encoder` does."""
        clips, frames = mask.shape
        features: Tensor = self.encoder(self._to_phases(points), self._to_phases(mask))
        phases = features.view(clips, self.stride, -1, features.shape[-1])
        return phases.transpose(1, 2).flatten(1, 2)[:, :frames]

    def _to_phases(self, values: Tensor) -> Tensor:
        """Return values shaped (clips, frames, ...) as (clips x stride, frames / stride, ...)."""
        clips, frames, *row = values.shape
        rest = values.new_zeros(clips, -frames % self.stride, *row)
        padded = torch.cat([values, rest], 1)
        return padded.view(clips, -1, self.stride, *row).transpose(1, 2).flatten(0, 1)


@dataclass(frozen=True, eq=False)
class LoadedEncoder:
    """A trained encoder."""

    module: nn.Module
    """An `Encoder` of every frame, on the CPU, in evaluation mode."""
    width: int
    """Features per frame."""
    id: str
    """Hash of everything that determines the features."""
    field: str = POINTS
    """Field of a dataset that it reads."""

    @property
    def reads(self) -> str:
        """Member of a dataset that it reads."""
        return f"{self.field}.npy"

    def encode(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return features of a clip shaped (frames, width), which do not depend on other clips.

        `points`, or joints, are shaped (frames, points, 3), in meters, in the sensor frame. Runs
        in one thread, because the last bits of sums depend on the number of threads. Raises
        `InputError` for other shapes.
        """
        if points.ndim != 3 or points.shape[-1] != 3 or not points.size:
            raise InputError(f"expected points shaped (frames, points, 3), found {points.shape}")
        clip = torch.from_numpy(np.array(points, np.float32))[None]
        with one_thread(), torch.inference_mode():
            features = self.module(clip, torch.ones(clip.shape[:2], dtype=torch.bool))
        return cast("NDArray[np.float32]", features[0].float().numpy())


def load_encoder(checkpoint: Path, encoder: str = BUILT_IN) -> LoadedEncoder:
    """Return the encoder that `motiondata align` wrote; `encoder` names custom code to run.

    Raises `InputError` for another file, and for a custom encoder without its name.
    """
    found = read_checkpoint(checkpoint, KIND)
    # Errors in custom code are not errors of the checkpoint.
    with nullcontext() if encoder else reading_contents(checkpoint, KIND):
        weights = {
            name.removeprefix(WEIGHTS): value
            for name, value in found["weights"].items()
            if name.startswith(WEIGHTS)
        }
        return restore_encoder(found["contents"], weights, str(checkpoint), encoder)


def make_encoder(name: str, options: EncoderOptions, mean: Tensor, std: Tensor) -> nn.Module:
    """Return an untrained `Encoder`: a built-in one, or one made by the user's factory."""
    if name in BUILT_INS:
        return BUILT_INS[name](options, mean, std)
    factory = _find_factory(name)
    if not callable(factory):
        raise InputError(
            f"--encoder {name}: expected a function that makes an encoder, found {factory!r}"
        )
    encoder = factory(mean, std)
    if not isinstance(encoder, nn.Module) or not isinstance(getattr(encoder, "width", None), int):
        raise InputError(f"--encoder {name}: expected an nn.Module with a width, found {encoder!r}")
    return encoder


def field_of_encoder(name: str) -> str:
    """Return the field of a dataset that an encoder reads."""
    return FIELDS.get(name, POINTS)


def describe_encoder(name: str, options: EncoderOptions, stride: int) -> dict[str, Any]:
    """Return what `restore_encoder` needs in addition to the weights, as JSON."""
    return {"encoder": name, "sizes": options.to_description(), "stride": stride}


def blank_encoder(description: Mapping[str, Any], name: str = BUILT_IN) -> nn.Module:
    """Return the described `Encoder`, whose weights are not loaded yet."""
    sizes, made_with = EncoderOptions(**description["sizes"]), description["encoder"]
    chosen = made_with if made_with in BUILT_INS else name
    return make_encoder(chosen, sizes, torch.zeros(3), torch.ones(3))


def restore_encoder(
    description: Mapping[str, Any], weights: Mapping[str, Tensor], where: str, name: str = BUILT_IN
) -> LoadedEncoder:
    """Return a trained encoder; raise `InputError` for a custom one without its name."""
    _check_name(description["encoder"], where, name)
    encoder = blank_encoder(description, name)
    try:
        encoder.load_state_dict(weights)
    except RuntimeError as error:
        raise InputError(
            f"{where}: does not fit the encoder {name or '(built-in)'}: {error}"
        ) from error
    module = EveryPhase(encoder, description["stride"]).eval().requires_grad_(False)
    return LoadedEncoder(
        module,
        cast("int", encoder.width),
        hash_model(description, weights),
        field_of_encoder(description["encoder"]),
    )


def _check_name(made_with: str, where: str, name: str) -> None:
    if made_with in BUILT_INS and name in (BUILT_IN, made_with):
        return
    if made_with not in BUILT_INS and not name:
        raise InputError(
            f"{where}: was made with the encoder {made_with}, whose code it does not "
            f"contain; motiondata encode runs that code only with --encoder {made_with}"
        )
    if made_with in BUILT_INS:
        raise InputError(f"{where}: was made with a built-in encoder; omit --encoder")


def _find_factory(name: str) -> Factory:
    module, _, factory = name.partition(":")
    try:
        found = getattr(import_module(module), factory)
    except (ImportError, AttributeError, ValueError) as error:
        raise InputError(
            f"--encoder {name}: expected module:factory that can be imported: {error}"
        ) from error
    return cast("Factory", found)
