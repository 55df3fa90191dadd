"""Measure how closely converted CMU motions follow their skeletons; print docs/cmu.md's tables.

Run `python -m benchmarks.sources.cmu_fidelity DIR` on a folder of ASF/AMC files.
"""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.measures import sole_meters
from motiondata.bodies.posing import pose_joints
from motiondata.sources.cmu.amc import read_amc
from motiondata.sources.cmu.convert import CmuSubject, convert_motion, read_subject
from motiondata.sources.cmu.kinematics import WorldBones, pose_bones
from motiondata.sources.cmu.retarget_errors import segment_errors_deg
from pipelines.engine.text_tables import markdown_table


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--quick", is_flag=True, help="The first trial only: does everything run?")
def main(folder: Path, quick: bool) -> None:
    """Print the tables for the ASF/AMC files below FOLDER."""
    errors: dict[str, list[NDArray[np.float64]]] = {}
    soles: list[tuple[str, ...]] = []
    for name, subject, world, joints in islice(_converted(folder), 1 if quick else None):
        for segment, degrees in segment_errors_deg(world, joints).items():
            errors.setdefault(segment, []).append(degrees)
        low, middle = np.percentile(sole_meters(subject.shaped, joints) * 100, (5, 50))
        soles.append((name, str(len(joints)), f"{low:.1f}", f"{middle:.1f}"))
    if not soles:
        raise click.ClickException(f"{folder}: expected CMU's .asf and .amc files, found none")
    rows = [(segment, *_percentiles(np.concatenate(parts))) for segment, parts in errors.items()]
    print(*markdown_table(["segment to", "median", "95 %", "max"], rows), "", sep="\n")
    print(*markdown_table(["trial", "frames", "5 %", "median"], soles), sep="\n")


def _percentiles(degrees: NDArray[np.float64]) -> list[str]:
    return [f"{figure:.1f}" for figure in np.percentile(degrees, (50, 95, 100))]


def _converted(
    folder: Path,
) -> Iterator[tuple[str, CmuSubject, WorldBones, NDArray[np.float64]]]:
    """Yield each motion's name, its subject, its world bones, and the converted joints."""
    for skeleton in sorted(folder.rglob("*.asf")):
        subject = read_subject(skeleton)
        for path in sorted(skeleton.parent.glob(f"{skeleton.stem}_*.amc")):
            world = pose_bones(subject.skeleton, read_amc(path, subject.skeleton))
            recording = convert_motion(world, subject, path.stem)
            joints = pose_joints(subject.shaped, recording.pose, recording.trans)
            yield path.stem, subject, world, joints


if __name__ == "__main__":
    main()
