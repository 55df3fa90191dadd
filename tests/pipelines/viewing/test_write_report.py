"""The page of a report: its bytes, what it says of a dataset, and of one that is damaged."""

import json
import re
from dataclasses import replace
from pathlib import Path
from shutil import copytree
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from cli import main
from motiondata.errors import InputError
from motiondata.motion_quality.limits import LIMITS
from pipelines.engine.description import Measure
from pipelines.viewing.clip_table import ClipTable
from pipelines.viewing.report.hidden_paths import hide_paths
from pipelines.viewing.report.html import make_page, to_script_json
from pipelines.viewing.report.measures import Measures
from pipelines.viewing.report.summary import summarize
from pipelines.viewing.report.table_json import table_to_json
from pipelines.viewing.report.write_report import DatasetReport, beside, write_report
from pipelines.viewing.sound_part import SoundPart
from pipelines.viewing.viewed_clip import read_viewed_clip
from shards.errors import DatasetError
from shards.format.dataset import Dataset
from shards.format.paths import DATASET, DROPS, MANIFEST
from shards.stream.sample_details import read_details
from tests.support.archive import BAD, MadeArchive
from tests.support.captioned_features import make_captioned
from tests.support.dataset import make_dataset
from tests.support.motion_features import built_features


def summary_of(page: Path) -> dict[str, Any]:
    """Return what a page says, from its source."""
    summary: dict[str, Any] = json.loads(script_of(page, "summary"))
    return summary


def script_of(page: Path, name: str) -> str:
    found = re.search(rf'<script type="[^"]+" id="{name}">(.*?)</script>', page.read_text(), re.S)
    assert found is not None
    return found[1]


def test_the_same_dataset_gives_the_same_bytes_anywhere(built: Dataset, tmp_path: Path) -> None:
    copy = tmp_path / "elsewhere" / built.path.name
    copytree(built.path, copy)
    write_report(built.path, tmp_path / "a.html")
    write_report(copy, tmp_path / "b.html")
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_a_page_counts_what_the_dataset_has(built: Dataset, tmp_path: Path) -> None:
    report = write_report(built.path, tmp_path / "a.html")
    said, manifest = summary_of(tmp_path / "a.html"), built.manifest
    assert report.samples == len(report.playing) == report.measured == len(manifest)
    assert said["totals"]["frames"] == sum(manifest["frames"].to_pylist())
    assert sum(group["samples"] for group in said["by_split"]) == len(manifest)
    splits = [group["samples_by_split"] for group in said["by_subset"]]
    assert np.sum(splits, axis=0).tolist() == [group["samples"] for group in said["by_split"]]
    assert {each["reason"]: each["rows"] for each in said["drops"]} == {
        reason: 1 for *_, reason in BAD.values()
    }
    lengths, hits = said["histograms"][:2]
    assert sum(lengths["counts"]) == len(manifest)
    assert sum(hits["counts"]) == said["totals"]["frames"]
    assert sum(part["points"] for part in said["coverage"]) == pytest.approx(1)


def test_a_page_shows_each_measure_of_quality_with_its_limit(
    archive: MadeArchive, tmp_path: Path
) -> None:
    dataset = built_features(archive, tmp_path / "motion", "humanml3d-263")
    write_report(dataset.path, tmp_path / "a.html")
    shown = summary_of(tmp_path / "a.html")["quality"]
    found = [*read_details(dataset, np.arange(len(dataset.manifest)), "quality")]
    assert len(shown) == len(LIMITS)
    for chart, (name, limit) in zip(shown, LIMITS.items(), strict=True):
        assert chart["title"] == name.replace("_", " ").capitalize()
        assert chart["limit"] == limit.value
        assert chart["start"] <= 0 < limit.value <= len(chart["counts"]) * chart["width"] * 1.001
        assert sum(chart["counts"]) == len(dataset.manifest)
        median = np.median([values[name] for values in found])
        assert chart["median"] == pytest.approx(median, abs=1e-5)


@pytest.mark.parametrize(
    ("quality", "values"),
    [
        (None, 0),
        ([], 0),
        ("high", 0),
        ({"jitter": "high", "floating": float("nan")}, 0),
        ({"jitter": 1}, 1),
    ],
)
def test_values_of_quality_that_are_no_numbers_are_left_out(
    quality: object, values: int, built: Dataset
) -> None:
    table = ClipTable.of(built.manifest)
    measures = Measures(table, {"jitter": Measure("m", 0.003), "floating": Measure("s", 1.0)})
    clip = read_viewed_clip(built, table.keys[0])
    measures.add(replace(clip, details={"quality": quality}))
    assert [(chart["title"], chart["median"]) for chart in measures.quality_to_json()] == [
        ("Jitter", 1.0)
    ] * values


def test_a_page_names_no_folder_of_the_machine(built: Dataset, tmp_path: Path) -> None:
    write_report(built.path, tmp_path / "a.html")
    page = (tmp_path / "a.html").read_text()
    assert str(tmp_path.parent) not in page
    assert str(built.path.parent) not in page
    assert not re.search(r"/(?:tmp|home|root|work|usr)/", page)


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("/home/jane doe/amass/KIT/3/walk 01.npz: no key 'poses'", "walk 01.npz: no key 'poses'"),
        ("expected '/data/a.npz', found '/data/b.npz'", "expected 'a.npz', found 'b.npz'"),
        (r"C:\data\a.npz: damaged", "a.npz: damaged"),
        ("~/a/b.npz", "b.npz"),
        ("(/a.npz)", "(a.npz)"),
        ("KIT/3/walk 01.npz: 1/2 of left/right", "KIT/3/walk 01.npz: 1/2 of left/right"),
    ],
)
def test_folders_of_absolute_paths_are_hidden(text: str, hidden: str) -> None:
    assert hide_paths(text) == hidden


@pytest.mark.parametrize("text", ["</script><script>", "<!--", "&lt;", "a\u2028b\u2029c", '"\\'])
def test_text_in_a_script_is_escaped_and_survives(text: str) -> None:
    written = to_script_json({"text": text})
    assert not re.search("[<>&\u2028\u2029]", written)
    assert json.loads(written) == {"text": text}


def test_clips_that_do_not_fit_are_left_out(built: Dataset, tmp_path: Path) -> None:
    all_clips = write_report(built.path, tmp_path / "a.html")
    some = write_report(built.path, tmp_path / "b.html", clip_megabytes=0.02)
    assert 0 < len(some.playing) < len(all_clips.playing)
    assert some.bytes < all_clips.bytes
    assert some.samples == all_clips.samples
    assert f"{len(some.playing)} of {some.samples} clips play" in str(some)
    assert write_report(built.path, tmp_path / "c.html", clip_megabytes=0).playing == ()


def damage(built: Dataset, folder: Path) -> Path:
    """Copy the dataset, to be damaged."""
    copytree(built.path, folder / "lidar")
    return folder / "lidar"


def test_a_missing_shard_is_named_and_the_others_are_shown(built: Dataset, tmp_path: Path) -> None:
    copy = damage(built, tmp_path)
    lost = built.description.shards[0]
    (copy / lost.name).unlink()
    report = write_report(copy, tmp_path / "a.html")
    (fault,) = report.faults
    assert fault.startswith(f"{lost.name}: expected a file")
    assert report.measured == report.samples - lost.samples
    assert summary_of(tmp_path / "a.html")["faults"] == [fault]


def test_a_changed_member_is_a_fault_and_the_others_are_shown(
    built: Dataset, tmp_path: Path
) -> None:
    copy = damage(built, tmp_path)
    key = built.manifest["key"][0].as_py()
    row = built.row(key)
    data = bytearray((copy / row.shard).read_bytes())
    data[row.members["points.npy"][0] - 512] = 0
    (copy / row.shard).write_bytes(data)
    report = write_report(copy, tmp_path / "a.html")
    (fault,) = report.faults
    assert fault.startswith(row.shard)
    assert report.measured == report.samples - 1
    assert key not in report.playing


def test_samples_of_another_program_are_listed_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    dataset = make_dataset(tmp_path / "other")
    report = write_report(dataset.path, tmp_path / "a.html")
    assert len(report.faults) == len(dataset.description.shards)
    assert all("expected captions with text" in fault for fault in report.faults)
    assert report.samples == len(dataset.manifest)


def test_encoded_features_have_a_table_and_no_clip_that_plays(tmp_path: Path) -> None:
    dataset = make_captioned(tmp_path / "features")
    report = write_report(dataset.path, tmp_path / "a.html")
    assert report.faults == report.playing == ()
    said = summary_of(tmp_path / "a.html")
    assert said["totals"]["samples"] == len(dataset.manifest)
    assert said["arrays"][0]["field"] == "features"


def test_a_dataset_without_clips_has_a_page(built: Dataset) -> None:
    part = SoundPart.open(built.path)
    part = replace(part, dataset=replace(part.dataset, manifest=part.dataset.manifest.slice(0, 0)))
    table = ClipTable.of(part.dataset.manifest)
    said = summarize(part, table, Measures(table))
    assert said["totals"]["samples"] == 0
    assert said["by_split"] == said["by_subset"] == said["histograms"] == said["quality"] == []
    assert make_page("none", said, table_to_json(table), [])


def test_a_damaged_table_of_drops_is_a_fault(built: Dataset, tmp_path: Path) -> None:
    copy = damage(built, tmp_path)
    (copy / DROPS).write_bytes(b"")
    (fault,) = write_report(copy, tmp_path / "a.html").faults
    assert fault.startswith(DROPS)


@pytest.mark.parametrize("lost", [DATASET, MANIFEST])
def test_an_unfinished_build_shows_its_finished_shards(
    lost: str, built: Dataset, tmp_path: Path
) -> None:
    copy = damage(built, tmp_path)
    (copy / lost).unlink()
    first = built.description.shards[0]
    (copy / "receipts" / f"{first.name.replace('/', '-').removesuffix('.tar')}.json").unlink()
    report = write_report(copy, tmp_path / "a.html")
    assert report.samples == len(built.manifest) - first.samples
    assert report.measured == report.samples
    said = summary_of(tmp_path / "a.html")
    assert said["product"] == "lidar"
    assert said["content_hash"] is None
    assert ("not finished" in report.faults[0]) == (lost == DATASET)


def test_a_folder_without_a_dataset_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="not a finished dataset"):
        write_report(tmp_path, tmp_path.with_suffix(".html"))


@pytest.mark.parametrize("name", ["a.txt", "lidar/a.html"])
def test_a_wrong_place_is_refused_and_nothing_is_written(
    name: str, built: Dataset, tmp_path: Path
) -> None:
    copy = damage(built, tmp_path)
    with pytest.raises(InputError, match="choose another file"):
        write_report(copy, tmp_path / name)
    assert not (tmp_path / name).exists()


def test_the_default_place_is_next_to_the_dataset(tmp_path: Path) -> None:
    assert beside(Path("a/lidar")) == Path("a/lidar.html")
    assert beside(tmp_path / "a" / "..") == tmp_path.with_name(f"{tmp_path.name}.html")


def test_a_build_writes_the_report_at_its_end(archive: MadeArchive, tmp_path: Path) -> None:
    root, page = archive.root, tmp_path / "pages/lidar.html"
    words = f"build-lidar {root}/index.csv --amass {root}/amass --body {root}/body.npz "
    words += f"--sensor {root}/sensor.toml --out {tmp_path}/lidar --report {page}"
    refused = CliRunner().invoke(main, words.replace(".html", ".txt").split())
    assert refused.exit_code == 2
    assert not (tmp_path / "lidar").exists()
    built = CliRunner().invoke(main, words.split())
    assert f"a report: {page}" in built.output
    again: DatasetReport = write_report(tmp_path / "lidar", tmp_path / "again.html")
    assert page.read_bytes() == (tmp_path / "again.html").read_bytes()
    assert again.bytes == page.stat().st_size
