"""From the vectors of tokens to one vector per text, as sentence-transformers describes it.

A folder of sentence-transformers lists its steps in `modules.json`: the transformer, then pooling,
linear layers, and normalization, each with a `config.json` in a folder below. A folder without the
list is pooled by the mean, as sentence-transformers does (Reimers & Gurevych, 2019).
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from motiondata.errors import InputError
from pipelines.training.text_encoders.text_encoder import masked_mean

STEPS, CONFIG, WEIGHTS = "modules.json", "config.json", "model.safetensors"
TRANSFORMER, POOLING, DENSE, NORMALIZE = "Transformer", "Pooling", "Dense", "Normalize"
MEAN = "mean"
LEGACY_MODES = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_tokens": MEAN,
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}
"""Switches of a pooling before sentence-transformers 5.5, and the names since, in their order."""
ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "Identity": nn.Identity,
    "Tanh": nn.Tanh,
    "GELU": nn.GELU,
    "ReLU": nn.ReLU,
}
"""Activations of linear layers: a file must not choose which other class is made."""


def _first(tokens: Tensor, mask: Tensor) -> Tensor:
    return tokens[torch.arange(len(tokens)), mask.argmax(1)]


def _largest(tokens: Tensor, mask: Tensor) -> Tensor:
    return tokens.masked_fill(mask[..., None] == 0, -torch.inf).amax(1)


def _root_mean(tokens: Tensor, mask: Tensor) -> Tensor:
    return masked_mean(tokens, mask) * mask.sum(1, keepdim=True).to(tokens.dtype).sqrt()


POOLINGS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "cls": _first,
    "max": _largest,
    MEAN: masked_mean,
    "mean_sqrt_len_tokens": _root_mean,
}
"""Poolings of tokens shaped (texts, tokens, width), with the mask of tokens."""


@dataclass(frozen=True)
class Pool:
    """Pools tokens in one or several ways; the results of several are joined."""

    modes: tuple[str, ...]

    def __call__(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """Return vectors shaped (texts, width), given tokens shaped (texts, tokens, width)."""
        return torch.cat([POOLINGS[mode](tokens, mask) for mode in self.modes], -1)


class Normalized(nn.Module):
    """Scales vectors to length 1."""

    def forward(self, vectors: Tensor) -> Tensor:
        """Return vectors shaped (texts, width)."""
        return functional.normalize(vectors, dim=-1)


@dataclass(frozen=True, eq=False)
class Head:
    """What follows the transformer of a folder."""

    pool: Pool
    after: nn.Sequential
    """Linear layers and normalization of the pooled vectors."""
    transformer: Path
    """Folder of the transformer: the folder itself, or a folder in it."""
    is_listed: bool
    """Whether the folder lists its steps."""


def read_head(folder: Path) -> Head:
    """Return what follows the transformer of a folder.

    Raises `InputError` for steps that this program does not have, and for damaged files.
    """
    if not (folder / STEPS).is_file():
        return Head(Pool((MEAN,)), nn.Sequential(), folder, is_listed=False)
    steps = [_step(folder, entry) for entry in _read_json(folder / STEPS, list)]
    kinds = [kind for kind, _ in steps]
    if kinds[:2] != [TRANSFORMER, POOLING] or not {*kinds[2:]} <= {*_LAYERS}:
        raise InputError(
            f"{folder / STEPS}: expected the steps {TRANSFORMER}, {POOLING}, then "
            f"{' or '.join(_LAYERS)}, found {', '.join(kinds)}"
        )
    (_, transformer), (_, pooling), *rest = steps
    layers = (_LAYERS[kind](place) for kind, place in rest)
    return Head(_read_pool(pooling), nn.Sequential(*layers), transformer, is_listed=True)


def _step(folder: Path, entry: Any) -> tuple[str, Path]:
    """Return the class of a step, without its module, and its folder inside `folder`."""
    try:
        kind, place = str(entry["type"]).rpartition(".")[2], folder / entry["path"]
    except (KeyError, TypeError) as error:
        raise InputError(
            f"{folder / STEPS}: expected steps with type and path, found {entry!s:.100}"
        ) from error
    if not place.resolve().is_relative_to(folder.resolve()):
        raise InputError(f"{folder / STEPS}: expected folders below it, found {place}")
    return kind, place


def _read_pool(folder: Path) -> Pool:
    config = _read_json(folder / CONFIG, dict)
    found = config.get("pooling_mode") or [
        mode for key, mode in LEGACY_MODES.items() if config.get(key)
    ]
    modes = [found] if isinstance(found, str) else found
    if not modes or not {*modes} <= {*POOLINGS}:
        raise InputError(
            f"{folder / CONFIG}: expected a pooling among {', '.join(POOLINGS)}, found "
            f"{', '.join(map(str, modes)) or 'none'}"
        )
    return Pool(tuple(modes))


def _read_dense(folder: Path) -> nn.Sequential:
    """Return a linear layer with its activation."""
    config = _read_json(folder / CONFIG, dict)
    activation = str(config.get("activation_function", "Tanh")).rpartition(".")[2]
    if activation not in ACTIVATIONS:
        raise InputError(
            f"{folder / CONFIG}: expected an activation among {', '.join(ACTIVATIONS)}, found "
            f"{activation}"
        )
    try:
        linear = nn.Linear(config["in_features"], config["out_features"], config.get("bias", True))
        weights = load_file(folder / WEIGHTS)
        linear.load_state_dict(
            {name.removeprefix("linear."): each for name, each in weights.items()}
        )
    except Exception as error:
        raise InputError(
            f"{folder}: expected a linear layer as sentence-transformers saves it, with {WEIGHTS} "
            f"({type(error).__name__}: {error!s:.200})"
        ) from error
    return nn.Sequential(linear, ACTIVATIONS[activation]())


def _normalized(_: Path) -> Normalized:
    return Normalized()


_LAYERS: dict[str, Callable[[Path], nn.Module]] = {DENSE: _read_dense, NORMALIZE: _normalized}


def _read_json(path: Path, kind: type) -> Any:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: expected JSON of sentence-transformers: {error}") from error
    if not isinstance(found, kind):
        raise InputError(f"{path}: expected a JSON {kind.__name__}, found {found!s:.100}")
    return found
