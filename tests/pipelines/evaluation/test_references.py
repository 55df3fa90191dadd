"""References and candidates: what is scored of a dataset and a file, and what is refused."""

from pathlib import Path

import pytest

from motiondata.errors import InputError
from pipelines.evaluation.options import LEMMATIZED
from pipelines.evaluation.references import read_candidates, read_references
from shards.errors import ShardError
from shards.format.dataset import Dataset
from tests.support.clip_dataset import clip_captions, make_clips
from tests.support.evaluated_corpus import Corpus, write_captions


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Return a dataset whose every fifth clip has no captions; others have some of their half."""
    out = tmp_path_factory.mktemp("made") / "made"
    return make_clips(out, {"train": [(6,) * 7], "test": [(4, 8, 9)], "val": [(3,)]})


def test_references_are_the_captions_of_whole_clips(made: Dataset) -> None:
    found = read_references(made, "train")
    whole = {
        f"c{number}": tuple(
            caption["text"] for caption in clip_captions(number, 6) if "whole" in caption["text"]
        )
        for number in range(7)
    }
    assert dict(found.texts) == {key: texts for key, texts in whole.items() if texts}
    assert found.silent == ("c0", "c5")
    assert found.sentences == [text for texts in whole.values() for text in texts]


def test_mirrored_clips_and_views_have_references_of_their_own(corpus: Corpus) -> None:
    for key, texts in corpus.test.texts.items():
        name = key.removesuffix("_v1")
        lines = (corpus.folder / f"texts/{name}.txt").read_text().splitlines()
        assert list(texts) == [line.split("#")[0] for line in lines if line.endswith("#0.0#0.0")]


def test_lemmatized_references_are_the_words_of_the_tokens(corpus: Corpus) -> None:
    found = read_references(corpus.dataset, "test", LEMMATIZED)
    for key, texts in found.texts.items():
        name = key.removesuffix("_v1")
        lines = (corpus.folder / f"texts/{name}.txt").read_text().splitlines()
        tokens = [line.split("#")[1] for line in lines if line.endswith("#0.0#0.0")]
        words = [" ".join(token.split("/")[0] for token in each.split()) for each in tokens]
        assert list(texts) == words


def test_captions_without_tokens_are_no_lemmatized_references(made: Dataset) -> None:
    with pytest.raises(ShardError, match="caption"):
        read_references(made, "train", LEMMATIZED)


def test_a_split_without_captions_is_refused(tmp_path: Path) -> None:
    dataset = make_clips(tmp_path / "made", {"train": [(3, 4)], "val": [(1, 1, 1, 1)]})
    with pytest.raises(ShardError, match="caption"):
        read_references(make_clips(tmp_path / "one", {"test": [(3,)]}), "test")
    with pytest.raises(ShardError, match="no split 'test'"):
        read_references(dataset, "test")


def test_captions_are_read_in_the_order_of_the_clips(made: Dataset, tmp_path: Path) -> None:
    test = read_references(made, "test")
    written = [f"caption of {key}" for key in test.keys]
    path = write_captions(tmp_path / "captions", test.keys[::-1], written[::-1])
    assert read_candidates(path, test) == written


def test_a_line_ends_where_json_lines_end(made: Dataset, tmp_path: Path) -> None:
    test = read_references(made, "test")
    written = [f"he walks\N{LINE SEPARATOR}{key}" for key in test.keys]
    lines = [
        f'{{"key": "{key}", "caption": "{said}"}}'
        for key, said in zip(test.keys, written, strict=True)
    ]
    for end in ("\n", "\r\n"):
        (tmp_path / "captions").write_text(end.join([*lines, ""]), newline="", encoding="utf-8")
        assert read_candidates(tmp_path / "captions", test) == written


def test_clips_without_references_may_have_captions(made: Dataset, tmp_path: Path) -> None:
    train = read_references(made, "train")
    keys = [*train.keys, *train.silent]
    path = write_captions(tmp_path / "captions", keys, keys)
    assert read_candidates(path, train) == train.keys


WRONG = {
    "a clip without a caption": ('{"key": "c7", "caption": ""}\n', "none of 2 .*such as 'c8'"),
    "a clip of another split": ('{"key": "c1", "caption": ""}\n', "'test' only, found 'c1'"),
    "a clip twice": ('{"key": "c7", "caption": ""}\n' * 2, "line 2: .*another one of 'c7'"),
    "no key": ('{"caption": "he walks"}\n', 'line 1: expected {"key"'),
    "a caption that is a list": ('{"key": "c7", "caption": ["he walks"]}\n', "line 1: expected"),
    "a line that is a list": ("[1, 2]\n", "line 1: expected a JSON object"),
    "a table": ("key,caption\nc7,he walks\n", "line 1: expected a JSON object, found 'key,"),
    "one JSON document": ('{\n "key": "c7"\n}\n', "line 1: expected a JSON object"),
    "deep JSON": ("[" * 100_000, "line 1: expected a JSON object"),
    "an empty line": ("\n", "line 1: expected a JSON object"),
    "nothing": ("", "none of 3 others"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_file_is_refused_in_a_sentence(made: Dataset, tmp_path: Path, case: str) -> None:
    content, expected = WRONG[case]
    path = tmp_path / "captions.jsonl"
    path.write_text(content)
    with pytest.raises(InputError, match=expected) as refused:
        read_candidates(path, read_references(made, "test"))
    assert str(path) in str(refused.value)


def test_a_file_that_is_no_text_or_not_there_is_refused(made: Dataset, tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    for name in ("binary", "nowhere", "."):
        with pytest.raises(InputError, match="JSON lines"):
            read_candidates(tmp_path / name, read_references(made, "test"))
