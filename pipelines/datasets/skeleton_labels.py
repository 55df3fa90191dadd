"""Labels of skeleton sequences: the class of each sample, and the name of each class."""

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from motiondata.counting import counted
from motiondata.errors import InputError
from motiondata.json_lines import no_acts, read_json_lines
from pipelines.datasets.export_options import CAPTION, SUBSET
from shards.format.dataset import Dataset

ClipName = Callable[[str], str]
"""Returns the name of the clip that a sample shows, given the sample's key."""


@dataclass(frozen=True)
class Classes:
    """The classes of a dataset, over all of its splits, so that numbers do not depend on these."""

    names: tuple[str, ...]
    """The names in the order of their numbers, which count from 0."""
    of_key: Mapping[str, int]
    """The class of each sample."""

    @staticmethod
    def of(labels: Mapping[str, str]) -> "Classes":
        """Return the classes of labels by key. Labels that are numbers are ordered as numbers."""
        found = {*labels.values()}
        are_numbers = all(label.isdecimal() for label in found)
        names = sorted(found, key=(lambda label: (int(label), label)) if are_numbers else None)
        numbers = {name: number for number, name in enumerate(names)}
        return Classes(tuple(names), {key: numbers[label] for key, label in labels.items()})


def classes_of(dataset: Dataset, labels: str, clip_name: ClipName) -> Classes:
    """Return the classes of a dataset's samples.

    `labels` is `subset`, `caption`, or a file. Raises `InputError` if a sample has no label.
    """
    keys = dataset.manifest["key"].to_pylist()
    if labels == SUBSET:
        return Classes.of(dict(zip(keys, dataset.manifest["subset"].to_pylist(), strict=True)))
    if labels == CAPTION:
        captions = dataset.manifest["captions"].to_pylist()
        return Classes.of(_of_keys(keys, dict(zip(keys, map(_first, captions), strict=True)),
                                   str, "a caption"))  # fmt: skip
    found = read_labels(Path(labels))
    return Classes.of(_of_keys(keys, found, clip_name, f"a label in {labels}"))


def read_labels(path: Path) -> dict[str, str]:
    """Return the labels of a `.csv` with columns key and label, or of synthetic motion's `.jsonl`.

    The label of a synthetic clip is the kind of its longest act. Raises `InputError` for others.
    """
    if path.suffix.lower() == ".jsonl":
        return {
            _text(line, "name", at): _longest_act(line, at) for at, line in read_json_lines(path)
        }
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            f"--labels {path}: expected subset, caption, or a .csv or .jsonl file; {error}"
        ) from error
    return {_text(line, "key", str(path)): _text(line, "label", str(path)) for line in lines}


def _of_keys(
    keys: list[str], labels: Mapping[str, str], clip_name: ClipName, what: str
) -> dict[str, str]:
    """Return the label of each key, or of the clip that it shows."""
    found = {key: labels.get(key) or labels.get(clip_name(key)) or "" for key in keys}
    without = [key for key, label in found.items() if not label]
    if without:
        raise InputError(
            f"expected {what} for each sample, found none for {counted(len(without), 'sample')}, "
            f"first {without[0]}; choose other --labels, or remove these samples with "
            "motiondata filter"
        )
    return found


def _first(captions: list[str]) -> str:
    return captions[0] if captions else ""


def _text(line: Mapping[str, Any], name: str, where: str) -> str:
    value = line.get(name)
    if not isinstance(value, str) or not value.strip():
        raise InputError(f"{where}: expected a text as {name!r}, found {value!r:.60}")
    return value.strip()


def _longest_act(line: Mapping[str, Any], where: str) -> str:
    try:
        acts = [(act["end_seconds"] - act["start_seconds"], act["kind"]) for act in line["acts"]]
        return str(max(acts, key=lambda act: act[0])[1])
    except (KeyError, TypeError, ValueError) as error:
        raise no_acts(where, line, "write a .csv file with the columns key and label") from error
