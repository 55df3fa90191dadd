"""Language models of motion in a checkpoint, with the tokenizer of their motion tokens."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from motiondata.errors import InputError
from pipelines.training.common.checkpoints import read_checkpoint, reading_contents
from pipelines.training.common.inference import hash_model
from pipelines.training.common.text_model import TextModel
from pipelines.training.language.motion_language import MotionLanguage
from pipelines.training.language.motion_vocabulary import MotionVocabulary
from pipelines.training.language.token_clips import TokenSource
from pipelines.training.language.trained_for import TrainedFor
from pipelines.training.tokenizers.load_tokenizer import LoadedTokenizer, load_tokenizer, restore
from shards.format.dataset import Dataset

KIND = "language model"
"""Kind of the checkpoints of `motiondata train-language`."""


@dataclass(frozen=True, eq=False)
class LoadedLanguage:
    """A trained language model of motion."""

    module: MotionLanguage
    """In evaluation mode, on the CPU."""
    source: TokenSource
    """The tokenizer of the motion tokens that it reads and writes."""
    stored: Mapping[str, Any] | None
    """Contents and weights of that tokenizer, if they are stored with the model."""
    trained: TrainedFor
    id: str
    """Hash of everything that determines what the model writes, except its tokenizer."""

    def expect_tokens_of(self, dataset: Dataset) -> None:
        """Raise `InputError` unless a dataset has tokens of the model's tokenizer."""
        found = TokenSource.of(dataset)
        if (found.id, found.stages) != (self.source.id, self.source.stages):
            raise InputError(
                f"{dataset.place}: expected {self.source.described}, on which the model was "
                f"trained, found {found.described}"
            )

    def tokenizer(self, checkpoint: Path | None) -> LoadedTokenizer:
        """Return the tokenizer: the stored one, or that of a checkpoint.

        Raises `InputError` if there is none, or another one.
        """
        if checkpoint is None and self.stored is None:
            raise InputError(
                "expected a model that was trained with --tokenizer FILE, found one without its "
                "tokenizer; name the checkpoint of train-tokenizer with --tokenizer"
            )
        found = load_tokenizer(checkpoint) if checkpoint else restore(self.stored or {})
        if found.id != self.source.id:
            raise InputError(
                f"{checkpoint}: expected the tokenizer {self.source.id}, on whose tokens the model "
                f"was trained, found {found.id}"
            )
        return found


def load_language(checkpoint: Path) -> LoadedLanguage:
    """Return the model of a checkpoint of `motiondata train-language`.

    Raises `InputError` for another file.
    """
    return restore_language(read_checkpoint(checkpoint, KIND), checkpoint)


def restore_language(state: Mapping[str, Any], checkpoint: Path) -> LoadedLanguage:
    """Return the model in the state of a checkpoint; raise `InputError` if they do not fit."""
    with reading_contents(checkpoint, KIND):
        contents = state["contents"]
        text, source = TextModel.from_state(contents["text"]), TokenSource(**contents["tokens"])
        vocabulary = MotionVocabulary.of(text.tokenizer, source.codes, source.stages)
        module = MotionLanguage(text, vocabulary)
        module.load_state_dict(state["weights"])
        described = {"text": contents["text"], "tokens": contents["tokens"]}
        model_id = hash_model(described, state["weights"])
        trained = TrainedFor.of(state.get("identity") or {}, checkpoint)
        return LoadedLanguage(module.eval(), source, contents["tokenizer"], trained, model_id)
