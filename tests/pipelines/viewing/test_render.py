"""A clip is rendered as it moves, at its frame rate, whole or not at all."""

from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from cli import main
from motiondata.errors import InputError
from pipelines.viewing.film.camera import Path as CameraPath
from pipelines.viewing.film.canvas import BODY_COLOR, SAMPLES, Canvas, draw_floor_of
from pipelines.viewing.film.encoders import to_gif
from pipelines.viewing.film.options import VIEWS, FilmOptions, View
from pipelines.viewing.film.rasterizer import draw_balls, draw_triangles
from pipelines.viewing.film.render import render
from shards.format.dataset import Dataset
from tests.support.archive import MadeArchive
from tests.support.motion_features import built_features

KEY = "000002"
SMALL = FilmOptions(width=200, seconds=0.4)


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # pipes of imageio_ffmpeg
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_video_has_the_frames_and_the_frame_rate_of_the_clip(
    built: Dataset, tmp_path: Path
) -> None:
    film = render(built.path, KEY, tmp_path / "a.mp4", FilmOptions(width=200))
    frames = imageio_ffmpeg.read_frames(str(film.film))
    facts = next(frames)
    pictures = [np.frombuffer(frame, np.uint8) for frame in frames]
    assert facts["fps"] == pytest.approx(film.fps)
    assert facts["size"] == (film.width, film.height)
    assert len(pictures) == film.frames == built.row(KEY).frames
    assert film.panels == ("points", "body")
    assert (pictures[0] != pictures[-1]).any()


def test_a_strip_has_evenly_spaced_poses_over_the_whole_clip(
    built: Dataset, tmp_path: Path
) -> None:
    options = FilmOptions(width=300, frames=3)
    film = render(built.path, KEY, tmp_path / "new" / "a.png", options)
    with Image.open(film.film) as picture:
        assert picture.size == (film.width, film.height)
        pixels = np.asarray(picture)
    panels = pixels[135:270].reshape(135, 3, 100, 3).swapaxes(0, 1).astype(int)
    blue = (panels[..., 2] - panels[..., 0] > 20).sum(axis=(1, 2))
    assert BODY_COLOR[2] - BODY_COLOR[0] > 20
    assert (blue > 20).all()
    assert film.frames == 3


@pytest.mark.parametrize("view", VIEWS)
def test_a_clip_is_seen_from_every_side(built: Dataset, tmp_path: Path, view: View) -> None:
    options = FilmOptions(view=view, width=200, frames=1)
    render(built.path, KEY, tmp_path / "a.png", options)
    with Image.open(tmp_path / "a.png") as picture:
        assert len(np.unique(np.asarray(picture).reshape(-1, 3), axis=0)) > 100


def test_a_clip_of_motion_features_has_no_points(archive: MadeArchive, tmp_path: Path) -> None:
    dataset = built_features(archive, tmp_path / "motion", "humanml3d-263")
    film = render(dataset.path, KEY, tmp_path / "a.gif", SMALL)
    assert "points" not in film.panels
    assert len(film.panels) == 1
    with Image.open(film.film) as picture:
        assert getattr(picture, "n_frames", 1) == film.frames
    with pytest.raises(InputError, match="--view sensor: expected a LiDAR dataset"):
        render(dataset.path, KEY, tmp_path / "b.gif", FilmOptions(view="sensor"))


@pytest.mark.parametrize(
    ("key", "name", "options", "message"),
    [
        ("002", "a.png", FilmOptions(), "the nearest: 000002"),
        (KEY, "a.avi", FilmOptions(), "expected a name that ends with .mp4, .gif, .png"),
        (KEY, "a.png", FilmOptions(width=3), "--width: expected 64 to 8192 pixels, found 3"),
        (KEY, "a.png", FilmOptions(frames=0), "--frames: expected 1 to 100, found 0"),
        (KEY, "a.gif", FilmOptions(seconds=-1), "--seconds: expected more than 0, found -1"),
    ],
)
def test_wrong_input_is_refused_in_a_sentence_and_nothing_is_written(
    built: Dataset, tmp_path: Path, key: str, name: str, options: FilmOptions, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        render(built.path, key, tmp_path / name, options)
    assert not list(tmp_path.iterdir())


def test_the_command_names_the_nearest_keys(built: Dataset, tmp_path: Path) -> None:
    words = ["render", str(built.path), "00004", "--out", str(tmp_path / "a.gif")]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 2
    assert "the nearest: 000004" in result.output


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 15)] * 2), min_size=3, max_size=3, unique=True))
def test_a_triangle_covers_the_pixels_whose_centers_are_on_one_side_of_all_its_edges(
    places: list[tuple[int, int]],
) -> None:
    corners = np.array([(*place, 1.0) for place in places], float)
    pixels, depths = np.zeros((16, 16, 3), np.float32), np.full((16, 16), np.inf)
    draw_triangles(pixels, depths, corners, np.array([[0, 1, 2]], np.int32), np.full((3, 3), 9.0))
    rows, columns = np.mgrid[:16, :16]
    sides = []
    for (ax, ay), (bx, by) in zip(places, [*places[1:], places[0]], strict=True):
        sides.append((bx - ax) * (rows - ay) - (columns - ax) * (by - ay))
    strictly = (np.array(sides) > 0).all(axis=0) | (np.array(sides) < 0).all(axis=0)
    outside = (np.array(sides) > 0).any(axis=0) & (np.array(sides) < 0).any(axis=0)
    assert np.isfinite(depths[strictly]).all()
    assert np.isinf(depths[outside]).all()


def test_what_is_nearer_hides_what_is_farther_in_any_order() -> None:
    triangle = np.array([[0, 0], [14, 0], [0, 14]], float)
    near, far = (np.column_stack([triangle, np.full(3, depth)]) for depth in (1.0, 2.0))
    corners = np.concatenate([near, far])
    colors = np.repeat([[200.0] * 3, [50.0] * 3], 3, axis=0)
    for order in ([[0, 1, 2], [3, 4, 5]], [[3, 4, 5], [0, 1, 2]]):
        pixels, depths = np.zeros((16, 16, 3), np.float32), np.full((16, 16), np.inf)
        draw_triangles(pixels, depths, corners, np.array(order, np.int32), colors)
        assert pixels[3, 3, 0] == pytest.approx(200)


@pytest.mark.parametrize("fps", [20.0, 30.0, 12.5])
def test_the_durations_of_an_animation_add_up_to_that_of_the_clip(
    fps: float, tmp_path: Path
) -> None:
    pictures = [np.full((8, 8, 3), value, np.uint8) for value in range(0, 240, 8)]
    (tmp_path / "a.gif").write_bytes(to_gif(pictures, fps))
    total = 0
    with Image.open(tmp_path / "a.gif") as picture:
        for frame in range(getattr(picture, "n_frames", 1)):
            picture.seek(frame)
            total += picture.info["duration"]
    assert total == pytest.approx(1000 * len(pictures) / fps, abs=10)


PLACES = st.tuples(*[st.floats(-2, 2, width=32)] * 3)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(PLACES, min_size=1, max_size=4), min_size=1, max_size=3))
@example([[(0.0, 0.0, 0.25), (0.0, 0.25, 0.25)]])  # of two at one depth, the first is seen
def test_a_canvas_shows_what_samples_of_the_whole_picture_show(
    frames: list[list[tuple[float, float, float]]],
) -> None:
    size, meters = (24, 16), 0.2
    canvas = Canvas.empty(size)
    path = CameraPath(np.zeros((1, 3)), np.array([0.6, 0.0, 0.8]), 1.5, 1.0)
    camera = path.camera(0, canvas.samples)
    floor = draw_floor_of(camera, size)
    for frame in frames:
        centers, colors = np.array(frame), np.full((len(frame), 3), 120.0)
        canvas.add_balls(camera, centers, meters, colors)
        shown = canvas.finish(floor)
        pixels = floor.repeat(SAMPLES, axis=0).repeat(SAMPLES, axis=1).astype(np.float32)
        corners = camera.project(centers)
        radii = meters * camera.focal / corners[:, 2]
        depths = np.full(pixels.shape[:2], np.inf, canvas.depths.dtype)
        draw_balls(pixels, depths, corners, radii, colors)
        samples = pixels.reshape(size[1], SAMPLES, size[0], SAMPLES, 3)
        np.testing.assert_allclose(shown, samples.mean(axis=(1, 3)), atol=0.51)


def test_parts_below_the_floor_are_pale() -> None:
    canvas = Canvas.empty((32, 32))
    camera = CameraPath(np.zeros((1, 3)), np.array([0.0, -0.6, 0.8]), 3.0, 3.0).camera(
        0, canvas.samples
    )
    floor = draw_floor_of(camera, canvas.size)
    square = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], float)
    shown = []
    for height in (0.05, -0.05):
        canvas.add_surface(
            camera, square + np.array([0, 0, height]), np.array([[0, 1, 2], [0, 2, 3]])
        )
        shown.append(canvas.finish(floor)[16, 16].astype(int))
    above, below = shown
    assert above[2] - above[0] > 2 * (below[2] - below[0]) > 0
    assert below.min() > above.min()


def test_the_floor_has_lines_every_half_meter_and_fades() -> None:
    camera = CameraPath(np.zeros((1, 3)), np.array([0.6, 0.0, 0.8]), 12.0, 12.0)
    size = 2000, 2000
    view = camera.camera(0, (size[0] * SAMPLES, size[1] * SAMPLES))
    floor = draw_floor_of(view, size)
    places = np.array([[1.0, 0.5, 0], [1.0, 0.75, 0], [1.25, 0.75, 0], [-9.0, 3.0, 0]])
    columns, rows = np.rint(view.project(places)[:, :2].T / SAMPLES).astype(int)
    crossing, line, between, far = floor[rows, columns, 0].astype(int)
    assert crossing < between - 20
    assert line < between - 20
    assert between < far == 255
