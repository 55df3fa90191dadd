"""Parts of speech of captions: HumanML3D's rules, and spaCy's pipelines."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from motiondata.captions import Caption
from motiondata.errors import InputError
from pipelines.datasets.export import export
from pipelines.datasets.export_options import TAGGED_FORMATS, ExportOptions
from pipelines.datasets.statistics import stats
from pipelines.datasets.trainer_trees import TRAINER_TREES, tagged_line
from pipelines.datasets.word_tags import Tagger, Word, load_spacy, spacy_tagger
from pipelines.products.motion_features.build import build_features
from shards.format.dataset import Dataset
from tests.commands.test_cli import run
from tests.support.archive import MadeArchive
from tests.support.motion_features import HERE, feature_options

KNOWN = {
    "steps": ("step", "VERB"),
    "walks": ("walk", "VERB"),
    "left": ("leave", "VERB"),
    "arms": ("arm", "NOUN"),
    "both": ("both", "DET"),
}


def words_of(sentence: str) -> list[Word]:
    return [Word(word, *KNOWN.get(word, ("", ""))) for word in sentence.split()]


def load_plain(model: str) -> Tagger:
    return Tagger(words_of, {"model": model})


PLAIN = load_plain("plain")


@pytest.mark.parametrize(
    ("sentence", "tokens"),
    [
        ("walks both arms", "walk/VERB both/DET arm/NOUN"),
        ("steps left", "step/VERB left/VERB"),
        ("step-ping", "stepping/OTHER"),
        ("walks 2 steps , it's", "walk/VERB step/VERB"),
        ("Elsewhere", "Elsewhere/OTHER"),
        ("2 3/4", "2/OTHER 3/OTHER 4/OTHER"),
    ],
    ids=[
        "nouns and verbs are lemmatized, others are not",
        "left is not lemmatized",
        "hyphens are removed",
        "words with other characters than letters are left out",
        "a word that is unknown to the tagger is kept as it is",
        "a sentence without words has a tag for each part",
    ],
)
def test_the_rules_are_those_of_humanml3d(sentence: str, tokens: str) -> None:
    line = tagged_line(Caption(sentence, (), 0.0, 1.5), PLAIN)
    assert line == f"{sentence}#{tokens}#0.0#1.5"


def test_tokens_of_the_source_are_kept() -> None:
    caption = Caption("walks", (("wander", "VERB"),), 0.0, 0.0)
    assert tagged_line(caption, PLAIN) == "walks#wander/VERB#0.0#0.0"


@pytest.fixture(scope="module")
def untagged(archive: MadeArchive, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Return a dataset of clips with one caption that has tokens and one that has none."""
    root = tmp_path_factory.mktemp("untagged")
    texts = root / "texts"
    texts.mkdir()
    for path in (archive.root / "texts").iterdir():
        (texts / path.name).write_text(
            "steps left\nwalks around.#wander/VERB#0.0#0.0\n", encoding="utf-8"
        )
    options = feature_options(archive, "humanml3d-263")
    options = replace(options, clips=replace(options.clips, texts=texts, mirror=False))
    build_features(options, root / "made", HERE)
    stats(root / "made")
    return Dataset.open(root / "made")


def texts_of(folder: Path) -> set[str]:
    return {path.read_text(encoding="utf-8") for path in (folder / "texts").iterdir()}


TAGS = ExportOptions("humanml3d", tag_words=True, tag_model="plain")


def test_an_export_tags_only_captions_without_tokens(untagged: Dataset, tmp_path: Path) -> None:
    export(untagged.path, tmp_path, TAGS, load_tagger=load_plain)
    assert texts_of(tmp_path) == {
        "steps left#step/VERB left/VERB#0.0#0.0\nwalks around.#wander/VERB#0.0#0.0\n"
    }


def test_the_tagger_is_recorded_only_where_words_are_tagged(
    untagged: Dataset, tmp_path: Path
) -> None:
    export(untagged.path, tmp_path / "plain", ExportOptions("humanml3d"))
    export(untagged.path, tmp_path / "tagged", TAGS, load_tagger=load_plain)
    plain, tagged = (
        json.loads((tmp_path / name / "export.json").read_text()) for name in ("plain", "tagged")
    )
    assert {*tagged} - {*plain} == {"tagger"}
    assert tagged["tagger"] == {"model": "plain"}


def test_an_export_with_another_tagger_is_refused(untagged: Dataset, tmp_path: Path) -> None:
    export(untagged.path, tmp_path, ExportOptions("humanml3d"))
    with pytest.raises(InputError, match=r"tagger.model: not set -> plain"):
        export(untagged.path, tmp_path, TAGS, load_tagger=load_plain)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("npy-tree", "--tag-words"), "choose one of humanml3d, kit, motionstreamer"),
        (("motionmillion", "--tag-words"), "choose one of humanml3d, kit, motionstreamer"),
        (("humanml3d", "--tag-model", "any"), "--tag-model has no effect without --tag-words"),
        (("glb", "--tag-words"), "--tag-words has no effect with --format glb"),
        (("glb", "--tag-model", "any"), "--tag-model has no effect with --format glb"),
    ],
)
def test_options_without_effect_are_refused(
    untagged: Dataset, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    code, text = run("export", untagged.path, "--out", tmp_path / "files", "--format", *words)
    assert (code, said in text) == (2, True), text
    assert not (tmp_path / "files").exists()


def pipeline_of(*patterns: tuple[str, dict[str, str]]) -> Any:
    """Return a pipeline of spaCy that gives words the attributes of the last pattern."""
    spacy = pytest.importorskip("spacy")
    pipeline = spacy.blank("en")
    ruler = pipeline.add_pipe("attribute_ruler")
    for word, attributes in patterns:
        ruler.add([[{"LOWER": word} if word else {}]], attributes)
    return pipeline


SMALL = (
    ("", {"POS": "X"}),
    ("a", {"POS": "DET"}),
    ("person", {"POS": "NOUN", "LEMMA": "person"}),
    ("steps", {"POS": "VERB", "LEMMA": "step"}),
    ("left", {"POS": "VERB", "LEMMA": "leave"}),
)


def test_a_pipeline_of_spacy_tags_an_export(untagged: Dataset, tmp_path: Path) -> None:
    pipeline_of(*SMALL).to_disk(tmp_path / "model")
    code, text = run(
        *("export", untagged.path, "--format", "humanml3d", "--out", tmp_path / "files"),
        *("--tag-words", "--tag-model", tmp_path / "model"),
    )
    assert code == 0, text
    (texts,) = texts_of(tmp_path / "files")
    assert texts.splitlines()[0] == "steps left#step/VERB left/VERB#0.0#0.0"
    recorded = json.loads((tmp_path / "files/export.json").read_text())["tagger"]
    assert recorded["model"] == "en_pipeline 0.0.0"


def test_punctuation_is_no_word() -> None:
    tagger = spacy_tagger(pipeline_of(*SMALL), "small")
    assert tagger.tokens("A person side-steps, left.") == (
        ("A", "DET"),
        ("person", "NOUN"),
        ("sidesteps", "X"),
        ("left", "VERB"),
    )


@pytest.mark.parametrize(
    ("patterns", "missing"),
    [((("", {"TAG": "NN"}),), "parts of speech"), ((("", {"POS": "X"}),), "lemmas")],
    ids=["no parts of speech", "no lemmas"],
)
def test_a_pipeline_that_does_not_tag_is_refused(patterns: Any, missing: str) -> None:
    with pytest.raises(InputError, match=f"--tag-model blank: .* gives {missing}"):
        spacy_tagger(pipeline_of(*patterns), "blank")


@pytest.mark.parametrize("model", ["no_such_pipeline", "numpy", "."])
def test_a_model_that_is_no_pipeline_is_refused(model: str) -> None:
    pytest.importorskip("spacy")
    with pytest.raises(InputError, match="spacy download en_core_web_sm"):
        load_spacy(model)


def test_formats_with_tags_are_those_whose_texts_have_tokens() -> None:
    assert [name for name, tree in TRAINER_TREES.items() if tree.tree.tagged] == [*TAGGED_FORMATS]
