"""Labels: read as the synthesizer writes them, and counted by kind."""

import json
from pathlib import Path
from typing import Any

import pytest

from motiondata.errors import InputError
from motiondata.synthesis.acts import Act
from pipelines.evaluation.acts.act_scoring import known_acts
from pipelines.evaluation.acts.labels import (
    ALL_KINDS,
    ClipCount,
    KindCount,
    count_acts,
    read_labels,
)
from tests.support.evaluated_corpus import Corpus


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_labels_are_those_of_the_clips_whatever_their_view(corpus: Corpus) -> None:
    found = read_labels(corpus.labels, corpus.test.keys)
    by_name = {line["name"]: line["acts"] for line in lines_of(corpus.labels)}
    for key, acts in zip(corpus.test.keys, found, strict=True):
        named = [act for label in by_name[key.removesuffix("_v1")] for act in with_gesture(label)]
        assert [known.act.kind for known in acts] == [act["kind"] for act in named]
        assert [known.act.turn_deg for known in acts] == [act["turn_deg"] for act in named]


def with_gesture(label: dict[str, Any]) -> list[dict[str, Any]]:
    return [label, label["gesture"]] if label["gesture"] else [label]


def test_the_references_tell_what_the_labels_say(corpus: Corpus) -> None:
    acts = read_labels(corpus.labels, corpus.test.keys)
    for named in ([texts[0] for texts in corpus.test.texts.values()],
                 [texts[-1] for texts in corpus.test.texts.values()]):  # fmt: skip
        counted = count_acts(named, acts)
        assert counted.clips_right == counted.clips_named == len(acts)


def test_captions_of_mirrored_clips_tell_the_wrong_sides(corpus: Corpus) -> None:
    texts = corpus.test.texts
    mirrored = [texts[key[1:] if key.startswith("M") else f"M{key}"][0] for key in texts]
    count = count_acts(mirrored, read_labels(corpus.labels, corpus.test.keys)).kinds[ALL_KINDS]
    assert count.named == count.acts
    assert count.sides_right < count.sides
    assert count.directions_right < count.directions
    assert count.right < count.acts


def test_acts_are_counted_by_kind() -> None:
    wave, turn = Act("wave", "left", count=3), Act("turn", "", "left", turn_deg=90)
    clips = [known_acts(acts) for acts in ([wave], [wave, turn], [turn])]
    captions = ["waves with her right hand", "waves her left hand, turns left", "claps and claps"]
    counted = count_acts(captions, clips)
    assert (counted.clips, counted.clips_right, counted.clips_named) == (3, 1, 2)
    assert counted.numbers == {1: ClipCount(clips=2, named=1), 2: ClipCount(clips=1, named=1)}
    assert counted.pairs == {"turn, wave": ClipCount(clips=1, named=1)}
    assert list(counted.kinds) == ["clap", "turn", "wave", ALL_KINDS]
    assert counted.kinds["clap"] == KindCount(0, 0, 0, 0, 0, 0, 0, besides=2)
    assert counted.kinds["turn"] == KindCount(
        acts=2, named=1, sides=0, sides_right=0, directions=2, directions_right=1, right=1,
        besides=0,
    )  # fmt: skip
    assert counted.kinds["wave"] == KindCount(
        acts=2, named=2, sides=2, sides_right=1, directions=0, directions_right=0, right=1,
        besides=0,
    )  # fmt: skip
    assert counted.kinds[ALL_KINDS] == KindCount(4, 3, 2, 1, 2, 1, 2, 2)


ACT = {"kind": "turn", "side": "", "direction": "left", "count": 1, "pace": "", "size": "",
       "turn_deg": 90, "gesture": None}  # fmt: skip

WRONG: dict[str, object] = {
    "no acts": {"name": "000001"},
    "acts that are none": {"name": "000001", "acts": 3},
    "an act without a kind": {"name": "000001", "acts": [{"side": "left"}]},
    "a kind that nobody makes": {"name": "000001", "acts": [{**ACT, "kind": "fly"}]},
    "a turn in words": {"name": "000001", "acts": [{**ACT, "turn_deg": "far"}]},
    "a gesture in words": {"name": "000001", "acts": [{**ACT, "gesture": "waves"}]},
    "a name that is a list": {"name": [], "acts": [ACT]},
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_label_is_refused_in_a_sentence(tmp_path: Path, case: str) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_text(json.dumps(WRONG[case]))
    with pytest.raises(InputError, match="line 1: expected the name and the acts of a clip"):
        read_labels(path, ["000001"])


def test_labels_of_another_corpus_are_refused(corpus: Corpus) -> None:
    with pytest.raises(InputError, match="none of '999999'; give the labels"):
        read_labels(corpus.labels, [*corpus.test.keys, "999999_v1"])
