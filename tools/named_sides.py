"""Check whether files of joints are a mirror image, by the sides that their captions name.

Run `python -m tools.named_sides JOINTS INDEX TEXTS` with HumanAct12's joints, and
HumanML3D's `index.csv` and `texts/`.
"""

from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from motiondata.errors import RecordingError
from motiondata.sources.humanml3d.captions import find_captions
from motiondata.sources.humanml3d.index import iter_index
from motiondata.sources.joints.humanact12 import HumanAct12
from motiondata.sources.joints.named_sides import check_sides


@click.command()
@click.argument("joints", type=click.Path(path_type=Path))
@click.argument("index", type=click.Path(path_type=Path))
@click.argument("texts", type=click.Path(path_type=Path))
def main(joints: Path, index: Path, texts: Path) -> None:
    """Print what joints and captions say about the side."""
    check = check_sides(_motions(joints, index, texts))
    click.echo(f"{check.motions} motions, {check.reversed_people} with the feet behind the person")
    click.echo(f"{check.agreeing} of {check.named} named limbs move more than their other side")
    click.echo(check.verdict)


def _motions(
    joints: Path, index: Path, texts: Path
) -> Iterator[tuple[NDArray[np.float64], list[str]]]:
    files = HumanAct12.scan(joints)
    for row in iter_index(index):
        if row.is_humanact12:
            try:
                path = files.locate(row)
            except RecordingError:
                continue
            captions = [caption.text for caption in find_captions(texts, row.name)]
            yield np.load(joints / path), captions


if __name__ == "__main__":
    main()
