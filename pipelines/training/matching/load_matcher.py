"""Matchers in a checkpoint, and ready to embed motions and texts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray

from motiondata.errors import InputError
from pipelines.training.alignment.alignment_model import Alignment
from pipelines.training.common.checkpoints import read_checkpoint, reading_contents
from pipelines.training.common.inference import hash_model, one_thread
from pipelines.training.common.text_model import TextModel
from pipelines.training.matching.matcher import Embeddings, Matcher
from pipelines.training.matching.motion_encoder import MotionEncoder, make_motion_encoder
from pipelines.training.matching.options import MatcherSizes
from pipelines.training.matching.published_matcher import load_published_matcher
from pipelines.training.motion_fields import MotionFields
from pipelines.training.text_encoders.text_encoder import T5TextEncoder

KIND = "matcher"
"""Kind of the checkpoints of `motiondata train-matcher`."""
TEXTS_AT_ONCE = 64


@dataclass(frozen=True, eq=False)
class LoadedMatcher:
    """A matcher of motion and text that was trained here, on the CPU; a `Matcher`."""

    module: Alignment
    """In evaluation mode."""
    fields: MotionFields
    """The motion features that it embeds."""
    fps: float
    """Frame rate of the features that it was trained on, Hz."""
    id: str
    """Hash of everything that determines the embeddings."""
    reads_tags = False

    @property
    def reads(self) -> str:
        """What it embeds, in words."""
        return described(self.fields, self.fps)

    @property
    def columns(self) -> int:
        """Number of motion features per frame."""
        return len(self.mean)

    @property
    def mean(self) -> NDArray[np.float32]:
        """Mean of the training features, shaped (columns,)."""
        return cast("NDArray[np.float32]", cast("MotionEncoder", self.module.encoder).mean.numpy())

    def embed_motions(self, clips: Iterable[NDArray[np.float32]]) -> Embeddings:
        """Return the vectors of clips, each shaped (frames, columns).

        A vector does not depend on other clips. Raises `InputError` for other shapes.
        """
        with one_thread(), torch.inference_mode():
            return np.concatenate([self._embed(clip) for clip in clips])

    def embed_texts(self, texts: Sequence[str]) -> Embeddings:
        """Return the vectors of texts."""
        parts = [texts[at : at + TEXTS_AT_ONCE] for at in range(0, len(texts), TEXTS_AT_ONCE)]
        with one_thread(), torch.inference_mode():
            found = [self.module.embed_texts(part).numpy() for part in parts]
        return np.concatenate(found).astype(np.float64)

    def _embed(self, clip: NDArray[np.float32]) -> Embeddings:
        if clip.ndim != 2 or clip.shape[1] != self.columns or not len(clip):
            raise InputError(
                f"expected {self.fields.representation} shaped (frames, {self.columns}), found "
                f"{clip.shape}"
            )
        values = torch.from_numpy(np.array(clip, np.float32))[None]
        mask = torch.ones(values.shape[:2], dtype=torch.bool)
        return self.module.embed_motions(values, mask).numpy().astype(np.float64)


def read_matcher(path: Path) -> Matcher:
    """Return the matcher of a checkpoint, or the published one of a folder, on the CPU.

    Raises `InputError` for a file or folder of another kind.
    """
    return load_published_matcher(path) if path.is_dir() else load_matcher(path)


def load_matchers(checkpoints: Sequence[Path]) -> tuple[LoadedMatcher, ...]:
    """Return several matchers that `motiondata train-matcher` wrote, on the CPU.

    Raises `InputError` for another file, and for a matcher that is there twice.
    """
    known: dict[str, tuple[Path, LoadedMatcher]] = {}
    for checkpoint in checkpoints:
        matcher = load_matcher(checkpoint)
        if matcher.id in known:
            raise InputError(
                f"{checkpoint}: expected different matchers, because each counts once, found the "
                f"one of {known[matcher.id][0]}; train another with another --seed"
            )
        known[matcher.id] = checkpoint, matcher
    return tuple(matcher for _, matcher in known.values())


def load_matcher(checkpoint: Path) -> LoadedMatcher:
    """Return the matcher that `motiondata train-matcher` wrote, on the CPU.

    Raises `InputError` for another file.
    """
    found = read_checkpoint(checkpoint, KIND)
    with reading_contents(checkpoint, KIND):
        contents, weights = found["contents"], found["weights"]
        sizes = MatcherSizes(**contents["sizes"])
        encoder = make_motion_encoder(sizes, len(weights["encoder.mean"]))
        text = TextModel.from_state(contents["text"])
        module = Alignment(encoder, T5TextEncoder(text), sizes.shared_width, trains_text=True)
        module.load_state_dict(weights)
        return LoadedMatcher(
            module.eval().requires_grad_(False),
            MotionFields(**contents["features"]),
            contents["fps"],
            hash_model(contents, weights),
        )


def described(fields: MotionFields, fps: float) -> str:
    """Return motion features and their frame rate in words."""
    corrected = "corrected " if fields.corrected else ""
    return f"{corrected}{fields.representation} features at {fps:g} Hz"


def describe_matcher(
    sizes: MatcherSizes, text: TextModel, fields: MotionFields, fps: float
) -> Mapping[str, Any]:
    """Return what `load_matcher` needs in addition to the weights, as JSON."""
    return {
        "sizes": asdict(sizes),
        "text": text.to_state(),
        "features": fields.to_json(),
        "fps": fps,
    }
