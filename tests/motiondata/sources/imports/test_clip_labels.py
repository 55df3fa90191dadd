"""Labels of imported clips: what names say, for plain and for mirrored clips."""

import json
from pathlib import Path
from typing import Any

import pytest

from motiondata.sources.imports.clip_labels import (
    LABELS,
    Attribute,
    ClipLabel,
    label_of,
    mirrored_label,
    write_labels,
)
from motiondata.sources.imports.file_names import read_template
from pipelines.sources import import_bvh
from tests.support.bvh_files import walking, write_bvh

OWN = """
files = "{who}_{act}_{take}"
captions = ["{who} {act}", "we see {act}"]
[act]
turnleft = ["turns left", "makes a left turn"]
turn-right = ["turns right", "turns to the right"]
hop = "hops"
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    (tmp_path / "own.toml").write_text(OWN)
    return tmp_path / "own.toml"


def lines_of(folder: Path) -> dict[str, Any]:
    lines = map(json.loads, (folder / LABELS).read_text().splitlines())
    return {line["name"]: line for line in lines}


def test_a_label_has_the_words_that_captions_name(own: Path) -> None:
    label = label_of("c1", "ann_hop_3", read_template(own))
    assert label is not None
    assert label.captions == ("{who} {act}", "we see {act}")
    assert label.attributes == {
        "who": Attribute("ann", ("ann",)),
        "act": Attribute("hop", ("hops",)),
    }
    assert label_of("c1", "other", read_template(own)) is None


@pytest.mark.parametrize(
    ("value", "mirrored"),
    [
        ("walk-left", "walk-right"),
        ("walk-right", "walk-left"),
        ("walk", "walk"),
        ("raise-up-left-hand", "raise-up-right-hand"),
    ],
)
def test_a_mirrored_clip_has_the_value_of_the_other_side(value: str, mirrored: str) -> None:
    template = read_template()
    label, other = (
        label_of("c1", f"dataset-2_{each}_old_001", template) for each in (value, mirrored)
    )
    assert label is not None
    assert other is not None
    assert mirrored_label(label, "Mc1", template) == ClipLabel(
        "Mc1", other.captions, other.attributes
    )


def test_a_value_without_a_side_in_its_name_gets_a_name_of_its_own(own: Path) -> None:
    template = read_template(own)
    label = label_of("c1", "ann_turnleft_3", template)
    assert label is not None
    found = mirrored_label(label, "Mc1", template).attributes["act"]
    assert found == Attribute("turnleft-mirrored", ("turns right", "makes a right turn"))


def test_an_import_writes_the_labels_of_its_captions(tmp_path: Path) -> None:
    (tmp_path / "captures/texts").mkdir(parents=True)
    for name in ("dataset-1_walk-left_old_001", "dataset-1_bow_sad_002", "unknown"):
        write_bvh(tmp_path / "captures" / f"{name}.bvh", *walking(30))
    (tmp_path / "captures/texts/dataset-1_bow_sad_002.txt").write_text("a man bows\n")
    import_bvh(tmp_path / "captures", tmp_path / "out")
    found = lines_of(tmp_path / "out")
    assert sorted(found) == ["Mdataset-1_walk-left_old_001", "dataset-1_walk-left_old_001"]
    values = {name: line["attributes"]["content"]["value"] for name, line in found.items()}
    assert values == {
        "dataset-1_walk-left_old_001": "walk-left",
        "Mdataset-1_walk-left_old_001": "walk-right",
    }
    for name, line in found.items():
        texts = {word: each["texts"] for word, each in line["attributes"].items()}
        made = [caption.format_map({word: each[number] for word, each in texts.items()})
                for number, caption in enumerate(line["captions"])]  # fmt: skip
        assert (tmp_path / "out/texts" / f"{name}.txt").read_text().splitlines() == made


def test_an_import_without_captions_of_names_has_no_labels(own: Path, tmp_path: Path) -> None:
    (tmp_path / "captures").mkdir()
    write_bvh(tmp_path / "captures/dataset-1_bow_sad_002.bvh", *walking(30))
    import_bvh(tmp_path / "captures", tmp_path / "out")
    assert (tmp_path / "out" / LABELS).is_file()
    import_bvh(tmp_path / "captures", tmp_path / "out", captions=own)
    assert not (tmp_path / "out" / LABELS).exists()


def test_no_labels_leave_no_file(tmp_path: Path) -> None:
    write_labels(tmp_path, [])
    assert not [*tmp_path.iterdir()]
