"""The description of the LiDAR product, for the commands that read a finished dataset."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from motiondata.lidar.preset_names import SENSOR_NAMES
from pipelines.clips.description import MotionDescription
from pipelines.clips.keys import clip_name, sample_number
from pipelines.engine.description import Draw, StoredJoints, option_words
from pipelines.products.lidar.members import JOINTS, MEMBERS
from shards.format.dataset import Dataset
from shards.format.members import field_of

CLIP = "clip"
"""The mount of a sensor whose file names none."""
CROWDED = 0.25
"""A frame is crowded if a larger share of the sensor's rays hit.

A body 0.5 m away fills a fifth of a turn; a body around the sensor fills the whole turn.
"""


@dataclass(frozen=True)
class LidarDescription(MotionDescription):
    """Describes datasets of simulated LiDAR scans."""

    def inputs(self, provenance: Mapping[str, Any]) -> list[str]:
        """Return a line with the bodies and a line with each sensor."""
        return [*super().inputs(provenance), *_sensor_lines(provenance)]

    def sample_lines(self, manifest: pa.Table) -> list[str]:
        """Report the number of hits per frame, also of each view."""
        frames, hits = manifest["frames"].to_numpy(), manifest["hits_mean"].to_numpy()
        least = manifest["hits_min"].to_numpy().min()
        lines = [f"hits: {np.average(hits, weights=frames):,.1f} a frame, at least {least}"]
        views = np.array([sample_number(key) for key in manifest["key"].to_pylist()])
        means = [
            f"{np.average(hits[views == view], weights=frames[views == view]):,.1f}"
            for view in np.unique(views)
        ]
        return [*lines, *([f"hits by view: {', '.join(means)} a frame"] if len(means) > 1 else [])]

    def stored_joints(self) -> StoredJoints:
        """Return the joints in the frame of the sensor, turned to a depth camera's."""
        return StoredJoints(field_of(JOINTS), _sensor_to_camera, clip_name)

    def drawing(self, dataset: Dataset) -> Draw:
        """Return a function that draws scans; raises `InputError` if samples lack a member."""
        from pipelines.products.lidar import preview  # matplotlib is slow to load

        preview.expect_scans(dataset)
        return partial(preview.draw_preview, dataset)

    def options(self, parameters: Mapping[str, Any]) -> list[str]:
        """Return the options that are parameters of the build."""
        return option_words(self.recipe(parameters))

    def recipe(self, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the options of the command; sensors other than presets and scenes are FILE."""
        if "sensors" in parameters:
            files: dict[str, Any] = {"sensors": "FILE"}
        else:
            sensor = parameters["sensor"]
            files = {"sensor": sensor if sensor in SENSOR_NAMES else "FILE"}
        if "scene" in parameters:
            files["scene"] = ["FILE" for _ in parameters["scene"]]
        return {**parameters, **files}


def _sensor_to_camera(joints: NDArray[Any], _details: Mapping[str, Any]) -> NDArray[Any]:
    """Turn x forward, y left, z up to a depth camera's x left, y up, z forward: a rotation."""
    return joints[..., [1, 2, 0]]


def _sensor_lines(provenance: Mapping[str, Any]) -> list[str]:
    if "sensors" not in provenance:
        sensor = provenance["sensor"]
        return [f"sensor: {sensor['name']} ({sensor['source']})"]
    return [
        f"sensor {each['name']}: {each['model']} on {each.get('mount', CLIP)}"
        for each in provenance["sensors"]
    ]


LIDAR = LidarDescription(
    name="lidar",
    members=MEMBERS,
    command="motiondata build-lidar",
    reported_means={"hits_mean": "hits per frame"},
    counted={
        "empty_frames": "are empty: no ray hits anybody",
        "crowded_frames": (
            f"are crowded: over {CROWDED:.0%} of all rays hit, so the sensor is at or in the body"
        ),
    },
)
