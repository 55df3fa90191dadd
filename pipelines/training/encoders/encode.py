"""`motiondata encode`: encodes a dataset with the encoder of a checkpoint."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from pipelines.engine.build_report import BuildReport
from pipelines.engine.execution import Execution
from pipelines.products.encoded_features.encode import encode_with
from pipelines.training.common.clip_fields import expect_readable
from pipelines.training.encoders.load_encoder import LoadedEncoder, load_encoder
from shards.format.places import Place


@dataclass(frozen=True)
class Checkpoint:
    """An encoder checkpoint written by `motiondata align`."""

    path: Path
    encoder: str = ""
    """`module:factory` of a custom encoder; empty for the built-in encoder."""

    def __call__(self) -> LoadedEncoder:
        """Load the encoder; raises `InputError` if the file is not an encoder checkpoint."""
        return load_encoder(self.path, self.encoder)


def encode(
    dataset: Place,
    checkpoint: Path,
    out: Path,
    execution: Execution,
    encoder: str = "",
    exclude: Collection[str] = (),
) -> BuildReport:
    """Encode a dataset's points with the encoder of a checkpoint, or resume an earlier run.

    `encoder` is the `module:factory` of a custom encoder. `exclude` and errors are those of
    `build_derived`.
    """
    load = Checkpoint(checkpoint.absolute(), encoder)
    parameters = {"encoder": encoder or None}
    return encode_with(load, dataset, out, execution, parameters, exclude, expect_readable)
