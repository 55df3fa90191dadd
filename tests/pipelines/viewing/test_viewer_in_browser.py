"""The viewer in a real browser: bodies, overlays, files and predictions are drawn and move."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import trimesh
from numpy.typing import NDArray

from motiondata.bodies.bundled import bundled_body
from motiondata.bodies.loading import read_body
from motiondata.bodies.posing import pose_body, pose_joints
from motiondata.representations.joint_sets import amass_to_y_up
from motiondata.sources.amass.reader import read_recording
from pipelines.clips.read_clip import shape_recorded_body
from pipelines.viewing.live.viewer import Viewer
from shards.format.dataset import Dataset
from tests.support.amass_files import save_npz
from tests.support.archive import MadeArchive
from tests.support.browser import OpenPage, opened
from tests.support.bvh_files import walking, write_bvh
from tests.support.captioned_features import captions_of
from tests.support.motion_features import built_features
from tests.support.served_viewer import serving
from tests.support.small_body import made_body
from tests.support.token_clips import make_token_clips

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CANVAS = "canvas#canvas"
WALK = "KIT/3/walk 01_poses.npz"
MILLIMETER = 1e-3
LAYERS = np.array([[0x2A, 0x78, 0xD6], [0xE0, 0x7B, 0x1F]]) / 255
"""The colors of the two datasets of an overlay."""


@contextmanager
def shown(browser: "Browser", viewer: Viewer) -> Iterator[OpenPage]:
    """Open the page of a viewer, and wait for the bodies of its first clip."""
    with serving(viewer) as server, opened(browser, server.address) as page:
        bodies_are_there(page)
        yield page


def bodies_are_there(page: OpenPage) -> None:
    """Wait for the clip that is open, and for its bodies."""
    page.page.evaluate(
        "(async () => { const clip = await player.clips.open(player.row.key);"
        "await player.clips.bodiesOf(clip); await new Promise(requestAnimationFrame); })()"
    )


def walk(archive: MadeArchive) -> Path:
    """Return the path of a recording."""
    return archive.root / "amass" / WALK


def of_color(pixels: NDArray[np.float64], color: NDArray[np.float64]) -> int:
    """Return the number of pixels of about the hue of a color, shaded or not."""
    size = np.linalg.norm(pixels, axis=-1)
    likeness = pixels @ color / np.maximum(size * np.linalg.norm(color), 1e-9)
    return int(((likeness > 0.985) & (size > 0.25)).sum())


@pytest.mark.parametrize("is_bundled", [True, False], ids=["bundled", "with blend shapes"])
def test_the_page_poses_a_body_as_the_products_do(
    browser: "Browser", archive: MadeArchive, tmp_path: Path, is_bundled: bool
) -> None:
    own = save_npz(tmp_path / "body.npz", made_body(3))
    body = bundled_body() if is_bundled else read_body(own)
    recording = read_recording(walk(archive), "walk")
    shaped = shape_recorded_body(recording, body, mean_shape=False)
    frames = [0, 7, 300]
    expected = pose_body(shaped, recording.pose[frames], recording.trans[frames]).vertices
    with shown(browser, Viewer.open(walk(archive), body=None if is_bundled else own)) as page:
        posed = page.page.evaluate(
            "frames => frames.map(frame => Array.from(player.clip.body.verticesAt(frame)))", frames
        )
        origin = np.array(page.page.evaluate("player.clip.head.origin"))
    found = np.array(posed).reshape(expected.shape) + origin
    limit = (1 if is_bundled else 4) * MILLIMETER
    np.testing.assert_allclose(found, expected, atol=limit)


@pytest.mark.parametrize("representation", ["humanml3d-263", "repr-272"])
def test_the_body_of_features_stands_where_their_skeleton_does(
    browser: "Browser", archive: MadeArchive, tmp_path: Path, representation: str
) -> None:
    dataset = built_features(archive, tmp_path / "motion", representation)
    viewer = Viewer.open(dataset.path, body=archive.root / "body.npz")
    with shown(browser, viewer) as page:
        joints, vertices = page.page.evaluate(
            "[Array.from(player.clip.skeleton.slice(0, 66)),"
            " Array.from(player.clip.body.verticesAt(0))]"
        )
    joints, vertices = np.reshape(joints, (22, 3)), np.reshape(vertices, (-1, 3))
    assert np.all(vertices.min(axis=0) < joints.min(axis=0) + 0.1)
    assert np.all(vertices.max(axis=0) > joints.max(axis=0) - 0.1)


def test_two_datasets_are_drawn_over_each_other_and_each_can_be_hidden(
    browser: "Browser", built: Dataset, archive: MadeArchive, tmp_path: Path
) -> None:
    features = built_features(archive, tmp_path / "motion", "repr-272")
    viewer = Viewer.open(built.path, overlay=features.path)
    with shown(browser, viewer) as page:
        page.page.uncheck("#show-floor")
        page.page.uncheck("#show-sensor")
        page.page.uncheck("#show-body")
        both = page.pixels(CANVAS, tmp_path)
        assert all(of_color(both, color) > 20 for color in LAYERS)
        page.page.uncheck("#layer-0")
        second = page.pixels(CANVAS, tmp_path)
        assert of_color(second, LAYERS[0]) == 0
        assert of_color(second, LAYERS[1]) > 100
        page.page.check("#layer-0")
        page.page.uncheck("#layer-1")
        first = page.pixels(CANVAS, tmp_path)
        assert of_color(first, LAYERS[0]) > 100
        assert of_color(first, LAYERS[1]) == 0
        assert "onto it" in page.page.locator("#remarks").inner_text()


def write_joints(archive: MadeArchive, folder: Path) -> Path:
    """Write the joints of a recording in HumanML3D's frame."""
    recording = read_recording(walk(archive), "walk")
    shaped = shape_recorded_body(recording, bundled_body(), mean_shape=True)
    joints = pose_joints(shaped, recording.pose[:40], recording.trans[:40])
    np.save(folder / "joints.npy", amass_to_y_up(joints).astype(np.float32))
    return folder / "joints.npy"


def write_walk(_: MadeArchive, folder: Path) -> Path:
    """Write a walk as BVH."""
    return write_bvh(folder / "walk.bvh", *walking(30))


def write_meshes(_: MadeArchive, folder: Path) -> Path:
    """Write a box that rises, a mesh per frame."""
    for frame in range(12):
        box = trimesh.creation.box((0.5, 0.5, 1.0))
        box.apply_translation((0, 0, 0.5 + 0.1 * frame))
        box.export(folder / f"box_{frame}.ply")
    return folder


@pytest.mark.parametrize("write", [write_joints, write_walk, write_meshes])
def test_files_open_directly_and_their_surfaces_move(
    browser: "Browser", archive: MadeArchive, tmp_path: Path, write: object
) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    assert callable(write)
    with shown(browser, Viewer.open(write(archive, folder))) as page:
        page.page.evaluate("player.seek(0)")
        page.page.uncheck("#show-body")
        without = page.pixels(CANVAS, tmp_path)
        page.page.check("#show-body")
        first = page.pixels(CANVAS, tmp_path)
        assert (first != without).any(axis=-1).mean() > 0.01
        page.page.evaluate("player.seek(10)")
        assert (first != page.pixels(CANVAS, tmp_path)).any(axis=-1).mean() > 0.003


def test_predicted_captions_are_shown_with_those_of_the_clip(
    browser: "Browser", built: Dataset, tmp_path: Path
) -> None:
    key = built.manifest["key"][0].as_py()
    hostile = "a person <script>alert(1)</script> walks"
    file = tmp_path / "captions.jsonl"
    file.write_text(json.dumps({"key": key, "caption": hostile}) + "\n")
    with shown(browser, Viewer.open(built.path, captions=file)) as page:
        assert page.page.locator("#captions .prediction").inner_text() == f"predicted: {hostile}"
        assert page.page.locator("#captions .caption").count() > 0


def test_captions_of_tokens_are_shown_with_their_predictions(
    browser: "Browser", tmp_path: Path
) -> None:
    tokens = make_token_clips(tmp_path / "tokens", clips={"train": 2, "test": 1})
    key = tokens.manifest["key"][0].as_py()
    (tmp_path / "captions.jsonl").write_text(json.dumps({"key": key, "caption": "jumps"}) + "\n")
    with shown(browser, Viewer.open(tokens.path, captions=tmp_path / "captions.jsonl")) as page:
        assert page.page.locator(CANVAS).is_hidden()
        assert page.page.locator("#captions .caption").count() == len(captions_of(0))
        assert page.page.locator("#captions .prediction").inner_text() == "predicted: jumps"
        page.page.wait_for_url(f"**/#clip={key}&frame=0")


def test_next_and_previous_go_through_the_listed_clips(browser: "Browser", built: Dataset) -> None:
    keys = built.manifest["key"].to_pylist()
    with shown(browser, Viewer.open(built.path)) as page:
        playing = page.page.locator("#playing")
        for button, expected in (("#next", keys[1]), ("#next", keys[2]), ("#previous", keys[1])):
            page.page.click(button)
            assert playing.inner_text() == expected


@pytest.mark.slow
def test_a_clip_of_two_hundred_frames_plays_at_twenty_frames_per_second(
    browser: "Browser", archive: MadeArchive
) -> None:
    with shown(browser, Viewer.open(walk(archive))) as page:
        milliseconds = page.page.evaluate(
            "Array.from({length: 200}, (_, frame) => { const start = performance.now();"
            "player.seek(frame); return performance.now() - start; })"
        )
    assert np.percentile(milliseconds, 25) < 50  # the machine may be busy
