"""Commands that make what builds read: corpora of motion, converted archives, and a demonstration.

Nothing heavy is imported before a command runs, so that help appears at once.
"""

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.choices import Choice
from commands.options import execution_options
from commands.parameters import ANY, FILE, FOLDER
from commands.printing import json_option, say, show
from pipelines.engine.execution import Execution

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipelines.import_report import ImportReport

OPTIONS_OF = {
    "bvh": ("unit", "up", "joint_list", "captions", "splits", "body", "licence"),
    "joints": ("unit", "up", "fps", "captions", "splits", "body", "licence"),
    "smpl": ("up", "fps", "captions", "splits", "licence"),
    "smplx": ("up", "fps", "captions", "splits", "licence"),
    "pfnn": ("captions", "splits", "licence"),
    "cmu": ("body",),
    "lafan1": ("captions", "splits", "body"),
    "100style": ("splits", "body"),
    "motionhub": ("captions", "splits", "licence"),
    "babel": ("amass",),
    "kit-ml": ("amass",),
    "unimocap": ("amass",),
}
"""The options of `import` that each kind of files has."""
ANNOTATIONS = ("babel", "kit-ml", "unimocap")
"""The kinds that annotate recordings of AMASS."""
FLAGS = {"licence": "--license", "joint_list": "--joints"}
"""The options with another name than their parameter."""
UP_HELP = "Axis that is up: auto, x, y or z; for poses also -x, -y or -z."
UNIT_HELP = "Unit of lengths: auto, m, cm, mm, inch, cmu, or the meters of one unit."


@click.command("import-cmu")
@click.argument("source", type=FOLDER)
@click.option("--out", type=FOLDER, required=True, help="Folder of the archive to write.")
@json_option
def import_cmu(source: Path, out: Path, as_json: bool) -> None:
    """Convert CMU's ASF/AMC files to AMASS's layout.

    All files below SOURCE are read.

    Exit codes: 0, all motions were imported. 3, some were not; each of them is named.
    """
    from pipelines import sources

    show(sources.import_cmu(source, out, stream=sys.stderr), as_json)


@click.command("import")
@click.argument("source", type=ANY)
@click.option(
    "--from",
    "kind",
    type=Choice([*OPTIONS_OF]),
    required=True,
    help="Kind of the files: bvh; joints, .npy files of joints or motion features; smpl or smplx, "
    "files of poses (.npz, .npy, .pkl, .pk, .pt); pfnn, BVH files with phase and gait; cmu; "
    "lafan1, 100style, and motionhub, those archives; babel, kit-ml, and unimocap, annotations of "
    "AMASS.",
)
@click.option("--out", type=FOLDER, required=True, help="Folder of the archive to write.")
@click.option("--unit", default="auto", show_default=True, help=UNIT_HELP)
@click.option("--up", default="auto", show_default=True, help=UP_HELP)
@click.option(
    "--joints",
    "joint_list",
    type=FILE,
    help="List of the joints of BVH files: lines such as 'left_hip = LThigh'.",
)
@click.option("--captions", type=FILE, help="Template that makes captions from file names.")
@click.option("--splits", type=FILE, help="Template that divides clips by their file names.")
@click.option("--body", type=ANY, help="Body that is posed or fitted; by default the bundled body.")
@click.option(
    "--fps", type=float, help="Frame rate of joints or poses; by default, that of the file."
)
@click.option("--amass", type=FOLDER, help="Folder of the recordings that annotations are of.")
@click.option("--license", "licence", default="", help="License of the files, for each recording.")
@json_option
def import_motion(source: Path, kind: str, out: Path, as_json: bool, **options: Any) -> None:
    """Convert motion files to recordings in AMASS's layout.

    All files below SOURCE are read. Also writes an index of the recordings, index.csv, their
    captions, and split lists. The same command again continues an import that was stopped. The kind
    joints fits a body to positions. The kind cmu is the command import-cmu. The kinds babel, kit-ml
    and unimocap make no recordings: they write an index and captions of those below --amass.

    Exit codes: 0, all files were imported. 3, some were not; each of them is named.
    """
    from pipelines import sources

    _refuse_others(kind, options)
    if kind in ANNOTATIONS and options["amass"] is None:
        raise click.UsageError(f"--from {kind}: give the folder of the recordings with --amass")
    own = {name: options[name] for name in OPTIONS_OF[kind]}
    importers: dict[str, Callable[..., ImportReport]] = {
        "bvh": sources.import_bvh,
        "joints": sources.import_joints,
        "smpl": sources.import_smpl,
        "smplx": partial(sources.import_smpl, shape_space="smplx"),
        "pfnn": sources.import_pfnn,
        "cmu": sources.import_cmu,
        "lafan1": sources.import_lafan1,
        "100style": sources.import_style100,
        "motionhub": sources.import_motionhub,
        **{name: partial(sources.import_annotations, name) for name in ANNOTATIONS},
    }
    show(importers[kind](source, out, **own, stream=sys.stderr), as_json)


def _refuse_others(kind: str, options: dict[str, Any]) -> None:
    """Raise a usage error if an option is given that the kind does not have."""
    given = [name for name, value in options.items() if value not in (None, "", "auto")]
    for name in given:
        if name not in OPTIONS_OF[kind]:
            kinds = " or ".join(other for other, own in OPTIONS_OF.items() if name in own)
            raise click.UsageError(f"{FLAGS.get(name, f'--{name}')}: only for --from {kinds}")


@click.command()
@click.option("--clips", default=200, show_default=True, help="Number of clips to make.")
@click.option("--out", type=FOLDER, required=True, help="Folder of the corpus to write.")
@click.option("--seed", default=0, show_default=True, help="Seed of the corpus.")
@click.option(
    "--split",
    default="recordings",
    show_default=True,
    help="How clips are split: recordings, or pairs (of acts that only test clips have together).",
)
@click.option(
    "--acts",
    default="basic",
    show_default=True,
    help="Acts of the corpus: basic (17 kinds), or wide (34 kinds, more of them in a clip).",
)
@json_option
def synthesize(clips: int, out: Path, seed: int, split: str, acts: str, as_json: bool) -> None:
    """Make a corpus of synthetic motion.

    The corpus has recordings, captions, an index, and split lists.
    """
    from pipelines import synthesis

    show(synthesis.synthesize(out, clips, seed, sys.stderr, split, acts), as_json)


@click.command()
@click.argument("folder", type=FOLDER, default="demo")
@click.option("--clips", default=60, show_default=True, help="Number of clips to make.")
@execution_options(only=("workers",))
def demo(folder: Path, clips: int, **execution: Any) -> None:
    """Make a small dataset of synthetic motion in FOLDER.

    Makes a corpus, builds and verifies its shards, and draws a picture.
    """
    from pipelines import demo

    for line in demo.run(folder, clips, Execution(**execution), sys.stderr):
        say(line)
