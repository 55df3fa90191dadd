"""Commands that write the arrays or the bodies of a finished dataset to files.

Nothing heavy is imported before a command runs, so that help appears at once.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.choices import Choice
from commands.clips import exclude_option
from commands.options import flag_of, options_of, take
from commands.parameters import ANY, DATASET, FOLDER, SOURCE
from commands.printing import json_option, show
from pipelines.datasets.export_options import (
    BY_POSITIONS,
    BY_ROTATIONS,
    EXPORT_FORMATS,
    SKELETONS,
    ExportOptions,
)
from pipelines.motion_export.options import MOTION_FORMATS, MotionExportOptions

if TYPE_CHECKING:
    from shards.format.places import Place


@click.command()
@click.argument("source", type=SOURCE)
@click.option(
    "--format",
    type=Choice([*EXPORT_FORMATS, *MOTION_FORMATS]),
    required=True,
    help="Format of the files.",
)
@click.option("--out", type=FOLDER, required=True, help="Folder to write the files into.")
@click.option("--split", help="Split to export [default: all].")
@exclude_option
@click.option("--field", help="Array to export [default: the first floating-point one].")
@click.option("--seed", type=int, help="Seed of the order in packs [default: 0].")
@click.option(
    "--tag-words",
    is_flag=True,
    default=None,
    help="Tag captions without tokens with parts of speech, by spaCy, in folders of trainers.",
)
@click.option(
    "--tag-model",
    help="Name or folder of spaCy's pipeline for --tag-words [default: en_core_web_sm].",
)
@click.option(
    "--labels",
    help="Labels of skeleton sequences: subset, caption, or a file (.csv with key and label, or "
    "labels.jsonl of synthetic motion) [default: subset].",
)
@click.option(
    "--skeleton",
    type=Choice(SKELETONS),
    help="Skeleton of the sequences [default: that of the dataset].",
)
@click.option(
    "--length",
    type=click.IntRange(min=1),
    help="Frames of each sequence of st-gcn and ctr-gcn [default: 300].",
)
@click.option(
    "--persons",
    type=click.IntRange(min=1),
    help="Persons of each sequence of st-gcn and ctr-gcn; all but one are zeros [default: 2].",
)
@click.option("--key", "keys", multiple=True, help="Key of a clip to export; may be repeated.")
@options_of(MotionExportOptions, skip=("format", "split", "keys", "exclude"), types={"body": ANY})
@json_option
def export(source: "Place", out: Path, as_json: bool, **parameters: Any) -> None:
    """Write a dataset to files.

    The formats are described in docs/export.md. For every dataset SOURCE: npy-tree has one file per
    clip, packs-of-32 one per 32 frames, pcd one per frame; --field and --seed are for these.
    humanml3d, kit, motionstreamer, and motionmillion are the folders of trainers of motion
    features, and pfnn is the file of a phase-functioned network's training. st-gcn, ctr-gcn, pyskl,
    and ntu are skeleton sequences with labels, of datasets with joints; --labels and --skeleton are
    for these.

    Of posed bodies: obj and ply have one mesh per frame, glb one animated, skinned mesh per clip,
    bvh one skeleton per clip, amass one recording per clip, smpl one file of MDM's smpl_params per
    clip. SOURCE is a dataset of motion, a recording (.npz), or a folder of recordings; --key,
    --limit, --stride, and --body are for these.

    An export that was stopped resumes: the same command writes only the missing files.
    """
    if parameters["format"] in MOTION_FORMATS:
        from pipelines.motion_export.export import export_motion

        options = take(MotionExportOptions, parameters)
        _expect_unset(parameters, options.format)
        show(export_motion(source, out, options), as_json)
    else:
        from pipelines.datasets.export import export as export_arrays

        given = {name: value for name, value in parameters.items() if value is not None}
        arrays = take(ExportOptions, given)
        _expect_unset(given, arrays.format)
        show(export_arrays(source, out, arrays), as_json)


def _expect_unset(parameters: Mapping[str, Any], kind: str) -> None:
    """Refuse the options that a format does not have."""
    for name, value in parameters.items():
        if value not in (None, ()) and value != getattr(MotionExportOptions, name, None):
            flag = flag_of(name.removesuffix("s") if name == "keys" else name)
            raise click.UsageError(f"{flag} has no effect with --format {kind}; leave it out")


@click.command()
@click.argument("dataset", type=DATASET)
@click.option("--out", type=FOLDER, required=True, help="Folder to write the files into.")
@click.option("--split", help="Split to recover [default: all].")
@click.option(
    "--by-rotations", is_flag=True, help="Joints by the stored rotations, not by the positions."
)
@json_option
def recover(
    dataset: "Place", out: Path, split: str | None, by_rotations: bool, as_json: bool
) -> None:
    """Recover joints and poses from motion features.

    Writes the joints of a DATASET of motion features to files, and for repr-272 the path of the
    root and the poses. The folders are joints, root, and pose, with one .npy file per clip. Frames
    and units are those of the features. The same command resumes after an interruption.
    """
    from pipelines.datasets import export

    options = ExportOptions(BY_ROTATIONS if by_rotations else BY_POSITIONS, split)
    show(export.export(dataset, out, options), as_json)
