"""The description of the LiDAR product, for the commands that read a finished dataset."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from motiondata.bodies.bundled import bundled_body
from motiondata.lidar.presets import SENSOR_NAMES
from pipelines.clips.bodies import shape_remarks
from pipelines.engine.description import Draw, ProductDescription, option_words
from pipelines.products.lidar.members import MEMBERS
from shards.format.dataset import Dataset
from shards.format.description import Description

CROWDED = 0.25
"""A frame is crowded if a larger share of the sensor's rays hit.

A body 0.5 m away fills a fifth of a turn; a body around the sensor fills the whole turn.
"""


@dataclass(frozen=True)
class LidarDescription(ProductDescription):
    """Describes datasets of simulated LiDAR scans."""

    def inputs(self, provenance: Mapping[str, Any]) -> list[str]:
        """Return a line with the bodies and a line with the sensor."""
        bodies = [f"{body['name']} ({body['id']})" for body in provenance["bodies"]]
        return [
            f"body: {', '.join(bodies)}",
            f"sensor: {provenance['sensor']['name']} ({provenance['sensor']['source']})",
        ]

    def remarks(self, description: Description, synthetic: int) -> list[str]:
        """Report which betas were ignored. Betas of synthetic motion are those of the body."""
        if synthetic == sum(shard.samples for shard in description.shards):
            return []
        spaces = [body["shape_space"] for body in description.provenance["bodies"]]
        return shape_remarks(spaces, bool(description.parameters.get("mean_shape")))

    def sample_lines(self, manifest: pa.Table) -> list[str]:
        """Report the number of hits per frame."""
        frames, hits = manifest["frames"].to_numpy(), manifest["hits_mean"].to_numpy()
        least = manifest["hits_min"].to_numpy().min()
        return [f"hits: {np.average(hits, weights=frames):,.1f} a frame, at least {least}"]

    def drawing(self, dataset: Dataset) -> Draw:
        """Return a function that draws scans; raises `InputError` if samples lack a member."""
        from pipelines.products.lidar import preview  # matplotlib is slow to load

        preview.expect_scans(dataset)
        return partial(preview.draw_preview, dataset)

    def command_line(self, dataset: Dataset) -> str:
        """Return the command that builds such a dataset, from an index or from recordings."""
        inputs = dataset.description.provenance["inputs"]
        arguments = self.arguments if "index" in inputs else "RECORDINGS --out DIR"
        return " ".join([self.command, arguments, *_files(dataset), *_options(dataset)])


def _files(dataset: Dataset) -> Iterator[str]:
    """Yield the options for files and folders, with placeholders.

    `--texts` and `--splits` are included even if the build found these folders next to the index,
    because another index may not have them there.
    """
    provenance = dataset.description.provenance
    if any(map(len, dataset.manifest["captions"].to_pylist())):
        yield "--texts DIR"
    if any(name.startswith("list ") for name in provenance["inputs"]):
        yield "--splits DIR"
    if {body["id"] for body in provenance["bodies"]} - {bundled_body().id}:
        yield "--body FILE"


def _options(dataset: Dataset) -> Iterator[str]:
    """Yield the options that are parameters of the build. A sensor without a preset is a file."""
    for name, value in dataset.description.parameters.items():
        if name == "sensor" and value not in SENSOR_NAMES:
            yield "--sensor FILE"
        else:
            yield from option_words({name: value})


LIDAR = LidarDescription(
    name="lidar",
    members=MEMBERS,
    command="motiondata build-lidar",
    arguments="INDEX --amass DIR --out DIR",
    reported_means={"hits_mean": "hits a frame"},
    counted={
        "empty_frames": "are empty: no ray hits anybody",
        "crowded_frames": (
            f"are crowded: over {CROWDED:.0%} of all rays hit, so the sensor is at or in the body"
        ),
    },
)
