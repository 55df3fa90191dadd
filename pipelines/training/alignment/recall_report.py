"""The report of a training of motions with captions: recall in the splits not trained on."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

from pipelines.engine.reports import Report
from pipelines.engine.text_tables import table
from pipelines.training.alignment.contrastive_task import ContrastiveTask
from pipelines.training.alignment.recall import RECALL_AT
from pipelines.training.alignment.retrieval import Retrieval
from pipelines.training.common.run_training import TrainingRun
from shards.format.publishing import publish

RECALL = "recall.json"


@dataclass(frozen=True)
class RecallReport(Report):
    """The result of a training."""

    run: TrainingRun
    recall: Mapping[str, Retrieval]
    """Recall by split, of the splits that were not trained on."""

    trained: ClassVar[str]
    """What the checkpoint contains."""

    @classmethod
    def of(cls, task: ContrastiveTask, run: TrainingRun) -> Self:
        """Measure the splits that were not trained on, and write the recall to `recall.json`."""
        found = {split: task.evaluate(split) for split in task.evaluated}
        document = {split: retrieval.to_json() for split, retrieval in found.items()}
        publish(run.checkpoint.with_name(RECALL), (json.dumps(document, indent=1) + "\n").encode())
        return cls(run, found)

    def lines(self) -> list[str]:
        """Return a table of the recall, and the path of the checkpoint."""
        rows = [row for split, found in self.recall.items() for row in found.rows(split)]
        header = ("recall (chance)", *(f"@{k}" for k in RECALL_AT), "")
        where = f"the {self.trained} is in {self.run.checkpoint}"
        return [*table([header, *rows], numbers=True), where]
