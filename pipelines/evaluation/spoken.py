"""The captions that are evaluated: out of a file."""

from dataclasses import dataclass
from pathlib import Path

from motiondata.errors import InputError
from pipelines.evaluation.options import EvaluationOptions
from pipelines.evaluation.references import References, read_candidates
from pipelines.evaluation.report import Loss, MadeBy
from shards.hashing import hash_file


@dataclass(frozen=True)
class Spoken:
    """A model's captions of the clips with references, in their order."""

    captions: list[str]
    made_by: MadeBy
    loss: Loss | None


def read_spoken(references: References, options: EvaluationOptions) -> Spoken:
    """Return the captions of the clips with references, or raise `InputError`."""
    match options.captions, options.checkpoint:
        case Path() as file, None:
            captions = read_candidates(file, references)
            return Spoken(captions, MadeBy("file", file.name, hash_file(file)), loss=None)
        case _:
            raise InputError("expected --captions FILE or --checkpoint FILE, and not both")
