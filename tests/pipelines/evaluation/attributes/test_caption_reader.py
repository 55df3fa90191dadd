"""Captions are read back: each text says its value, whatever stands beside it."""

from itertools import product
from pathlib import Path

import pytest

from motiondata.sources.imports.clip_labels import label_of, mirrored_label, write_labels
from motiondata.sources.imports.file_names import CaptionTemplate, read_template
from pipelines.evaluation.attributes.caption_reader import CaptionReader
from pipelines.evaluation.attributes.labels import AttributeLabels


@pytest.fixture(scope="module")
def template() -> CaptionTemplate:
    return read_template()


@pytest.fixture(scope="module")
def labels(template: CaptionTemplate, tmp_path_factory: pytest.TempPathFactory) -> AttributeLabels:
    """Label a clip of every content and style that the bundled template knows, and its mirror."""
    folder = tmp_path_factory.mktemp("labels")
    names = [
        f"dataset-1_{content}_{style}_001"
        for content, style in product(template.texts["content"], template.texts["style"])
    ]
    plain = [label for name in names if (label := label_of(name, name, template))]
    mirrored = [mirrored_label(label, f"M{label.name}", template) for label in plain]
    write_labels(folder, [*plain, *mirrored])
    return AttributeLabels.read(folder / "labels.jsonl")


@pytest.fixture(scope="module")
def reader(labels: AttributeLabels) -> CaptionReader:
    return CaptionReader.of(labels)


def said_by(reader: CaptionReader, caption: str) -> dict[str, set[str] | None]:
    found = reader.read(caption)
    return {name: None if values is None else {*values} for name, values in found.items()}


def test_every_caption_of_the_template_says_its_content_and_style(
    template: CaptionTemplate, labels: AttributeLabels, reader: CaptionReader
) -> None:
    same = {"dance-long", "dance-short"}  # both dance
    for name, values in labels.clips.items():
        for caption in template.of_name(name.removeprefix("M")) * (not name.startswith("M")):
            said = said_by(reader, f"{caption}.".upper())
            assert said["style"] == {values["style"]}
            expected = same if caption.startswith("a person dances") else {values["content"]}
            assert said["content"] == expected


@pytest.mark.parametrize(
    ("caption", "content", "style"),
    [
        ("a person walks to the left sadly", {"walk-left"}, {"sad"}),
        ("someone walks backward", {"walk-back"}, {"normal"}),
        ("someone walks", {"walk"}, {"normal"}),
        ("Someone runs fast, in sorrow!", {"dash"}, {"sad"}),
        ("someone sadly runs", {"run"}, {"sad"}),
        ("a person walks forward walks sadly", {"walk"}, {"sad"}),
        ("a person dances", {"dance-long", "dance-short"}, {"normal"}),
        ("someone performs a long dance with pride", {"dance-long"}, {"proud"}),
        ("a person dances, performs a short dance", {"dance-short"}, {"normal"}),
        ("a person bows and runs forward", set(), None),
        ("a person bows proudly with pride", {"bow"}, {"proud"}),
        ("a person bows proudly in sorrow", {"bow"}, set()),
        ("a person bows in the manner of", {"bow"}, None),
        ("a person bows five times", {"bow"}, None),
        ("a person", None, {"normal"}),
        ("", None, None),
        ("a", None, None),
        ("a a a a a", None, None),
        ("person a walks", {"walk"}, None),
        ("like a giant", None, {"giant"}),
    ],
)
def test_captions_say_values(
    reader: CaptionReader, caption: str, content: set[str] | None, style: set[str] | None
) -> None:
    assert said_by(reader, caption) == {"content": content, "style": style}


def test_a_text_of_two_attributes_says_both(tmp_path: Path) -> None:
    text = """{"name": "c", "captions": ["{a} {b}"], "attributes": {
        "a": {"value": "x", "texts": ["hops"]}, "b": {"value": "y", "texts": ["hops", "high"]}}}"""
    (tmp_path / "labels.jsonl").write_text(" ".join(text.split()))
    reader = CaptionReader.of(AttributeLabels.read(tmp_path / "labels.jsonl"))
    assert said_by(reader, "hops") == {"a": {"x"}, "b": {"y"}}
    assert said_by(reader, "high") == {"a": None, "b": {"y"}}
