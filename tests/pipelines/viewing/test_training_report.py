"""The report of a training has what its log says, also while it runs; texts stay texts."""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from cli import main
from motiondata.errors import InputError
from pipelines.training.common.logs import LOG, Record, find_training
from pipelines.viewing.training.curves import MOST_POINTS, Curve, charts_of
from pipelines.viewing.training.write_training_report import write_training_report
from shards.format.dataset import Dataset
from tests.support.browser import NARROW, opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)> &lt;b&gt;"
STEPS, WATCH_EVERY, FROZEN_STEPS = 40, 10, 15
SAID = ["a person", "a person", HOSTILE, "someone walks"]
"""What the model says about the only sampled clip, validation by validation."""


def step_record(step: int) -> Record:
    stage = "projector" if step <= FROZEN_STEPS else "full"
    rates = [1e-3] if stage == "projector" else [1e-3, 1e-5]
    loss = {"loss": 3.0 * 0.95**step, "gradient_norm": 1.0, "rates": rates, "seconds": 0.5}
    return {"step": step, "stage": stage, "epoch": step // 20, **loss}


def watch_record(step: int) -> Record:
    samples = [{"reference": "a man walks", "caption": SAID[step // WATCH_EVERY - 1]}]
    measures = {"matched_loss": 1.0, "shuffled_loss": 1.1, "distinct": 0.5, "samples": samples}
    alarms = [f"all captions are alike {HOSTILE}"] if step == WATCH_EVERY else []
    return {"step": step, "watch": measures, "alarms": alarms}


@pytest.fixture
def training(tmp_path: Path) -> Path:
    """Write the folder of a training."""
    folder = tmp_path / "captioner"
    folder.mkdir()
    records = []
    for step in range(1, STEPS + 1):
        records.append(step_record(step))
        if step % WATCH_EVERY == 0:
            records.append(watch_record(step))
    (folder / LOG).write_text("".join(f"{json.dumps(record)}\n" for record in records))
    return folder


def summary_of(page: Path) -> Any:
    """Return the data of a page."""
    found = re.search(r'id="summary">(.*?)</script>', page.read_text())
    assert found is not None
    return json.loads(found[1])


def test_a_report_has_the_curves_alarms_and_samples_of_the_log(training: Path) -> None:
    report = write_training_report(training, training.parent / "a.html")
    assert (report.steps, report.validations, report.alarms, report.sampled) == (STEPS, 4, 1, 1)
    summary = summary_of(report.report)
    names = {chart["title"]: [each["name"] for each in chart["curves"]]
             for chart in summary["charts"]}  # fmt: skip
    assert names["Loss"] == ["loss", "validation: matched loss", "validation: shuffled loss"]
    assert names["Learning rate"] == ["group 0", "group 1"]
    assert summary["stages"] == [["projector", 1], ["full", FROZEN_STEPS + 1]]
    assert [step for step, _ in summary["alarms"]] == [WATCH_EVERY]
    (sample,) = summary["samples"]
    assert sample["captions"] == [[10, "a person"], [30, HOSTILE], [40, "someone walks"]]


def test_the_page_of_a_training_draws_it_and_shows_texts_as_text(
    browser: "Browser", training: Path, tmp_path: Path
) -> None:
    (training / "recall.json").write_text('{"val": {"motions": 4}, "test": {"motions": 5}}')
    report = write_training_report(training, training.parent / "a.html")
    for size in ((1280, 900), NARROW):
        with opened(browser, report.report.as_uri(), size) as shown:
            chart = shown.page.locator("figure.curves").first
            assert chart.locator("polyline").count() == 3
            assert chart.locator(".alarm").count() == 1
            colors = shown.pixels("figure.curves svg >> nth=0", tmp_path)
            assert (np.ptp(colors, axis=-1) > 0.3).sum() > 300
            chart.locator("svg").hover(position={"x": 150, "y": 60})
            assert re.match(
                r"step \d+: loss [\d.]+ · validation", chart.inner_text().split("\n")[1]
            )
            shown.page.check("#logarithmic")
            after = shown.pixels("figure.curves svg >> nth=0", tmp_path)
            assert after.shape != colors.shape or (after != colors).any()
            assert shown.page.locator("#samples").inner_text().count(HOSTILE) == 1
            assert "<script>alert(1)" in shown.page.locator("#alarms").inner_text()
            assert shown.page.locator("#results td").all_inner_texts() == ["motions", "4", "5"]
            wide = shown.page.evaluate("document.documentElement.scrollWidth")
            assert wide <= size[0]


def test_a_log_that_is_being_written_is_shown_up_to_its_last_whole_line(training: Path) -> None:
    with (training / LOG).open("a") as log:
        log.write('{"step": 41, "sta')
    report = write_training_report(training, training.parent / "a.html")
    assert report.steps == STEPS
    assert "the last line is not whole" in report.faults[0]


@pytest.mark.parametrize(
    ("content", "found"),
    [("", "no step in it yet"), ("{}\n", "line 1: expected"), ("[1]\n", "line 1: expected"),
     ("\x00\n", "line 1: expected"), (json.dumps(watch_record(10)) + "\n", "no step in it yet")],
)  # fmt: skip
def test_another_log_is_refused_in_a_sentence_and_nothing_is_written(
    tmp_path: Path, content: str, found: str
) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / LOG).write_text(content)
    with pytest.raises(InputError, match=found):
        write_training_report(tmp_path / "run", tmp_path / "a.html")
    assert not (tmp_path / "a.html").exists()


def test_results_that_are_damaged_are_a_fault(training: Path) -> None:
    (training / "recall.json").write_text("{")
    report = write_training_report(training, training.parent / "a.html")
    assert report.faults == ("recall.json: is not JSON; finish the training again to write it",)


def test_values_that_are_not_finite_have_no_point() -> None:
    records = [{**step_record(step), "loss": float("nan")} for step in range(1, 4)]
    assert "Loss" not in {chart.title for chart in charts_of(records)}


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 3 * MOST_POINTS), st.integers(0, 2**32 - 1))
def test_a_curve_has_few_points_whose_ranges_have_all_values(steps: int, seed: int) -> None:
    values = np.random.default_rng(seed).normal(0.0, 1e3, steps).tolist()
    records = [{**step_record(step), "loss": value} for step, value in enumerate(values, 1)]
    (curve,) = next(chart.curves for chart in charts_of(records) if chart.title == "Loss")
    assert len(curve.steps) == min(len(values), MOST_POINTS)
    assert list(curve.steps) == sorted(curve.steps)
    assert (min(curve.lows), max(curve.highs)) == pytest.approx(
        (min(values), max(values)), rel=1e-5
    )
    check_order(curve)


def check_order(curve: Curve) -> None:
    slack = 1e-5 * (1 + np.abs(curve.means))  # numbers are rounded to six digits
    assert (np.array(curve.lows) <= curve.means + slack).all()
    assert (np.array(curve.highs) >= curve.means - slack).all()


def test_the_command_tells_a_training_from_a_dataset(training: Path, built: Dataset) -> None:
    assert find_training(built.path) is None
    assert find_training(training) == training
    result = CliRunner().invoke(main, ["report", str(training)])
    assert result.exit_code == 0
    assert "40 steps, 4 validations, 1 alarm" in result.output
    assert training.with_suffix(".html").is_file()
