"""The descriptions of token datasets and of the motion that is decoded from them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from motiondata.counting import counted
from pipelines.clips.members import CAPTION_LINES, DETAILS, POSE, TEXT, TRANS
from pipelines.engine.description import Member, ProductDescription
from pipelines.products.motion_features.members import JOINTS, VECTORS
from shards.format.dataset import Dataset

TOKENS = "tokens.npy"
TOKENIZER = "tokenizer"
"""What samples and `dataset.json` call the transform."""
STAGES = "stages"
"""What `dataset.json` calls the number of codes per token, if there are several."""
LANGUAGE_MODEL = "language_model"
"""Likewise, of motion that a language model wrote."""
JUDGES = "judges"
"""What `dataset.json` calls the ids of the matchers that chose the best of several motions."""


@dataclass(frozen=True)
class TokenizedDescription(ProductDescription):
    """Describes datasets that a tokenizer has made."""

    def inputs(self, provenance: Mapping[str, Any]) -> list[str]:
        """Return a line with the tokenizer and a line with the source dataset."""
        tokenizer, source = provenance[TOKENIZER], provenance["source"]
        each = f" in each of {tokenizer[STAGES]} stages" if STAGES in tokenizer else ""
        return [
            f"tokenizer: {tokenizer['id']}, {counted(tokenizer['codes'], 'code')}{each}, "
            f"{counted(tokenizer['frames_per_token'], 'frame')} per token, "
            f"of {tokenizer['representation']}",
            f"of the {source['provenance']['product']} dataset {source['content_hash']}",
        ]


TOKENS_PRODUCT = TokenizedDescription(
    name="tokens",
    members=(
        Member(TOKENS, "codes from 0; a token is a frame of this dataset"),
        Member(
            DETAILS,
            "the `json` of the source clip, with `tokenizer`, the id of the tokenizer, `dataset`, "
            "the content hash of the source, `fps_out`, the tokens per second, and `motion_fps` "
            "and `motion_frames`, the rate and the number of the clip's frames",
        ),
        Member(TEXT, CAPTION_LINES),
    ),
    command="motiondata tokenize",
    arguments="DATASET --checkpoint FILE --out DIR",
    frame_units="tokens",
)

_DECODED = (
    Member(VECTORS, "decoded features, see representations.md", unit="meters, radians, frames"),
    Member(JOINTS, "joints by the positions in the features", unit="meters", frame="y up"),
    Member(
        POSE,
        "axis-angle rotations in SMPL order of a body fitted to the joints",
        unit="radians",
        frame="parent joint; pelvis: world",
    ),
    Member(TRANS, "AMASS's `trans` of that body", unit="meters", frame="world"),
)

DECODED_MOTION = TokenizedDescription(
    name="decoded-motion",
    members=(
        *_DECODED,
        Member(
            DETAILS,
            "the `json` of the tokens, with `fps_out`, the frame rate of the motion, `body`, "
            "`gender` and `betas` of the fitted body, and `fit_millimeters`, its mean distance "
            "from the joints",
        ),
        Member(TEXT, CAPTION_LINES),
    ),
    command="motiondata detokenize",
    arguments="DATASET --checkpoint FILE --out DIR",
)


@dataclass(frozen=True)
class GeneratedDescription(TokenizedDescription):
    """Describes datasets of motion that a language model wrote."""

    def inputs(self, provenance: Mapping[str, Any]) -> list[str]:
        """Return lines with the model, each matcher that chose, the tokenizer, and the source."""
        model, judges = provenance[LANGUAGE_MODEL]["model"], provenance.get(JUDGES, [])
        chosen = [
            f"the best of several motions was chosen by the matcher: {each}" for each in judges
        ]
        return [f"language model: {model}", *chosen, *super().inputs(provenance)]

    def command_line(self, dataset: Dataset) -> str:
        """Return the command, with a placeholder for each matcher."""
        judges = dataset.description.provenance.get(JUDGES, [])
        return " ".join([super().command_line(dataset), *(["--matcher FILE"] * len(judges))])


GENERATED_MOTION = GeneratedDescription(
    name="generated-motion",
    members=(
        *_DECODED,
        Member(
            DETAILS,
            "`language_model`, the id of the model and how it writes, `dataset`, the content hash "
            "of the source, `source` and `subset` of the clip, its caption that was read, the "
            "written `codes`, whether the motion was `cut` at the maximum number of tokens, and "
            "the rates and the body as in decoded motion",
        ),
        Member(TEXT, "the caption that was read"),
    ),
    command="motiondata generate-split",
    arguments="DATASET --checkpoint FILE --out DIR",
)
