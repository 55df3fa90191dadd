"""File names become captions by a template that users can write."""

from pathlib import Path

import pytest

from motiondata.errors import InputError
from motiondata.sources.imports.file_names import mirrored, read_template

TEMPLATE = """
files = "{who}_{act}_*"
captions = ["{who} {act}", "we see that {who} {act}"]
[act]
walk = "walks"
jump-up = ["jumps up", "leaps"]
"""


def template(folder: Path, text: str) -> Path:
    (folder / "names.toml").write_text(text)
    return folder / "names.toml"


@pytest.mark.parametrize(
    ("name", "captions"),
    [
        ("ann_walk_1", ("ann walks", "we see that ann walks")),
        ("ann_jump-up_take_2", ("ann jumps up", "we see that ann leaps")),
        ("bob_stand-still_1", ("bob stand still", "we see that bob stand still")),
        ("ann_walk", ()),
        ("walk", ()),
    ],
)
def test_words_of_a_name_fill_in_the_captions(
    tmp_path: Path, name: str, captions: tuple[str, ...]
) -> None:
    assert read_template(template(tmp_path, TEMPLATE)).of_name(name) == captions


def test_digits_are_those_of_their_sign_and_not_of_the_word_before(tmp_path: Path) -> None:
    text = 'files = "{act}#_{who}"\ncaptions = ["{who} {act}"]'
    of_name = read_template(template(tmp_path, text)).of_name
    assert of_name("walk12_ann") == ("ann walk",)
    assert of_name("walk2x3_ann") == ("ann walk2x",)
    assert of_name("walk_ann") == ()


def test_the_bundled_template_knows_bandai_namco_s_names() -> None:
    of_name = read_template().of_name
    assert of_name("dataset-1_walk-left_not-confident_001") == (
        "a person walks to the left without confidence",
        "someone walks left in a shy way",
    )
    assert of_name("dataset-2_walk_normal_001") == ("a person walks forward", "someone walks")
    assert of_name("02_01") == ()


def test_mirrored_captions_exchange_left_and_right() -> None:
    assert mirrored("steps left with the right foot") == "steps right with the left foot"


@pytest.mark.parametrize(
    "text",
    [
        "files = 1",
        "files = 'a'\ncaptions = []",
        "captions = ['a']",
        "files = '{a}'\ncaptions = ['{b}']",
        "files = '{a}_{a}'\ncaptions = ['x']",
        "files = '{a'\ncaptions = ['x']",
        "files = '{A}'\ncaptions = ['x']",
        "files = '{a}'\ncaptions = ['x {a']",
        "files = '{a}'\ncaptions = ['x }']",
        "files = '{a}'\ncaptions = ['x {a!r}']",
        "files = '{a}'\ncaptions = ['x']\n[b]\nc = 'd'",
        "files = '{a}'\ncaptions = ['x']\n[a]\nc = 1",
        "files = '{a}'\ncaptions = ['x']\na = 'd'",
        "files =",
    ],
)
def test_a_wrong_template_is_an_error_with_its_file(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError, match=r"names\.toml"):
        read_template(template(tmp_path, text))
