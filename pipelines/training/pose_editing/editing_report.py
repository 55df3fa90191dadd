"""The report of a training of a pose editor: measures of the splits that were not trained on."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from pipelines.engine.reports import Report, to_plain
from pipelines.engine.text_tables import table
from pipelines.training.common.run_training import TrainingRun
from pipelines.training.pose_editing.edit_items import read_items
from pipelines.training.pose_editing.edit_measures import EditMeasures
from pipelines.training.pose_editing.edit_rows import HEADER, READING, edit_rows, row_cells
from pipelines.training.pose_editing.editor_task import EditorTask
from shards.format.publishing import publish

EDITING = "editing.json"
VERTICES = 2
"""The column of vertices, which only an evaluation with a body compares."""


@dataclass(frozen=True)
class EditingReport(Report):
    """The result of a training of a pose editor."""

    run: TrainingRun
    measures: Mapping[str, Mapping[str, EditMeasures]]
    """Measures by split and by row of the table, of the splits that were not trained on."""

    @classmethod
    def of(cls, task: EditorTask, run: TrainingRun) -> Self:
        """Measure the splits that were not trained on, and write `editing.json`."""
        task.module.eval()
        found = {split: _measure(task, split) for split in task.splits}
        document = json.dumps(to_plain(found), indent=1, allow_nan=False) + "\n"
        publish(run.checkpoint.with_name(EDITING), document.encode())
        return cls(run, found)

    def lines(self) -> list[str]:
        """Return a table of the measures, and the path of the editor."""
        rows = [
            row_cells(f"{split}, {name}", each)
            for split, found in self.measures.items()
            for name, each in found.items()
        ]
        shown = [(*row[:VERTICES], *row[VERTICES + 1 :], "") for row in (HEADER, *rows)]
        return [
            *table(shown, numbers=True),
            READING.replace("joints, vertices", "joints"),
            f"the pose editor is in {self.run.checkpoint}",
        ]


def _measure(task: EditorTask, split: str) -> Mapping[str, EditMeasures]:
    items = read_items(task.data, split)
    rows = edit_rows(items, task.loaded(), task.baselines, task.shaped, task.seed)
    return {name: row.measures for name, row in rows.items()}
