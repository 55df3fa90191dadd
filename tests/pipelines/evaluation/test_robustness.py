"""One captioner on several scans: the first row is what its captions score on its dataset."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("transformers")

from motiondata.errors import InputError
from pipelines.datasets.statistics import stats
from pipelines.engine.execution import Execution
from pipelines.evaluation.metrics.scores import score_captions
from pipelines.evaluation.references import read_references
from pipelines.evaluation.robustness import JSON_TABLE, MARKDOWN_TABLE, common_keys, robustness
from pipelines.evaluation.robustness_options import RobustnessOptions
from pipelines.training.alignment.options import AlignmentOptions
from pipelines.training.alignment.train_alignment import train_alignment
from pipelines.training.captioning.generate import caption_split
from pipelines.training.captioning.options import CaptionerTrainingOptions, GenerationOptions
from pipelines.training.captioning.train_captioner import train_captioner
from pipelines.training.common.options import LoopOptions
from pipelines.training.common.training_checkpoint import CHECKPOINT
from pipelines.training.encoders.encode import encode
from pipelines.training.encoders.options import EncoderOptions
from shards.format.dataset import Dataset
from tests.support.point_clips import CLIPS, POINTS, make_motions

ALIGN = AlignmentOptions(
    stride=2,
    shared_width=16,
    steps=2,
    sizes=EncoderOptions(points=6, point_width=16, width=16, layers=1, heads=2),
)


@pytest.fixture(scope="module")
def scans(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return make_motions(tmp_path_factory.mktemp("scans"))


@pytest.fixture(scope="module")
def checkpoint(scans: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train a captioner of points for a few steps."""
    out = tmp_path_factory.mktemp("captioner")
    options = CaptionerTrainingOptions(steps="4", stride=4)
    train_captioner(scans.path, out, options, LoopOptions(8), "cpu", io.StringIO())
    return out / "checkpoint.pt"


def test_a_row_scores_the_captions_of_the_same_clips(
    scans: Dataset, checkpoint: Path, tmp_path: Path
) -> None:
    options = RobustnessOptions(
        checkpoint, scan=(f"again={scans.path}",), points=(POINTS, 2), device="cpu"
    )
    report = robustness(scans.path, tmp_path / "out", options)
    rows = [(row.dataset, row.points) for row in report.rows]
    name = scans.path.name
    assert rows == [(place, points) for place in (name, "again") for points in (None, POINTS, 2)]
    first, same, _, again, *_ = report.rows
    references = read_references(scans, "test")
    found = dict(caption_split(scans.path, checkpoint, "test", GenerationOptions(device="cpu")))
    captions = [found[key] for key in references.keys]
    expected = score_captions(captions, list(references.texts.values()))
    assert (first.cider_d, first.distinct) == (expected.cider_d, expected.distinct)
    assert (same.cider_d, again.cider_d) == (first.cider_d, first.cider_d)
    written = json.loads((tmp_path / "out" / JSON_TABLE).read_text())
    assert [row["cider_d"] for row in written["rows"]] == [row.cider_d for row in report.rows]
    assert (tmp_path / "out" / MARKDOWN_TABLE).read_text().splitlines() == report.table()


def test_a_captioner_that_reads_lengths_reads_them_of_scans(scans: Dataset, tmp_path: Path) -> None:
    chosen = CaptionerTrainingOptions(steps="4", stride=4, length_prompt=True)
    train_captioner(scans.path, tmp_path / "c", chosen, LoopOptions(8), "cpu", io.StringIO())
    checkpoint = tmp_path / "c" / CHECKPOINT
    [row] = robustness(
        scans.path, tmp_path / "out", RobustnessOptions(checkpoint, device="cpu")
    ).rows
    references = read_references(scans, "test")
    found = dict(caption_split(scans.path, checkpoint, "test", GenerationOptions(device="cpu")))
    captions = [found[key] for key in references.keys]
    expected = score_captions(captions, list(references.texts.values()))
    assert (row.cider_d, row.distinct) == (expected.cider_d, expected.distinct)


def test_features_on_the_way_are_those_of_an_encoded_dataset(
    built: Dataset, tmp_path: Path
) -> None:
    aligned, features, captioner = (tmp_path / name for name in ("aligned", "encoded", "captioner"))
    train_alignment(built.path, aligned, ALIGN, LoopOptions(8), "cpu", io.StringIO())
    encoder, checkpoint = aligned / CHECKPOINT, captioner / CHECKPOINT
    encode(built.path, encoder, features, Execution(workers=0))
    stats(features, "train", "features")
    options = CaptionerTrainingOptions(steps="4", stride=4)
    train_captioner(features, captioner, options, LoopOptions(8), "cpu", io.StringIO())
    asked = RobustnessOptions(checkpoint, encoder_checkpoint=encoder, device="cpu")
    [row] = robustness(built.path, tmp_path / "out", asked).rows
    references = read_references(built, "test")
    found = dict(caption_split(features, checkpoint, "test", GenerationOptions(device="cpu")))
    captions = [found[key] for key in references.keys]
    expected = score_captions(captions, list(references.texts.values()))
    scores = row.bleu_4, row.cider_d, row.distinct
    assert scores == (expected.bleu_4, expected.cider_d, expected.distinct)


def test_rows_are_of_the_clips_that_all_scans_have(
    scans: Dataset, checkpoint: Path, tmp_path: Path
) -> None:
    fewer = make_motions(tmp_path / "fewer", counts={**CLIPS, "test": 4})
    options = RobustnessOptions(checkpoint, scan=(f"fewer={fewer.path}",), device="cpu")
    report = robustness(scans.path, tmp_path / "out", options)
    whole, part = (len(read_references(each, "test").texts) for each in (scans, fewer))
    assert {row.clips for row in report.rows} == {part}
    assert report.left_out == whole - part > 0
    assert "left out, which not every scan has" in report.lines()[-3]


@pytest.mark.parametrize(
    ("other", "found"),
    [({"b": ("he runs",)}, "no clip in common"), ({"a": ("he runs",)}, "other captions of a")],
)
def test_scans_of_other_clips_are_refused(other: dict[str, tuple[str]], found: str) -> None:
    with pytest.raises(InputError, match=f"--scan far: expected the clips of near, found {found}"):
        common_keys({"near": {"a": ("he walks",)}, "far": other})


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"points": (POINTS + 1,)}, f"expected at most {POINTS}"),
        ({"scan": ("{name}={path}",)}, "is the name of the row"),
    ],
)
def test_what_would_give_a_wrong_row_is_refused(
    options: dict[str, Any], sentence: str, scans: Dataset, checkpoint: Path, tmp_path: Path
) -> None:
    named = {"name": scans.path.name, "path": scans.path}
    scan = tuple(each.format(**named) for each in options.get("scan", ()))
    with pytest.raises(InputError, match=sentence):
        robustness(
            scans.path,
            tmp_path / "out",
            RobustnessOptions(checkpoint, **{**options, "scan": scan}),
        )
    assert not (tmp_path / "out").exists()


def test_a_captioner_of_points_needs_no_encoder(checkpoint: Path, tmp_path: Path) -> None:
    options = RobustnessOptions(checkpoint, encoder_checkpoint=checkpoint)
    with pytest.raises(InputError, match="found a checkpoint of a captioner"):
        robustness(tmp_path, tmp_path / "out", options)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("dataset", ["nothing", "=x", "a="])
def test_a_dataset_without_a_name_is_refused(dataset: str) -> None:
    with pytest.raises(InputError, match="expected NAME=DIR"):
        RobustnessOptions(Path("c.pt"), scan=(dataset,))
    with pytest.raises(InputError, match="with a different NAME"):
        RobustnessOptions(Path("c.pt"), scan=("a=b", "a=c"))
    with pytest.raises(InputError, match="expected at least 1"):
        RobustnessOptions(Path("c.pt"), points=(0,))
