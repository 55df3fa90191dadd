"""The card of a dataset, as those read it whom it is for: Hugging Face, Croissant, and people."""

import csv
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from cli import main
from motiondata.errors import InputError
from motiondata.synthesis.corpus.corpus import synthesize
from pipelines.datasets.verify import verify
from pipelines.engine.execution import Execution
from pipelines.products.lidar.build import build_lidar
from pipelines.publishing.card import CardReport, write_card
from pipelines.publishing.options import CardOptions
from pipelines.publishing.publish import publish
from pipelines.publishing.source_licenses import expect_publishable
from shards.format.dataset import Dataset
from shards.format.places import place_of, read_file
from shards.remote.folder import RemoteFolder
from tests.support.hub_server import HubServer
from tests.support.lidar_options import lidar_options
from tests.support.remote_places import in_memory

CLIPS = 3
DATE = "2026-11-29"


@pytest.fixture(scope="module")
def free(tmp_path_factory: pytest.TempPathFactory, _kernels_are_loaded: None) -> Path:
    """Build a dataset of synthetic motion, which anyone may publish."""
    folder = tmp_path_factory.mktemp("free")
    synthesize(folder / "corpus", CLIPS, 0)
    index, amass = folder / "corpus/index.csv", folder / "corpus/amass"
    build_lidar(lidar_options(index=index, amass=amass), folder / "lidar", Execution())
    return folder / "lidar"


@pytest.fixture(scope="module")
def card(free: Path) -> CardReport:
    """Write the card of the dataset into its folder."""
    return write_card(free, free, CardOptions(name="Walks", clips=2, date=DATE))


def test_a_card_belongs_to_the_dataset(card: CardReport) -> None:
    assert verify(card.folder).faults == ()
    assert all((card.folder / name).is_file() for name in card.files)
    assert card.refusals == ()


def test_hugging_face_finds_the_license_and_the_splits(card: CardReport) -> None:
    _, head, text = (card.folder / "README.md").read_text().split("---\n", 2)
    found = yaml.safe_load(head)
    assert found["license"] == "apache-2.0"
    assert found["pretty_name"] == "Walks"
    (config,) = found["configs"]
    assert config["data_files"] == [{"split": "train", "path": "preview/clips.parquet"}]
    for title in ("## Contents", "## How it was made", "## Licenses", "![Some clips]"):
        assert title in text


@pytest.fixture
def datasets(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return the package datasets, which asks no server during the test."""
    package = pytest.importorskip("datasets")
    from huggingface_hub import constants

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(package.config, "HF_HUB_OFFLINE", True)
    return package


def test_datasets_loads_the_preview_or_else_the_shards(
    card: CardReport, free: Path, tmp_path: Path, datasets: Any
) -> None:
    load_dataset = datasets.load_dataset
    cache = {"cache_dir": str(tmp_path / "cache")}
    preview = load_dataset(str(card.folder), "preview", **cache)
    assert preview["train"].num_rows == 2
    assert "mesh" in preview["train"].features
    bare = tmp_path / "bare"
    shutil.copytree(free, bare, ignore=shutil.ignore_patterns("preview"))
    write_card(bare, bare, CardOptions(clips=0, date=DATE))
    shards = load_dataset(str(bare), "clips", **cache)
    assert sum(split.num_rows for split in shards.values()) == CLIPS
    splits = {shard.split for shard in Dataset.open(bare).description.shards}
    assert set(shards) == splits
    (config,) = yaml.safe_load((bare / "README.md").read_text().split("---\n")[1])["configs"]
    assert {each["split"] for each in config["data_files"]} == splits


def test_datasets_shows_meshes_of_a_few_clips(card: CardReport, datasets: Any) -> None:
    import pyarrow.parquet as pq

    table = datasets.Dataset(pq.read_table(card.folder / "preview/clips.parquet"))
    assert isinstance(table.features["mesh"], datasets.Mesh)
    assert len(table) == 2
    scene = table[0]["mesh"]
    low, high = scene.bounds
    assert 1.4 < high[1] - low[1] < 2.2, "a person stands upright, y up"


@pytest.mark.filterwarnings("ignore")  # those of its dependencies
def test_croissant_is_valid_and_its_records_are_the_manifest(card: CardReport) -> None:
    import mlcroissant

    dataset = mlcroissant.Dataset(card.folder / "croissant.json")
    assert not dataset.metadata.ctx.issues.errors
    assert not dataset.metadata.ctx.issues.warnings
    keys = [record["clips/key"].decode() for record in dataset.records("clips")]
    assert keys == Dataset.open(card.folder).manifest["key"].to_pylist()


def test_each_recording_has_its_license(card: CardReport) -> None:
    with (card.folder / "licenses.csv").open() as file:
        rows = list(csv.DictReader(file))
    manifest = Dataset.open(card.folder).manifest
    assert {row["recording"] for row in rows} == {*manifest["source"].to_pylist()}
    assert {row["license"] for row in rows} == {"Apache-2.0"}
    assert sum(int(row["samples"]) for row in rows) == CLIPS


def test_a_card_is_written_again_with_the_same_bytes(card: CardReport, free: Path) -> None:
    before = {name: (free / name).read_bytes() for name in card.files}
    write_card(free, free, CardOptions(name="Walks", clips=2, date=DATE))
    assert {name: (free / name).read_bytes() for name in card.files} == before


def test_recordings_of_amass_forbid_publishing_and_are_not_shown(
    built: Dataset, tmp_path: Path
) -> None:
    report = write_card(built.path, tmp_path / "card", CardOptions())
    assert "No Distribution" in "".join(report.refusals)
    assert not (tmp_path / "card/preview/clips.parquet").exists()
    with pytest.raises(InputError, match=r"No Distribution.*not to be published: points"):
        expect_publishable(list(report.licenses))


def test_a_dataset_is_published_with_its_card(free: Path, tmp_path: Path) -> None:
    options = CardOptions(clips=0, date=DATE)
    with in_memory(tmp_path / "nothing") as url:
        report = publish(free, place_of(url), options)
        copied = Dataset.open(url)
        assert copied.content_hash == Dataset.open(free).content_hash
        assert {*report.card.files} <= {*(RemoteFolder(url).names() or ())}
    publish(free, tmp_path / "folder", options)
    assert verify(tmp_path / "folder").faults == ()


@pytest.mark.parametrize("to", ["memory://published-again", "folder"])
def test_what_is_published_is_published_again_with_a_new_card(
    free: Path, tmp_path: Path, to: str
) -> None:
    place = place_of(to if "://" in to else tmp_path / to)
    publish(free, place, CardOptions(clips=0, date=DATE))
    again = publish(free, place, CardOptions(clips=0, date=DATE, name="Another name"))
    assert again.copy.files == 0
    assert b"Another name" in read_file(place, "README.md")


@pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")
def test_a_dataset_is_published_on_the_hub(free: Path) -> None:
    pytest.importorskip("huggingface_hub")
    with HubServer().running() as hub:
        hub.repositories["user/kit"] = {"README.md": b"# Made with the repository"}
        url = "hf://datasets/user/kit"
        report = publish(free, place_of(url), CardOptions(clips=0, date=DATE))
        files = hub.repositories["user/kit"]
        assert {*report.card.files, "dataset.json"} <= {*files}
        assert files["README.md"].startswith(b"---")
        assert (
            Dataset.open("hf://datasets/user/kit").content_hash == Dataset.open(free).content_hash
        )


def test_nothing_is_published_that_a_license_forbids(built: Dataset, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No Distribution"):
        publish(built.path, tmp_path / "folder", CardOptions())
    assert [*tmp_path.iterdir()] == []


def test_a_permission_is_said_in_the_card(built: Dataset, tmp_path: Path) -> None:
    report = write_card(built.path, tmp_path, CardOptions(permission="granted by the owners"))
    assert report.refusals == ()
    assert "Permission to publish: granted by the owners" in (tmp_path / "README.md").read_text()


def test_a_readme_of_somebody_is_not_replaced(built: Dataset, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# Mine\n")
    run = CliRunner().invoke(main, ["card", str(built.path), "--out", str(tmp_path)])
    assert run.exit_code == 2
    assert "is not a card of this program" in run.output
    assert [*tmp_path.iterdir()] == [tmp_path / "README.md"]


def test_a_date_that_is_none_is_refused(built: Dataset, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected a date such as"):
        write_card(built.path, tmp_path / "card", CardOptions(date="soon"))
