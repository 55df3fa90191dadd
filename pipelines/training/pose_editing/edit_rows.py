"""An editor and the baselines as rows of one table: their poses and the measures of these."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.posing import ShapedBody
from motiondata.watching import Watch, unwatched
from pipelines.training.pose_editing.edit_items import EditItems
from pipelines.training.pose_editing.edit_measures import (
    EditMeasures,
    Likelihood,
    joint_errors,
    measure_bound,
    measure_edits,
)
from pipelines.training.pose_editing.load_pose_editor import LoadedPoseEditor
from pipelines.training.pose_editing.pose_baselines import PoseBaseline

EDITOR, DRAWN = "editor", "editor, one draw"
DRAWS = 8
"""Draws of which the nearest to pose B is taken."""


@dataclass(frozen=True, eq=False)
class EditRow:
    """Edited poses, axis-angle, shaped (items, 22, 3), radians, and their measures."""

    poses: NDArray[np.floating]
    measures: EditMeasures


def edit_rows(
    items: EditItems,
    editor: LoadedPoseEditor,
    baselines: Mapping[str, PoseBaseline],
    shaped: ShapedBody,
    seed: int,
    surfaces: bool = False,
) -> dict[str, EditRow]:
    """Return the rows of the editor and of the baselines, by name. `seed` draws latent vectors."""

    def row(poses: NDArray[np.floating], likelihood: Likelihood | None = None) -> EditRow:
        return EditRow(poses, measure_edits(items, poses, shaped, likelihood, surfaces))

    bound, _ = measure_bound(editor.module, items, seed)
    expected, drawn = editor.edit_repeatedly(items.first, items.texts, [None, seed])
    return {
        EDITOR: row(expected, bound),
        DRAWN: row(drawn),
        **{
            name: row(each.answer(items), each.likelihood(items))
            for name, each in baselines.items()
        },
    }


def nearest_draw_mm(
    items: EditItems,
    editor: LoadedPoseEditor,
    shaped: ShapedBody,
    seed: int,
    watch: Watch = unwatched,
) -> float:
    """Return the mean joint error of the nearest of `DRAWS` draws of each item, millimeters."""
    seeds = range(seed, seed + DRAWS)
    with watch(len(items)) as advance:
        draws = editor.edit_repeatedly(items.first, items.texts, seeds, advance)
    errors = [joint_errors(edited, items.second, shaped) for edited in draws]
    return float(np.min(errors, axis=0).mean())


HEADER = ("", "joints mm", "vertices mm", "said, exactly", "in direction", "rotations", "joints")
READING = (
    "joints, vertices: mean distance from pose B, the pelvis at one place; said: share of what the "
    "texts say that holds; rotations, joints: log likelihood of pose B, or its bound, in nats per "
    "number"
)


def row_cells(name: str, measures: EditMeasures) -> tuple[str, ...]:
    """Return the cells of a row, in the order of `HEADER`."""
    return (name, *_cells(measures))


def _cells(found: EditMeasures) -> Iterator[str]:
    likelihood = found.likelihood
    yield f"{found.joint_error_mm:.1f}"
    yield "-" if found.vertex_error_mm is None else f"{found.vertex_error_mm:.1f}"
    for share in (found.said_exactly, found.said_in_direction):
        yield "-" if share is None else f"{share:.1%}"
    yield from (
        ("-", "-")
        if likelihood is None
        else (
            f"{likelihood.rotations:.3f}",
            f"{likelihood.joints:.3f}",
        )
    )
