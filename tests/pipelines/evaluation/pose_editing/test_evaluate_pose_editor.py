"""Evaluations of a pose editor: rows, their measures, and what is refused."""

import io
import json
from dataclasses import replace
from importlib.resources import as_file, files
from pathlib import Path
from shutil import copyfile

import pytest

from motiondata.errors import InputError
from pipelines.evaluation.pose_editing.evaluate_pose_editor import evaluate_pose_editor
from pipelines.evaluation.pose_editing.options import EditEvaluationOptions
from pipelines.training.common.options import LoopOptions, OptimizerOptions
from pipelines.training.common.training_checkpoint import CHECKPOINT
from pipelines.training.pose_editing.options import (
    PairMatcherOptions,
    PairMatcherSizes,
)
from pipelines.training.pose_editing.train_pair_matcher import train_pair_matcher
from shards.format.dataset import Dataset
from tests.support.ruled_pairs import make_ruled_pairs

LOOP = LoopOptions(batch=16, watch_every=1000, optimizer=OptimizerOptions(warmup=10))


@pytest.fixture(scope="module")
def options(
    ruled: Dataset, learned: Path, tmp_path_factory: pytest.TempPathFactory
) -> EditEvaluationOptions:
    """Train a matcher that knows the rule, as the editor does; groups are of the four texts."""
    matcher = tmp_path_factory.mktemp("trained")
    sizes = PairMatcherSizes(width=32, shared_width=8)
    matching = PairMatcherOptions(steps=60, rate=3e-3, sizes=sizes)
    train_pair_matcher(ruled.path, matcher, matching, LOOP, "cpu", io.StringIO())
    return EditEvaluationOptions(learned / CHECKPOINT, matcher / CHECKPOINT, group=4, repeats=5)


def test_the_editor_is_between_pose_b_and_the_baselines(
    ruled: Dataset, options: EditEvaluationOptions, tmp_path: Path
) -> None:
    report = evaluate_pose_editor(ruled.path, tmp_path / "a", options, io.StringIO())
    found = json.loads((tmp_path / "a" / "report.json").read_text())
    rows = found["rows"]
    names = ["editor", "editor, one draw", "copy of pose A", "mean pose", "pose B"]
    assert [*rows] == names
    errors = [rows[name]["measures"]["joint_error_mm"] for name in names]
    assert errors[-1] == 0 < errors[0] < min(errors[2:4]) / 2
    assert found["nearest_draw_mm"] <= errors[1]
    assert rows["pose B"]["measures"]["said_exactly"] == 1
    precision = {name: row["r_precision"]["1"]["mean"] for name, row in rows.items()}
    assert precision["editor"] > precision["copy of pose A"]
    assert (tmp_path / "a" / "report.md").read_text() == "\n".join(report.lines())
    assert found["editor"] in str(report)
    assert str(tmp_path) not in (tmp_path / "a" / "report.json").read_text()


def test_the_same_seed_gives_the_same_report_and_a_body_adds_vertices(
    ruled: Dataset, options: EditEvaluationOptions, tmp_path: Path
) -> None:
    few = replace(options, matcher=None, limit=8)
    for name in ("a", "b"):
        evaluate_pose_editor(ruled.path, tmp_path / name, few, io.StringIO())
    one, same = ((tmp_path / name / "report.json").read_bytes() for name in ("a", "b"))
    assert one == same
    rows = json.loads(one)["rows"]
    assert all(row["r_precision"] is None for row in rows.values())
    assert rows["editor"]["measures"]["vertex_error_mm"] is None

    body = tmp_path / "body.npz"
    write_body(body)
    with_body = evaluate_pose_editor(
        ruled.path, tmp_path / "c", replace(few, body=body), io.StringIO()
    )
    measures = {name: row.measures for name, row in with_body.evaluation.rows.items()}
    assert measures["pose B"].vertex_error_mm == 0
    assert (measures["copy of pose A"].vertex_error_mm or 0) > 0
    near = pytest.approx(rows["editor"]["measures"]["joint_error_mm"], rel=1e-3)
    assert measures["editor"].joint_error_mm == near


def write_body(path: Path) -> None:
    """Write the bundled body as a file of a user."""
    with as_file(files("motiondata.bodies") / "data" / "free_body.npz") as source:
        copyfile(source, path)


def test_what_cannot_be_evaluated_is_refused(
    ruled: Dataset, options: EditEvaluationOptions, tmp_path: Path
) -> None:
    out = tmp_path / "x"
    assert options.matcher is not None
    with pytest.raises(InputError, match="at least 64 pairs in the split 'test', found 42"):
        evaluate_pose_editor(ruled.path, out, replace(options, group=64), io.StringIO())
    with pytest.raises(InputError, match="expected a checkpoint of a pose editor"):
        evaluate_pose_editor(
            ruled.path, out, replace(options, checkpoint=options.matcher), io.StringIO()
        )
    unsplit = make_ruled_pairs(tmp_path / "held", train=0)
    with pytest.raises(InputError, match="expected a split train"):
        evaluate_pose_editor(unsplit.path, out, options, io.StringIO())
    with pytest.raises(InputError, match="group: expected at least 2"):
        replace(options, group=1)
    assert not out.exists()
