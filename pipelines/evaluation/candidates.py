"""The captions that are evaluated: out of a file, or of a captioner that says them now."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from motiondata.errors import InputError
from pipelines.evaluation.options import EvaluationOptions
from pipelines.evaluation.references import References, read_candidates
from pipelines.evaluation.report import CaptionOrigin, Loss
from pipelines.training.captioning.options import GenerationOptions
from shards.format.dataset import Dataset
from shards.format.hashing import hash_file


@dataclass(frozen=True)
class Candidates:
    """A model's captions of the clips with references, in their order."""

    captions: list[str]
    made_by: CaptionOrigin
    loss: Loss | None


def candidate_source(options: EvaluationOptions) -> Callable[[Dataset, References], Candidates]:
    """Return what gives the captions of the clips with references, or raise `InputError`."""
    match options.captions, options.checkpoint:
        case Path() as file, None:
            return lambda _, references: _read(file, references)
        case None, Path() as checkpoint:
            return lambda dataset, references: _say(checkpoint, dataset, references, options.device)
        case _:
            raise InputError("expected --captions FILE or --checkpoint FILE, and not both")


def _read(file: Path, references: References) -> Candidates:
    captions = read_candidates(file, references)
    return Candidates(captions, CaptionOrigin("file", file.name, hash_file(file)), loss=None)


def _say(checkpoint: Path, dataset: Dataset, references: References, device: str) -> Candidates:
    from pipelines.training.captioning.generate import caption_split, matched_and_shuffled_loss

    split, options = references.split, GenerationOptions(device=device)
    found = dict(caption_split(dataset.path, checkpoint, split, options, sys.stderr))
    several = len(references.keys) > 1  # a clip alone has no other's features
    losses = matched_and_shuffled_loss(dataset.path, checkpoint, split, device) if several else None
    made_by = CaptionOrigin("checkpoint", checkpoint.name, hash_file(checkpoint))
    return Candidates([found[key] for key in references.keys], made_by, losses and Loss(*losses))
