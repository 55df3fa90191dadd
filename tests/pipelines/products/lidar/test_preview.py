"""The preview: a picture of any dataset of scans, with a legend, a scale and seconds."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.image import imread

from motiondata.body_regions import SURROUNDINGS_COLOR
from motiondata.lidar.surroundings import NOT_THE_PERSON
from pipelines.datasets.preview import preview
from pipelines.engine.execution import Execution
from pipelines.products.lidar.build import build_lidar
from shards import open_dataset
from shards.format.dataset import Dataset
from tests.commands.test_cli import run
from tests.support.archive import MadeArchive


def test_a_picture_of_any_dataset_is_drawn(built: Dataset, tmp_path: Path) -> None:
    picture = tmp_path / "new" / "scans.png"
    code, said = run("preview", built.path, "--out", picture)
    assert (code, said.splitlines()[-1]) == (0, f"a picture of scans: {picture}")
    height, width, _ = imread(picture).shape
    assert width == 1200
    assert height == round(100 * (8 * 1.72 + 0.62))


def test_the_samples_shown_are_those_asked_for(built: Dataset, tmp_path: Path) -> None:
    keys = ["000004", "M000002_v1"]
    assert preview(built.path, tmp_path / "a.png", keys).keys == tuple(keys)
    of_val = preview(built.path, tmp_path / "b.png", split="val", clips=3).keys
    assert {built.row(key).shard for key in of_val} == {"val/000000.tar"}
    assert len(of_val) == 3


def test_the_same_samples_give_the_same_bytes(built: Dataset, tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        preview(built.path, tmp_path / name, ["000004"])
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def inked_columns(picture: Path) -> set[int]:
    """Return the columns of the first row's title that have ink."""
    return {*np.flatnonzero((imread(picture)[:20, :, :3] < 0.7).any(axis=(0, 2))).tolist()}


@pytest.mark.parametrize("letter", ["W", "i", "word ", "$x_2$ ", "\u4e16"])
def test_a_caption_of_any_letters_ends_before_the_next_title(
    archive: MadeArchive, tmp_path: Path, letter: str
) -> None:
    texts = tmp_path / "texts"
    shutil.copytree(archive.root / "texts", texts)
    (texts / "000000.txt").write_text(f"{letter * 150}#a/DET#0.0#0.0\n")
    options = archive.options(texts=texts, limit=1)
    build_lidar(options, tmp_path / "lidar", Execution())
    preview(tmp_path / "lidar", tmp_path / "a.png", ["000000"])
    inked = inked_columns(tmp_path / "a.png")
    assert inked & {*range(400)}
    assert not inked & {*range(580, 600)}
    assert inked & {*range(600, 700)}


WRONG: dict[str, tuple[list[object], str]] = {
    "no such sample": (["--key", "000099"], "there is no sample '000099'"),
    "no such split": (["--split", "dev"], "choose one of test, train, val"),
    "no clips": (["--clips", 0], "expected 1 to 200, found 0"),
    "too many clips": (["--clips", 1000], "expected 1 to 200, found 1000"),
    "another kind of picture": (["--out", "a.jpg"], "expected a name that ends with .png"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_input_is_one_sentence(
    built: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    monkeypatch.chdir(tmp_path)
    words, expected = WRONG[case]
    code, said = run("preview", built.path, *words)
    assert code == 2
    assert expected in said
    assert list(tmp_path.iterdir()) == []


def test_a_picture_is_not_put_into_a_dataset(built: Dataset, tmp_path: Path) -> None:
    other = shutil.copytree(built.path, tmp_path / "other")
    for out in (built.path / "preview.png", other / "preview.png", other / "new/preview.png"):
        code, said = run("preview", built.path, "--out", out)
        assert code == 2
        assert "outside of all datasets" in said
        assert not out.exists()


def brown_pixels(picture: Path) -> int:
    """Return the number of pixels in the color of what is not on the person."""
    brown = to_rgb(SURROUNDINGS_COLOR)
    return int(np.isclose(imread(picture)[..., :3], brown, atol=0.002).all(axis=-1).sum())


def test_points_of_the_street_have_a_color_of_their_own_and_a_name(
    archive: MadeArchive, built: Dataset, tmp_path: Path
) -> None:
    build_lidar(archive.options(realism="street"), tmp_path / "street", Execution())
    street = open_dataset(tmp_path / "street")
    surrounded = [key for key in street if (street[key]["parts"] == NOT_THE_PERSON).any()]
    preview(tmp_path / "street", tmp_path / "street.png", surrounded[:2])
    preview(built.path, tmp_path / "exact.png")
    assert brown_pixels(tmp_path / "street.png") > 10
    assert brown_pixels(tmp_path / "exact.png") == 0
