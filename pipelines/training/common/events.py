"""A training log as an event file of TensorBoard, which the package `tensorboard` writes.

The file is made of `log.jsonl` alone: the same lines give the same bytes. Times are the seconds of
the steps so far, since the log has no clock.
"""

from pathlib import Path
from typing import Any, BinaryIO

from pipelines.training.common.curves import scalars_of
from pipelines.training.common.logs import ALARMS, SAMPLES, WATCH, Record

EVENTS = Path("tensorboard", "events.out.tfevents.log")
"""The file in the folder of a training. TensorBoard finds files by `tfevents` in their name."""
VERSION = "brain.Event:2"
"""The format, which the first event of a file names."""


class EventFile:
    """The event file of a training, written anew; `add` appends the events of a line of the log.

    The first line of the log replaces the file of an earlier run, so a run that is refused before
    changes nothing.
    """

    def __init__(self, out: Path) -> None:
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.summary.writer.record_writer import RecordWriter

        self._path = out / EVENTS
        self._file: BinaryIO | None = None
        self._event, self._writer = Event, RecordWriter
        self._seconds = 0.0

    def add(self, record: Record) -> None:
        """Append the numbers of a line and, of a validation, its alarms and sample captions."""
        if self._file is None:
            self._open()
        self._seconds += record.get("seconds", 0.0)
        self._write(step=record["step"], summary=_summary_of(record))

    def close(self) -> None:
        """Close the file, if a line was written."""
        if self._file is not None:
            self._file.close()

    def _open(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._path.open("wb")
        self._records = self._writer(self._file)
        self._write(file_version=VERSION)

    def _write(self, **values: Any) -> None:
        event = self._event(wall_time=self._seconds, **values)
        self._records.write(event.SerializeToString(deterministic=True))
        self._records.flush()


def _summary_of(record: Record) -> Any:
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.plugins.text.summary_v2 import text_pb

    summary = Summary()
    for name, value in scalars_of(record).items():
        summary.value.add(tag=name, simple_value=value)
    for name, texts in _texts_of(record).items():
        summary.MergeFrom(text_pb(name, texts))
    return summary


def _texts_of(record: Record) -> dict[str, list[str]]:
    if WATCH not in record:
        return {}
    samples = record[WATCH].get(SAMPLES, ())
    texts = {
        ALARMS: list(record.get(ALARMS, ())),
        SAMPLES: [f"{each['caption']} (reference: {each['reference']})" for each in samples],
    }
    return {name: lines for name, lines in texts.items() if lines}
