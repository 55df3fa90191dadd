"""Builds of motion features of the small archive of tests."""

from pathlib import Path
from typing import Any

from pipelines.clips.options import ClipSelection, PackingOptions
from pipelines.engine.execution import Execution
from pipelines.products.motion_features.build import build_features
from pipelines.products.motion_features.options import (
    MotionFeatureBuildOptions,
    MotionFeatureOptions,
)
from shards.format.dataset import Dataset
from tests.support.archive import MadeArchive

HERE = Execution(workers=0)


def feature_options(
    archive: MadeArchive,
    representation: str,
    packing: PackingOptions | None = None,
    **features: Any,
) -> MotionFeatureBuildOptions:
    """Return the options of a build of the archive with its mirrored clips."""
    root = archive.root
    clips = ClipSelection(root / "index.csv", root / "amass", body=root / "body.npz", mirror=True)
    own = MotionFeatureOptions(representation, **features)
    return MotionFeatureBuildOptions(clips, own, packing or PackingOptions())


def built_features(
    archive: MadeArchive, out: Path, representation: str, **features: Any
) -> Dataset:
    """Build features of the archive in this process."""
    build_features(feature_options(archive, representation, **features), out, HERE)
    return Dataset.open(out)
