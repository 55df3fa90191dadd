"""Options of written motion are refused if the model was not trained for them."""

import io
from pathlib import Path

import pytest

from motiondata.errors import InputError
from pipelines.training.common.training_checkpoint import CHECKPOINT
from pipelines.training.language.motion_writer import MotionWriter
from pipelines.training.language.options import LanguageOptions
from pipelines.training.language.train_language import train_language
from pipelines.training.language.trained_for import TrainedFor
from pipelines.training.language.writing_options import MotionDecoding, WritingOptions
from shards.format.dataset import Dataset
from tests.pipelines.training.language.conftest import LOOP

GUIDED = MotionDecoding(guidance=2.0)


@pytest.fixture(scope="module")
def one_task(
    tokens: Dataset, tokenizer: Path, small_t5: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Return the checkpoint of a model of one task."""
    out = tmp_path_factory.mktemp("one-task")
    options = LanguageOptions(
        str(small_t5), tokenizer, focus=("caption_to_motion",), focus_share=1.0, steps=1,
        pretraining_steps=0,
    )  # fmt: skip
    train_language(tokens.path, out, options, LOOP, "cpu", io.StringIO())
    return out / CHECKPOINT


def test_a_model_of_one_task_writes_motion_in_the_way_that_it_was_trained_for(
    one_task: Path,
) -> None:
    MotionWriter.open(WritingOptions(one_task, device="cpu"))
    with pytest.raises(InputError, match=r"--best-of needs .* motion_to_caption, found one"):
        MotionWriter.open(WritingOptions(one_task, best_of=2, device="cpu"))
    with pytest.raises(InputError, match=r"--ask-length needs .* caption_to_frames, found one"):
        MotionWriter.open(WritingOptions(one_task, device="cpu"), asks_lengths=True)
    with pytest.raises(InputError, match=r"--guidance needs .* --drop-captions, found one without"):
        MotionWriter.open(WritingOptions(one_task, decoding=GUIDED, device="cpu"))


def test_a_model_of_all_tasks_chooses_lengths_and_motions(begun: Path) -> None:
    MotionWriter.open(WritingOptions(begun, best_of=2, device="cpu"), asks_lengths=True)


@pytest.mark.parametrize(
    ("identity", "tasks"),
    [
        ({}, None),
        ({"focus": None, "focus_share": 0.5}, None),
        ({"focus": "caption_to_motion", "focus_share": 0.5}, None),
        ({"focus": "caption_to_motion", "focus_share": 1.0}, ("caption_to_motion",)),
        ({"focus": ["a", "b", "a"], "focus_share": 1.0}, ("a", "b", "a")),
    ],
)
def test_tasks_are_those_in_focus_if_no_others_were_drawn(
    identity: dict[str, object], tasks: tuple[str, ...] | None
) -> None:
    assert TrainedFor.of(identity, Path("checkpoint.pt")).tasks == tasks


def test_dropped_captions_are_those_of_the_training() -> None:
    assert TrainedFor.of({"drop_captions": 0.1}, Path("checkpoint.pt")).drops_captions
    assert not TrainedFor.of({"drop_captions": None}, Path("checkpoint.pt")).drops_captions
