"""Write the report of a training: one HTML page, made of the files of its folder.

The same files give the same bytes. Neither PyTorch nor the checkpoint is needed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from math import isfinite
from pathlib import Path
from typing import Any, TextIO

from motiondata.counting import counted
from pipelines.engine.errors import os_errors_as_aborted
from pipelines.engine.progress import Progress
from pipelines.engine.reports import Report
from pipelines.viewing.report.hidden_paths import hide_paths
from pipelines.viewing.report.html import make_training_page
from pipelines.viewing.report.write_report import expect_place
from pipelines.viewing.training.curves import chart_to_json, charts_of
from pipelines.viewing.training.training_folder import TrainingFolder, read_training
from shards.format.publishing import publish

MOST_ALARMS = 200
"""Alarms that the page lists."""


@dataclass(frozen=True)
class TrainingReport(Report):
    """A report of a training that was written."""

    report: Path
    """The HTML file."""
    bytes: int
    steps: int
    """The number of steps in the log."""
    validations: int
    alarms: int
    sampled: int
    """The number of clips with sample captions."""
    faults: tuple[str, ...]
    """What of the folder cannot be read."""

    def lines(self) -> list[str]:
        """Return a line with the path and the size, and a line per fault."""
        found = (
            counted(self.steps, "step"), counted(self.validations, "validation"),
            counted(self.alarms, "alarm"),
        )  # fmt: skip
        return [
            *(f"not sound: {fault}" for fault in self.faults),
            f"a report: {self.report} ({self.bytes / 1e6:,.1f} MB; {', '.join(found)}); open it "
            "in a browser",
        ]


def write_training_report(path: Path, out: Path, stream: TextIO | None = None) -> TrainingReport:
    """Write the report of a training's folder into an HTML file.

    Progress is written to `stream`. Raises `InputError` if the folder has no log with a step, and
    for a wrong name of the file.
    """
    expect_place(out, path)
    with Progress(2, 0, stream, "parts") as progress:
        training = read_training(path)
        progress.advance(1)
        page = make_training_page(f"{training.name}: training", _summarize(training)).encode()
        progress.advance(1)
    with os_errors_as_aborted(out.parent):
        out.parent.mkdir(parents=True, exist_ok=True)
        publish(out, page)
    return TrainingReport(
        out, len(page), len(training.steps), len(training.validations), len(training.alarms),
        len(training.samples), training.faults,
    )  # fmt: skip


def _summarize(training: TrainingFolder) -> Mapping[str, Any]:
    alarms = training.alarms
    return {
        "name": training.name,
        "totals": {
            "steps": len(training.steps),
            "epochs": training.steps[-1].get("epoch"),
            "seconds": sum(record.get("seconds", 0.0) for record in training.steps),
            "validations": len(training.validations),
            "alarms": len(alarms),
            "loss": _or_none(training.steps[-1]["loss"]),
        },
        "last_step": training.records[-1]["step"],
        "stages": training.stages,
        "charts": [chart_to_json(chart) for chart in charts_of(training.records)],
        "alarms": [[alarm.step, hide_paths(alarm.text)] for alarm in alarms[-MOST_ALARMS:]],
        "samples": [asdict(said) for said in training.samples],
        "results": {name: _table_of(found) for name, found in training.results.items()},
        "faults": training.faults,
    }


def _table_of(result: Any) -> Mapping[str, Any]:
    """Return the measures of a result: a column for each split, which are its keys."""
    splits = result if isinstance(result, Mapping) else {"": result}
    columns = {str(split): dict(_rows("", found)) for split, found in splits.items()}
    names = dict.fromkeys(name for column in columns.values() for name in column)
    rows = [[name, *(column.get(name) for column in columns.values())] for name in names]
    return {"columns": [*columns], "rows": rows}


def _rows(name: str, value: Any) -> Iterator[tuple[str, float | str | None]]:
    """Yield the values of a result, each with its path."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _rows(f"{name}, {key}" if name else str(key), inner)
    elif isinstance(value, int | float):
        yield name.replace("_", " "), _or_none(value)
    else:
        yield name.replace("_", " "), hide_paths(str(value))


def _or_none(value: float) -> float | None:
    return value if isfinite(value) else None
