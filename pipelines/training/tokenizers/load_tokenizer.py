"""Tokenizers in a checkpoint, and ready to tokenize a clip."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from motiondata.errors import InputError
from pipelines.training.common.checkpoints import read_checkpoint, reading_contents
from pipelines.training.common.inference import hash_model, one_thread
from pipelines.training.motion_fields import MotionFields
from pipelines.training.tokenizers.motion_tokenizer import MotionTokenizer
from pipelines.training.tokenizers.options import TokenizerSizes

KIND = "tokenizer"
"""Kind of the checkpoints of `motiondata train-tokenizer`."""


@dataclass(frozen=True, eq=False)
class LoadedTokenizer:
    """A trained tokenizer."""

    module: MotionTokenizer
    """In evaluation mode."""
    fields: MotionFields
    """The motion features that it tokenizes."""
    fps: float
    """Frame rate of the features that it was trained on, Hz."""
    id: str
    """Hash of everything that determines the tokens."""

    @property
    def codes(self) -> int:
        """Number of codes, of each stage."""
        return self.module.quantizer.codes

    @property
    def stages(self) -> int:
        """Number of codes per token: more than one of a residual tokenizer."""
        return self.module.sizes.residual

    @property
    def columns(self) -> int:
        """Number of motion features per frame."""
        return len(self.module.mean)

    @property
    def frames_per_token(self) -> int:
        """Number of frames per token."""
        return self.module.sizes.frames_per_token

    def tokenize(self, features: NDArray[np.float32]) -> NDArray[np.int32]:
        """Return the codes of a clip, shaped (tokens,), which do not depend on other clips.

        Those of a residual tokenizer are shaped (tokens, stages). `features` is shaped (frames,
        columns). The last token may cover fewer frames than others. Runs in one thread, because the
        last bits of sums depend on the number of threads. Raises `InputError` for other shapes.
        """
        if features.ndim != 2 or features.shape[1] != self.columns or not len(features):
            raise InputError(
                f"expected {self.fields.representation} shaped (frames, {self.columns}), found "
                f"{features.shape}"
            )
        codes = self._run(self.module.encode, torch.from_numpy(np.array(features, np.float32)))
        return codes.astype(np.int32)

    def detokenize(self, codes: NDArray[np.integer], frames: int) -> NDArray[np.float32]:
        """Return the features of codes, shaped (frames, columns).

        `codes` is shaped (tokens,): one code per token, of the first stage. A residual tokenizer
        also reads the codes of its first stages, shaped (tokens, stages). Raises `InputError` for
        codes out of range, and for more frames than the codes have.
        """
        longest = len(codes) * self.frames_per_token
        if not self._reads(codes.shape) or not 0 <= codes.min() <= codes.max() < self.codes:
            more = f", or (tokens, up to {self.stages})" if self.stages > 1 else ""
            raise InputError(f"expected codes from 0 to {self.codes - 1}, shaped (tokens,){more}")
        if not 0 < frames <= longest:
            raise InputError(f"expected 1 to {longest} frames of {len(codes)} tokens, not {frames}")
        rows = codes[:, None] if self.stages > 1 and codes.ndim == 1 else codes
        values = self._run(self.module.decode, torch.from_numpy(rows.astype(np.int64)))
        return cast("NDArray[np.float32]", values[:frames])

    def _reads(self, shape: tuple[int, ...]) -> bool:
        """Return whether codes of a shape can be decoded."""
        staged = self.stages > 1 and len(shape) == 2 and 0 < shape[1] <= self.stages
        return (len(shape) == 1 or staged) and shape[0] > 0

    def _run(self, function: Any, value: Tensor) -> NDArray[Any]:
        device = self.module.mean.device
        with one_thread(), torch.inference_mode():
            found: NDArray[Any] = function(value[None].to(device))[0].cpu().numpy()
        return found


def load_tokenizer(checkpoint: Path) -> LoadedTokenizer:
    """Return the tokenizer that `motiondata train-tokenizer` wrote, on the CPU.

    Raises `InputError` for another file.
    """
    found = read_checkpoint(checkpoint, KIND)
    with reading_contents(checkpoint, KIND):
        return restore(found)


def restore(state: Mapping[str, Any]) -> LoadedTokenizer:
    """Return the tokenizer of `contents` and `weights`, such as `store` returns, on the CPU."""
    contents, weights = state["contents"], state["weights"]
    module = MotionTokenizer(TokenizerSizes(**contents["sizes"]), weights["mean"], weights["std"])
    module.load_state_dict(weights)
    return as_loaded(module.eval().requires_grad_(False), contents, weights)


def store(tokenizer: LoadedTokenizer) -> dict[str, Any]:
    """Return a tokenizer as another model's checkpoint stores it, for `restore`."""
    contents = describe_tokenizer(tokenizer.module.sizes, tokenizer.fields, tokenizer.fps)
    return {"contents": contents, "weights": tokenizer.module.state_dict()}


def describe_tokenizer(sizes: TokenizerSizes, fields: MotionFields, fps: float) -> dict[str, Any]:
    """Return what `load_tokenizer` needs in addition to the weights, as JSON.

    A tokenizer of one stage does not mention stages, so that ids of earlier versions stay.
    """
    described = asdict(sizes)
    if sizes.residual == 1:
        del described["residual"]
    return {"sizes": described, "features": fields.to_json(), "fps": fps}


def as_loaded(
    module: MotionTokenizer, contents: Mapping[str, Any], weights: Mapping[str, Tensor]
) -> LoadedTokenizer:
    """Return a module as a trained tokenizer."""
    fields = MotionFields(**contents["features"])
    return LoadedTokenizer(module, fields, contents["fps"], hash_model(contents, weights))
