"""The description of a product of motion: what all of them report about bodies and inputs."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from motiondata.bodies.bundled_id import BUNDLED_ID
from motiondata.motion_quality.limits import LIMITS
from motiondata.recording import SMPL_SHAPES
from pipelines.clips.members import MOTION_FLAGS, SYNTHETIC
from pipelines.engine.description import FlagMeaning, Measure, ProductDescription, option_words
from shards.format.dataset import Dataset
from shards.format.description import Description


@dataclass(frozen=True)
class MotionDescription(ProductDescription):
    """Describes datasets that are made from motion clips. A product adds the rest."""

    arguments: str = "INDEX --amass DIR --out DIR"
    reported_flags: Mapping[str, FlagMeaning] = field(default_factory=lambda: MOTION_FLAGS)
    quality: Mapping[str, Measure] = field(
        default_factory=lambda: {
            name: Measure(each.unit, each.value) for name, each in LIMITS.items()
        }
    )

    def inputs(self, provenance: Mapping[str, Any]) -> list[str]:
        """Return a line with the bodies, unless the product poses none."""
        bodies = [f"{body['name']} ({body['id']})" for body in provenance.get("bodies", [])]
        return [f"body: {', '.join(bodies)}"] if bodies else []

    def remarks(self, description: Description, flags: Mapping[str, int]) -> list[str]:
        """Report which betas were used. Betas of synthetic motion are those of the body."""
        if flags.get(SYNTHETIC, 0) == sum(shard.samples for shard in description.shards):
            return []
        spaces = [body["shape_space"] for body in description.provenance.get("bodies", [])]
        return _shape_remarks(spaces, bool(description.parameters.get("mean_shape")))

    def command_line(self, dataset: Dataset) -> str:
        """Return the command that builds such a dataset, from an index or from recordings."""
        description = dataset.description
        has_index = "index" in description.provenance["inputs"]
        arguments = self.arguments if has_index else "RECORDINGS --out DIR"
        options = self.options(description.parameters)
        return " ".join([self.command, arguments, *_file_options(dataset), *options])

    def options(self, parameters: Mapping[str, Any]) -> list[str]:
        """Return the options that are parameters of the build."""
        return option_words(parameters)


def _file_options(dataset: Dataset) -> Iterator[str]:
    """Yield the options for files and folders, with placeholders.

    `--texts` and `--splits` are included even if the build found these folders next to the index,
    because another index may not have them there.
    """
    provenance = dataset.description.provenance
    if any(map(len, dataset.manifest["captions"].to_pylist())):
        yield "--texts DIR"
    if any(name.startswith("list ") for name in provenance["inputs"]):
        yield "--splits DIR"
    if {body["id"] for body in provenance.get("bodies", [])} - {BUNDLED_ID}:
        yield "--body FILE"


def _shape_remarks(shape_spaces: Iterable[str], mean_shape: bool) -> list[str]:
    """Report which betas are used if a body's shape space is not that of SMPL+H recordings.

    `shape_spaces` are the shape spaces of the bodies.
    """
    other = sorted({*shape_spaces} - {SMPL_SHAPES})
    if mean_shape or not other:
        return []
    return [
        f"body shape: betas in the shape space of the body ({', '.join(other)}), such as those of "
        "imports that fit it, are used; betas of other recordings, such as AMASS's SMPL+H, are "
        "ignored: mean shape instead"
    ]
