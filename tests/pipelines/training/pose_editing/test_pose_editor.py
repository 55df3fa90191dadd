"""The pose editor: it does what a text says, resumes to the bit, and draws by a seed."""

import io
import json
import math
import os
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import PreTrainedTokenizerFast

from motiondata.bodies.bundled import bundled_body
from motiondata.bodies.posing import shape_body
from motiondata.captions import caption_runs
from motiondata.errors import InputError
from motiondata.skeletons import JOINT
from pipelines.training.common.load_text_model import load_text_model
from pipelines.training.common.logs import WATCH, History, Record, read_log
from pipelines.training.common.loop import train
from pipelines.training.common.optimizer import SEEDS
from pipelines.training.common.options import LoopOptions, OptimizerOptions
from pipelines.training.common.training_checkpoint import CHECKPOINT
from pipelines.training.pose_editing.alarms import edit_alarms
from pipelines.training.pose_editing.edit_items import EditItems, read_items, to_matrices
from pipelines.training.pose_editing.edit_measures import joint_errors, measure_edits
from pipelines.training.pose_editing.edit_rows import DRAWS, nearest_draw_mm
from pipelines.training.pose_editing.edit_text import embed_by_length
from pipelines.training.pose_editing.editor_task import EditorTask
from pipelines.training.pose_editing.load_pose_editor import LoadedPoseEditor, load_pose_editor
from pipelines.training.pose_editing.options import EditorOptions, EditorSizes
from pipelines.training.pose_editing.pose_editor import Gaussian
from pipelines.training.pose_editing.train_pose_editor import train_pose_editor
from pipelines.training.text_encoders.known_texts import FILE
from shards import open_dataset
from shards.format.dataset import Dataset
from shards.stream.batching import Batch
from shards.stream.streamed_dataset import StreamedDataset
from tests.support.ruled_pairs import BENDS, make_ruled_pairs, text_of

BETAS = np.zeros(0)
OPTIONS = EditorOptions(steps=12, sizes=EditorSizes(width=16, latent=4))
LOOP = LoopOptions(batch=4, save_every=5, watch_every=6, optimizer=OptimizerOptions(warmup=2))
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def editor(learned: Path) -> LoadedPoseEditor:
    return load_pose_editor(learned / CHECKPOINT)


def test_edits_of_new_poses_are_nearer_to_pose_b_than_pose_a_is(learned: Path) -> None:
    found = json.loads((learned / "editing.json").read_text())
    assert [*found] == ["val", "test"]
    rows = found["test"]
    assert [*rows] == ["editor", "editor, one draw", "copy of pose A", "mean pose"]
    errors = {name: row["joint_error_mm"] for name, row in rows.items()}
    assert errors["editor"] < 0.5 * min(errors["copy of pose A"], errors["mean pose"])
    assert rows["editor"]["said_in_direction"] > 0.9
    assert rows["copy of pose A"]["said_in_direction"] == 0
    for number in ("rotations", "joints"):
        bounds = [rows[name]["likelihood"][number] for name in ("editor", "copy of pose A")]
        assert bounds[0] > bounds[1]


@pytest.mark.parametrize("joint", BENDS)
def test_the_joint_that_the_text_names_bends(
    ruled: Dataset, editor: LoadedPoseEditor, joint: str
) -> None:
    items = read_items(open_dataset(ruled.path), "test")
    edited = editor.edit(items.first, [text_of(joint)] * len(items))
    moved = np.linalg.norm(edited - items.first, axis=-1)[:, [JOINT[each] for each in BENDS]]
    assert (moved.argmax(1) == [*BENDS].index(joint)).mean() > 0.9


class Stopped(EditorTask):
    """A training that is asked to stop in its eighth step."""

    steps = 0

    def loss(self, batch: Batch) -> dict[str, torch.Tensor]:
        self.steps += 1
        if self.steps == 8:
            os.kill(os.getpid(), signal.SIGTERM)
        return super().loss(batch)


def run(data: Dataset, out: Path, options: EditorOptions = OPTIONS) -> str:
    train_pose_editor(data.path, out, options, LOOP, "cpu", io.StringIO())
    return load_pose_editor(out / CHECKPOINT).id


def losses_of(out: Path) -> list[float]:
    return [record["loss"] for record in read_log(out) if "loss" in record]


def test_a_stopped_training_resumes_to_the_same_weights(ruled: Dataset, tmp_path: Path) -> None:
    whole = run(ruled, tmp_path / "whole")
    stopped = Stopped(StreamedDataset(ruled, caption_runs), OPTIONS, LOOP.seed, CPU)
    with pytest.raises(KeyboardInterrupt):
        train(stopped, LOOP, tmp_path / "stopped", io.StringIO())
    assert run(ruled, tmp_path / "stopped") == whole
    assert losses_of(tmp_path / "stopped") == losses_of(tmp_path / "whole")


def test_equal_seeds_draw_equal_edits_and_other_seeds_others(
    ruled: Dataset, editor: LoadedPoseEditor
) -> None:
    items = read_items(open_dataset(ruled.path), "test")
    first, again, large, other, expected = (
        editor.edit(items.first, items.texts, seed) for seed in (1, 1, SEEDS + 1, 2, None)
    )
    assert np.array_equal(first, again)
    assert np.array_equal(first, large)  # PyTorch itself refuses such a seed
    assert not np.allclose(first, other, atol=1e-4)
    assert not np.allclose(first, expected, atol=1e-4)
    both = editor.edit_repeatedly(items.first, items.texts, [2, None])
    assert np.array_equal(both, [other, expected])


def test_the_nearest_draw_is_that_of_draws_of_all_texts_at_once(
    ruled: Dataset, editor: LoadedPoseEditor
) -> None:
    few, shaped = (
        read_items(open_dataset(ruled.path), "train", 30),
        shape_body(bundled_body(), BETAS),
    )
    items = EditItems(
        np.arange(300),
        np.tile(few.first, (10, 1, 1)),
        np.tile(few.second, (10, 1, 1)),
        few.texts * 10,
        few.says * 10,
        np.tile(few.in_sequence, 10),
    )
    edits = [editor.edit(items.first, items.texts, seed) for seed in range(3, 3 + DRAWS)]
    errors = np.min([joint_errors(edited, items.second, shaped) for edited in edits], axis=0)
    assert nearest_draw_mm(items, editor, shaped, 3) == errors.mean()


def test_an_edit_is_of_rotations_and_of_the_given_shape(editor: LoadedPoseEditor) -> None:
    edited = editor.edit(np.random.default_rng(0).normal(size=(3, 22, 3)), ["Bend your arm."] * 3)
    matrices = to_matrices(edited).numpy()
    assert matrices @ matrices.swapaxes(-1, -2) == pytest.approx(
        np.broadcast_to(np.eye(3), matrices.shape), abs=1e-5
    )
    with pytest.raises(InputError, match=r"expected poses shaped \(1, 22, 3\), found \(2, 22, 3\)"):
        editor.edit(np.zeros((2, 22, 3)), ["Bend your arm."])


def test_before_training_an_edit_is_pose_a(ruled: Dataset) -> None:
    task = EditorTask(StreamedDataset(ruled, caption_runs), OPTIONS, 0, CPU)
    items = read_items(task.data, "test")
    task.module.eval()
    edited = task.loaded().edit(items.first, items.texts)
    assert to_matrices(edited) == pytest.approx(items.matrices_a, abs=1e-5)


def test_splits_without_texts_are_neither_watched_nor_reported(tmp_path: Path) -> None:
    silent = make_ruled_pairs(tmp_path / "silent", train=8, test=4, silent=["val"])
    task = EditorTask(StreamedDataset(silent, caption_runs), OPTIONS, 0, CPU)
    watched, training = task.watched.first, read_items(task.data, "train").first
    assert np.array_equal(watched, training)
    run(silent, tmp_path / "out")
    assert [*json.loads((tmp_path / "out" / "editing.json").read_text())] == ["test"]


def test_the_divergence_is_that_of_torch() -> None:
    torch.manual_seed(0)
    one, other = (Gaussian.of(torch.randn(5, 8)) for _ in range(2))
    normal = [torch.distributions.Normal(each.mean, each.log_std.exp()) for each in (one, other)]
    expected = torch.distributions.kl_divergence(*normal).sum(-1)
    assert torch.allclose(one.divergence(other), expected, atol=1e-5)
    assert torch.allclose(one.divergence(one), torch.zeros(5), atol=1e-6)


def test_texts_of_similar_lengths_run_together_and_keep_their_places(ruled: Dataset) -> None:
    task = EditorTask(StreamedDataset(ruled, caption_runs), OPTIONS, 0, CPU)
    task.module.eval()
    words = ["bend", "your", "left", "right", "knee", "elbow", "more"]
    texts = [" ".join(words[: 1 + number % 7]) for number in range(40)]
    with torch.no_grad():
        found, expected = embed_by_length(task.text.encoder, texts), task.text.encoder.embed(texts)
    assert torch.allclose(found, expected, atol=1e-5)


def test_alarms_are_raised_late_and_each_for_its_fault() -> None:
    sound = {"divergence": 3.0, "error": 40.0, "other_text_error": 60.0, "copy_error": 80.0}
    assert edit_alarms(500, **sound) == []
    assert edit_alarms(500, 3.0, error=40.0, other_text_error=None, copy_error=80.0) == []
    for name, value, words in (
        ("divergence", 0.1, "the posterior has collapsed"),
        ("other_text_error", 40.1, "the text does not matter"),
        ("copy_error", 39.0, "edits are not nearer to pose B"),
    ):
        wrong = {**sound, name: value}
        (alarm,) = edit_alarms(500, **wrong)
        assert words in alarm
        assert edit_alarms(100, **wrong) == []


def test_a_validation_has_the_errors_of_the_alarms(learned: Path) -> None:
    measures = [record["watch"] for record in read_log(learned) if "watch" in record]
    assert len(measures) == 2
    last = measures[-1]
    assert last["joint_error_mm"] < last["copy_error_mm"] < last["other_text_error_mm"]
    assert last["divergence"] > 0


def test_other_data_and_options_are_refused(
    ruled: Dataset, captioned: Dataset, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="expected pose pairs, which motiondata build-pose-pairs"):
        run(captioned, tmp_path / "x")
    unsplit = make_ruled_pairs(tmp_path / "held", train=0)
    with pytest.raises(InputError, match="train"):
        run(unsplit, tmp_path / "x")
    run(ruled, tmp_path / "out")
    with pytest.raises(InputError, match="rate"):
        run(ruled, tmp_path / "out", replace(OPTIONS, rate=1e-2))
    with pytest.raises(InputError, match="dropout: expected 0 to below 1, found 1"):
        EditorSizes(dropout=1)
    with pytest.raises(InputError, match="kl_weight: expected at least 0"):
        EditorOptions(kl_weight=-1)
    (tmp_path / "none.pt").write_bytes(b"nothing")
    with pytest.raises(InputError, match="not a valid checkpoint"):
        load_pose_editor(tmp_path / "none.pt")


def save_t5(folder: Path, seed: int) -> Path:
    """Write a small random T5 that knows the words of the texts, as transformers does."""
    text = load_text_model("tiny", [*map(text_of, BENDS)], seed)
    text.model.save_pretrained(folder)
    PreTrainedTokenizerFast(tokenizer_object=text.tokenizer).save_pretrained(folder)
    return folder


def test_a_text_encoder_of_a_folder_is_not_trained_and_reads_new_texts(
    ruled: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = save_t5(tmp_path / "t5", 0)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    run(ruled, tmp_path / "out", replace(OPTIONS, text_encoder=str(folder)))
    editor = load_pose_editor(tmp_path / "out" / CHECKPOINT)
    assert not any(name.startswith("text_encoder") for name in editor.module.state_dict())
    assert (tmp_path / "out" / FILE).is_file()
    pose = read_items(open_dataset(ruled.path), "test").first[:1]
    known, new = (editor.edit(pose, [text]) for text in (text_of("left_knee"), "Bend more."))
    assert not np.array_equal(known, new)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    monkeypatch.chdir(tmp_path)
    assert run(ruled, tmp_path / "relative", replace(OPTIONS, text_encoder="t5")) == editor.id
    save_t5(folder, 1)
    with pytest.raises(InputError, match="expected the text encoder that the editor was trained"):
        load_pose_editor(tmp_path / "out" / CHECKPOINT)


class Broken(EditorTask):
    """A training whose weights become NaN after its last step."""

    def watch(self, history: History) -> tuple[Record, list[str]]:
        for weights in self.module.parameters():
            weights.data.fill_(torch.nan)
        return super().watch(history)


def test_edits_that_are_no_numbers_are_an_alarm_and_one_sentence(
    ruled: Dataset, tmp_path: Path
) -> None:
    task = Broken(StreamedDataset(ruled, caption_runs), OPTIONS, LOOP.seed, CPU)
    train(task, replace(LOOP, watch_every=OPTIONS.steps), tmp_path, stream := io.StringIO())
    assert "step 12: edits are not numbers" in stream.getvalue()
    (watched,) = (record[WATCH] for record in read_log(tmp_path) if WATCH in record)
    assert math.isnan(watched["joint_error_mm"])
    assert math.isnan(watched["divergence"])
    items = task.watched
    with pytest.raises(InputError, match=rf"NaN or infinity in {len(items)} of {len(items)} edits"):
        measure_edits(items, task.loaded().edit(items.first, items.texts), task.shaped)
