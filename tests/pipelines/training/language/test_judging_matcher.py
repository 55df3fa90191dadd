"""A matcher that is not the one of the evaluation may choose the best of several motions."""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("transformers")

from motiondata.errors import InputError
from pipelines.datasets.statistics import stats
from pipelines.engine.execution import Execution
from pipelines.products.tokens.description import GENERATED_MOTION
from pipelines.training.common.checkpoints import read_checkpoint, write_checkpoint
from pipelines.training.common.training_checkpoint import CHECKPOINT
from pipelines.training.language.choosing import choose_best
from pipelines.training.language.motion_writer import MotionWriter
from pipelines.training.language.write_motion import generate
from pipelines.training.language.write_split import generate_split
from pipelines.training.language.writing_options import (
    GenerateOptions,
    MotionDecoding,
    SplitOptions,
    WritingOptions,
)
from pipelines.training.matching.load_matcher import KIND, load_matcher
from pipelines.training.matching.options import MatcherOptions, MatcherSizes
from pipelines.training.matching.train_matcher import train_matcher
from pipelines.training.tokenizers.load_tokenizer import load_tokenizer
from shards import open_dataset
from shards.format.dataset import Dataset
from tests.pipelines.training.language.conftest import LOOP
from tests.support.archive import MadeArchive
from tests.support.motion_features import built_features

TEXTS = ["a person walks left", "someone jumps in a circle"]
SHORT = MotionDecoding(max_tokens=6)


@pytest.fixture(scope="module")
def matchers(archive: MadeArchive, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return the checkpoints of two matchers that have hardly learned."""
    folder = tmp_path_factory.mktemp("judges")
    motion = built_features(archive, folder / "motion", "humanml3d-263")
    stats(motion.path, "train", "vectors")
    options = MatcherOptions(steps=2, sizes=MatcherSizes(32, 16), max_frames=16)
    for seed in (0, 1):
        loop, out = replace(LOOP, batch=4, seed=seed), folder / str(seed)
        train_matcher(motion.path, out, options, loop, "cpu", io.StringIO())
    return folder / "0" / CHECKPOINT, folder / "1" / CHECKPOINT


@pytest.fixture(scope="module")
def matcher(matchers: tuple[Path, Path]) -> Path:
    """Return the checkpoint of one of them."""
    return matchers[0]


@pytest.fixture
def writing(begun: Path, matcher: Path) -> WritingOptions:
    """Return options with which the matcher chooses one of four motions."""
    return WritingOptions(begun, best_of=4, matcher=(matcher,), decoding=SHORT, device="cpu")


@pytest.mark.parametrize("number", [1, 2])
def test_the_motion_is_kept_that_matchers_embed_nearest_to_the_text(
    begun: Path,
    tokenizer: Path,
    matchers: tuple[Path, Path],
    writing: WritingOptions,
    number: int,
    tmp_path: Path,
) -> None:
    drawing = WritingOptions(begun, repeats=4, decoding=SHORT, device="cpu")
    choosing = replace(writing, matcher=matchers[:number])
    drawn = generate(TEXTS, tmp_path / "drawn", drawing, GenerateOptions()).motions
    kept = generate(TEXTS, tmp_path / "kept", choosing, GenerateOptions()).motions
    decoder, judges = load_tokenizer(tokenizer), [load_matcher(each) for each in matchers[:number]]
    for place, text in enumerate(TEXTS):
        group = drawn[4 * place : 4 * place + 4]
        distances = []
        for each in group:
            features = decoder.detokenize(np.array(each.codes), each.frames)
            found = [judge.embed_motions([features])[0] for judge in judges]
            asked = [judge.embed_texts([text])[0] for judge in judges]
            pairs = zip(found, asked, strict=True)
            distances.append(sum(float(np.linalg.norm(one - other)) for one, other in pairs))
        assert kept[place].codes == group[int(np.argmin(distances))].codes


def test_equal_motions_keep_the_first(writing: WritingOptions) -> None:
    writer = MotionWriter.open(writing)
    motion = replace(writer.captioned(TEXTS[0], 8), codes=(1, 2))
    same = [motion, replace(motion), replace(motion)]
    (kept,) = choose_best(writer.judge, same, 3)
    assert kept is same[0]


def test_a_dataset_of_written_motion_names_the_matcher_that_chose_it(
    tokens: Dataset, matcher: Path, writing: WritingOptions, tmp_path: Path
) -> None:
    here, options = Execution(workers=0), SplitOptions(keep_lengths=True)
    out = tmp_path / "motion"
    generate_split(tokens.path, out, writing, options, here)
    made = Dataset.open(out)
    assert made.description.provenance["judges"] == [load_matcher(matcher).id]
    by_itself = replace(writing, matcher=())
    generate_split(tokens.path, tmp_path / "own", by_itself, options, here)
    own = Dataset.open(tmp_path / "own")
    assert "judges" not in own.description.provenance
    assert codes_of(made) != codes_of(own)
    with pytest.raises(InputError, match="other inputs or settings"):
        generate_split(tokens.path, out, by_itself, options, here)


def test_what_describes_the_dataset_names_the_matchers_and_their_options(
    tokens: Dataset, matchers: tuple[Path, Path], writing: WritingOptions, tmp_path: Path
) -> None:
    options, both = SplitOptions(keep_lengths=True), replace(writing, matcher=matchers)
    generate_split(tokens.path, tmp_path / "motion", both, options, Execution(workers=0))
    made = Dataset.open(tmp_path / "motion")
    assert GENERATED_MOTION.command_line(made).endswith("--matcher FILE --matcher FILE")
    source = {"content_hash": tokens.content_hash, "provenance": {"product": "tokens"}}
    lines = GENERATED_MOTION.inputs({**made.description.provenance, "source": source})
    chosen = [line.split()[-1] for line in lines if "chosen by the matcher" in line]
    assert chosen == [load_matcher(each).id for each in matchers]


def test_the_same_matcher_does_not_choose_twice(
    matcher: Path, writing: WritingOptions, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.pt"
    copy.write_bytes(matcher.read_bytes())
    with pytest.raises(InputError, match=r"copy.pt: expected different matchers"):
        MotionWriter.open(replace(writing, matcher=(matcher, copy)))


def codes_of(dataset: Dataset) -> list[list[int]]:
    motions = open_dataset(dataset.path)
    return [motions[key]["json"]["codes"] for key in dataset.manifest["key"].to_pylist()]


def test_a_matcher_chooses_one_of_several_motions(begun: Path, matcher: Path) -> None:
    with pytest.raises(InputError, match="expected --best-of above 1 with --matcher"):
        WritingOptions(begun, matcher=(matcher,))


def test_a_matcher_of_other_features_is_refused(
    begun: Path, matcher: Path, writing: WritingOptions, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=r"expected a checkpoint .*matcher"):
        MotionWriter.open(replace(writing, matcher=(begun,)))
    state = read_checkpoint(matcher, KIND)
    slower = {**state, "contents": {**state["contents"], "fps": 12.5}}
    write_checkpoint(tmp_path / "slower.pt", KIND, slower)
    with pytest.raises(
        InputError,
        match=r"expected a matcher of humanml3d-263 features at 20 Hz, .* at 12.5 Hz",
    ):
        MotionWriter.open(replace(writing, matcher=(tmp_path / "slower.pt",)))
