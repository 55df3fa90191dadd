"""Files of labels of attributes: what is read, and what is refused in a sentence."""

import json
from pathlib import Path
from typing import Any

import pytest

from motiondata.errors import InputError
from pipelines.evaluation.attributes.labels import AttributeLabels

WALK = {"value": "walk", "texts": ["walks"]}
SAD = {"value": "sad", "texts": ["sadly", "in sorrow"]}
LINE = {
    "name": "c1",
    "captions": ["a person {act} {mood}", "{mood}, someone {act}"],
    "attributes": {"act": WALK, "mood": SAD},
}


def read(tmp_path: Path, *lines: object) -> AttributeLabels:
    (tmp_path / "labels.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return AttributeLabels.read(tmp_path / "labels.jsonl")


def changed(**values: Any) -> dict[str, Any]:
    return {**LINE, **values}


def test_labels_have_the_values_of_clips_whatever_their_view(tmp_path: Path) -> None:
    glad = {"value": "glad", "texts": ["gladly"]}
    found = read(tmp_path, LINE, changed(name="c2", attributes={"act": WALK, "mood": glad}), LINE)
    assert found.of(["c2_v3", "c1"]) == [
        {"act": "walk", "mood": "glad"},
        {"act": "walk", "mood": "sad"},
    ]
    assert found.patterns == ("a person {act} {mood}", "{mood}, someone {act}")
    assert found.caption({"act": "walk", "mood": "glad"}) == "a person walks gladly"
    with pytest.raises(InputError, match=r"none of 'c3'; give the labels.* of the archive"):
        found.of(["c1", "c3"])


WRONG: dict[str, tuple[object, str]] = {
    "no name": ({"captions": ["{act}"], "attributes": {"act": WALK}}, 'expected {"name"'),
    "acts of the synthesizer": ({"name": "c1", "acts": []}, 'expected {"name"'),
    "a name that is a list": (changed(name=[]), 'expected {"name"'),
    "attributes that are a list": (changed(attributes=[]), 'expected {"name"'),
    "an attribute without texts": (changed(attributes={"act": {"value": "x"}}), 'expected {"name"'),
    "no text": (changed(attributes={"act": {"value": "x", "texts": []}}), 'expected {"name"'),
    "a text that is none": (changed(attributes={"act": {"value": "x", "texts": [1]}}), "expected"),
    "captions in one text": (changed(captions="{act} {mood}"), 'expected {"name"'),
    "no attribute": (changed(attributes={}), "name each attribute in braces .none."),
    "a caption without mood": (changed(captions=["a person {act}"]), "each attribute in braces"),
    "a caption of another": (changed(captions=["{act} {mood} {who}"]), "each attribute in braces"),
    "a caption with a twin": (changed(captions=["{act} {act} {mood}"]), "each word once"),
    "a brace": (changed(captions=["{act} {mood} {"]), "expected words of a to z"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_label_is_refused_in_a_sentence(tmp_path: Path, case: str) -> None:
    line, message = WRONG[case]
    with pytest.raises(InputError, match=rf"labels\.jsonl, line 1: .*{message}"):
        read(tmp_path, line)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (changed(name="c2", captions=["{act}"], attributes={"act": WALK}),
         "the attributes act, mood"),
        (changed(name="c2", attributes={"act": {"value": "walk", "texts": ["goes"]}, "mood": SAD}),
         r"the texts \['walks'\] of the act 'walk'"),
        (changed(attributes={"act": {"value": "run", "texts": ["runs"]}, "mood": SAD}),
         "one label per clip, found another of 'c1'"),
    ],
)  # fmt: skip
def test_lines_that_contradict_each_other_are_refused(
    tmp_path: Path, line: object, message: str
) -> None:
    with pytest.raises(InputError, match=rf"line 2: expected {message}"):
        read(tmp_path, LINE, line)
