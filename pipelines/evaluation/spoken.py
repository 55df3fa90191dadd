"""The captions that are evaluated: out of a file, or of a captioner that says them now."""

import sys
from dataclasses import dataclass
from pathlib import Path

from motiondata.errors import InputError
from pipelines.evaluation.options import EvaluationOptions
from pipelines.evaluation.references import References, read_candidates
from pipelines.evaluation.report import Loss, MadeBy
from shards.dataset import Dataset
from shards.hashing import hash_file


@dataclass(frozen=True)
class Spoken:
    """A model's captions of the clips with references, in their order."""

    captions: list[str]
    made_by: MadeBy
    loss: Loss | None


def read_spoken(dataset: Dataset, references: References, options: EvaluationOptions) -> Spoken:
    """Return the captions of the clips with references, or raise `InputError`."""
    match options.captions, options.checkpoint:
        case Path() as file, None:
            captions = read_candidates(file, references)
            return Spoken(captions, MadeBy("file", file.name, hash_file(file)), loss=None)
        case None, Path() as checkpoint:
            return _captioned(dataset, references, checkpoint)
        case _:
            raise InputError("expected --captions FILE or --checkpoint FILE, and not both")


def _captioned(dataset: Dataset, references: References, checkpoint: Path) -> Spoken:
    from pipelines.training.captioning import caption_split, matched_and_shuffled_loss

    split = references.split
    found = dict(caption_split(dataset.path, checkpoint, split, stream=sys.stderr))
    matched, shuffled = matched_and_shuffled_loss(dataset.path, checkpoint, split)
    return Spoken(
        [found[key] for key in references.keys],
        MadeBy("checkpoint", checkpoint.name, hash_file(checkpoint)),
        Loss(matched, shuffled),
    )
