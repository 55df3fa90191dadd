"""The viewer: its server sends clips of its dataset alone, and its page plays each of them."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree
from typing import TYPE_CHECKING

import numpy as np
import pytest
import trimesh

from motiondata.errors import InputError, MotionDataError
from pipelines.viewing.live.server import ViewerServer
from pipelines.viewing.live.viewer import Viewer, link_to
from shards.format.dataset import Dataset
from shards.format.paths import DATASET
from tests.support.archive import MadeArchive
from tests.support.browser import opened
from tests.support.motion_features import built_features
from tests.support.served_viewer import serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def dataset(archive: MadeArchive, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Build motion features of a few clips."""
    return built_features(archive, tmp_path_factory.mktemp("viewer") / "motion", "humanml3d-263")


@pytest.fixture(scope="module")
def server(dataset: Dataset) -> Iterator[ViewerServer]:
    """Serve the viewer on a free port."""
    with serving(Viewer.open(dataset.path)) as running:
        yield running


def asked(server: ViewerServer, path: str, host: str | None = None) -> tuple[int, bytes]:
    """Return the status and the body of the answer to a request."""
    headers = {"Host": host} if host else {}
    request = urllib.request.Request(server.address.rstrip("/") + path, headers=headers)  # noqa: S310
    try:
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def test_a_clip_is_sent_by_its_key(server: ViewerServer, dataset: Dataset) -> None:
    key = dataset.manifest["key"][0].as_py()
    status, body = asked(server, f"/clip?key={key}")
    assert (status, json.loads(body)["head"]["key"]) == (200, key)


@pytest.mark.parametrize(
    "path", ["/clip?key=nobody", "/clip", "/dataset.json", "/../dataset.json", "/clip?key=../x"]
)
def test_nothing_else_is_sent(server: ViewerServer, path: str) -> None:
    assert asked(server, path)[0] == 404


@pytest.mark.parametrize(
    ("host", "status"),
    [("localhost:1", 200), ("127.0.0.1", 200), ("[::1]:80", 200), ("evil.example", 403),
     ("127.0.0.1.evil.example", 403), ("[", 403)],
)  # fmt: skip
def test_only_requests_to_this_host_are_answered(
    server: ViewerServer, host: str, status: int
) -> None:
    assert asked(server, "/", host)[0] == status


def test_a_port_in_use_is_refused_in_a_sentence(server: ViewerServer) -> None:
    with pytest.raises(InputError, match=f"--port {server.server_port}: is in use; choose another"):
        ViewerServer(server.viewer, "127.0.0.1", server.server_port)


def test_predicted_captions_are_sent_with_their_clip(dataset: Dataset, tmp_path: Path) -> None:
    first, second = dataset.manifest["key"].to_pylist()[:2]
    file = tmp_path / "captions.jsonl"
    texts = ["a person <b>walks</b>", "someone runs"]
    file.write_text("".join(json.dumps({"key": first, "caption": text}) + "\n" for text in texts))
    viewer = Viewer.open(dataset.path, captions=file)
    heads = [
        json.loads(viewer.answer("/clip", {"key": key}).body)["head"] for key in (first, second)
    ]
    assert [head["predictions"] for head in heads] == [[["predicted", text] for text in texts], []]


def test_captions_of_an_evaluation_are_shown_with_their_maker(
    dataset: Dataset, tmp_path: Path
) -> None:
    key = dataset.manifest["key"][0].as_py()
    captions = {"model": "a person walks", "constant caption": "someone moves"}
    lines = [{"key": key, "by": by, "caption": text} for by, text in captions.items()]
    (tmp_path / "captions.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    viewer = Viewer.open(dataset.path, captions=tmp_path)
    head = json.loads(viewer.answer("/clip", {"key": key}).body)["head"]
    assert head["predictions"] == [[by, text] for by, text in captions.items()]


@pytest.mark.parametrize(
    ("content", "found"),
    [("[]", "line 1: expected"), ('{"key": 3, "caption": "a"}', "line 1: expected"),
     ("\n{", "line 2: expected"), ("", "found none"),
     ('{"key": "nobody", "caption": "a"}', "found none")],
)  # fmt: skip
def test_a_file_without_captions_of_the_clips_is_refused(
    dataset: Dataset, tmp_path: Path, content: str, found: str
) -> None:
    file = tmp_path / "captions.jsonl"
    file.write_text(content)
    with pytest.raises(InputError, match=found):
        Viewer.open(dataset.path, captions=file)


def test_a_damaged_dataset_shows_its_sound_clips_and_no_path(
    dataset: Dataset, tmp_path: Path
) -> None:
    copy = tmp_path / "damaged"
    copytree(dataset.path, copy)
    lost = dataset.description.shards[-1].name
    (copy / lost).unlink()
    viewer = Viewer.open(copy)
    assert lost in viewer.page.decode()
    assert str(tmp_path) not in viewer.page.decode()
    shards = dataset.manifest["shard"].to_pylist()
    for key, shard in zip(dataset.manifest["key"].to_pylist(), shards, strict=True):
        answer = viewer.answer("/clip", {"key": key})
        assert answer.status == 200
        problem = json.loads(answer.body).get("problem")
        damaged = f"{key}: cannot be read; to check every byte: motiondata verify DATASET"
        assert problem == (damaged if shard == lost else None)
        assert str(tmp_path).encode() not in answer.body


def test_a_damaged_clip_is_said_to_be_damaged_and_the_others_play(
    browser: "Browser", dataset: Dataset, tmp_path: Path
) -> None:
    copy = tmp_path / "damaged"
    copytree(dataset.path, copy)
    first, *_, last = dataset.manifest["key"].to_pylist()
    (copy / dataset.row(first).shard).write_bytes(b"")
    with serving(Viewer.open(copy)) as running, opened(browser, running.address) as shown:
        shown.page.get_by_text(f"{first}: cannot be read").wait_for()
        shown.page.evaluate("key => { location.hash = `clip=${key}`; }", last)
        shown.page.get_by_text("frame 1 of").wait_for()


def test_an_unfinished_build_shows_its_finished_shards_and_says_so(
    built: Dataset, tmp_path: Path
) -> None:
    copy = tmp_path / "unfinished"
    copytree(built.path, copy)
    (copy / DATASET).unlink()
    first = built.description.shards[0]
    (copy / "receipts" / f"{first.name.replace('/', '-').removesuffix('.tar')}.json").unlink()
    viewer = Viewer.open(copy)
    assert len(viewer.shown.keys) == len(built.manifest) - first.samples
    assert "run its command again" in viewer.page.decode()
    for key in viewer.shown.keys:
        assert viewer.answer("/clip", {"key": key}).status == 200


def test_a_mesh_in_millimeters_is_refused_without_its_scale(tmp_path: Path) -> None:
    trimesh.creation.box((500, 500, 1800)).export(tmp_path / "box.stl")
    refused = json.loads(Viewer.open(tmp_path / "box.stl").answer("/clip", {"key": "box"}).body)
    assert "--scale 0.001 for millimeters" in refused["problem"]
    clip = Viewer.open(tmp_path / "box.stl", scale=0.001).shown.read("box")
    assert clip.meshes is not None
    assert np.ptp(clip.meshes.vertices[0], axis=0) == pytest.approx([0.5, 0.5, 1.8])


@pytest.mark.parametrize("scale", [0.0, -1.0, float("nan"), float("inf")])
def test_a_scale_that_is_none_is_refused(tmp_path: Path, scale: float) -> None:
    trimesh.creation.box().export(tmp_path / "box.stl")
    with pytest.raises(InputError, match="--scale: expected more than 0"):
        Viewer.open(tmp_path / "box.stl", scale=scale)


def test_a_scale_of_a_dataset_is_refused(dataset: Dataset) -> None:
    with pytest.raises(InputError, match="--scale: expected files of meshes"):
        Viewer.open(dataset.path, scale=0.001)


@pytest.mark.parametrize("name", ["notes.txt", "walk.npz"])
def test_a_file_that_is_no_motion_is_refused_in_a_sentence(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("nothing")
    with pytest.raises(MotionDataError, match=name):
        Viewer.open(tmp_path / name)


def test_an_overlay_of_other_clips_is_refused(
    dataset: Dataset, archive: MadeArchive, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="found none of the same key"):
        Viewer.open(dataset.path, overlay=archive.root / "amass")


def test_a_link_opens_a_clip_at_its_frame(
    browser: "Browser", server: ViewerServer, dataset: Dataset, tmp_path: Path
) -> None:
    key = dataset.manifest["key"].to_pylist()[-1]
    with opened(browser, server.address) as shown:
        link = link_to(server.address, key, 3)
        shown.page.evaluate("link => { location.hash = new URL(link).hash; }", link)
        shown.page.get_by_text("frame 4 of").wait_for()
        assert shown.page.locator("#playing").inner_text() == key
        before = shown.pixels("canvas#canvas", tmp_path)
        shown.page.keyboard.press("ArrowRight")
        assert (before != shown.pixels("canvas#canvas", tmp_path)).any()
        assert np.ptp(before, axis=-1).max() > 0.35
