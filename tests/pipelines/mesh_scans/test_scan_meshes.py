"""Scans of files of meshes: formats, sensors, scenes, and errors."""

import json
from pathlib import Path

import numpy as np
import pytest
import trimesh
from numpy.typing import NDArray
from PIL import Image

from motiondata.errors import InputError
from motiondata.lidar.presets import find_sensor
from motiondata.lidar.scan_mesh import scan_mesh
from motiondata.sources.amass.writer import write_amass
from pipelines.mesh_scans.mesh_files import find_meshes
from pipelines.mesh_scans.options import SCAN_FORMATS, MeshScanOptions
from pipelines.mesh_scans.scan import scan_meshes
from pipelines.mesh_scans.scan_files import STEPS_PER_METER, WRITERS
from pipelines.motion_export.export import export_motion
from pipelines.motion_export.options import MotionExportOptions
from shards.format.dataset import Dataset
from shards.format.npy import npy_to_array
from shards.format.reading import read_member
from tests.pipelines.datasets.test_export import parse_pcd
from tests.support.archive import MadeArchive
from tests.support.body_motions import made_motion
from tests.support.compare_builds import files_of

SENSOR = "vlp-16"


@pytest.fixture
def ball(tmp_path: Path) -> Path:
    """Write a ball with a radius of 1 m, 1 m above the origin."""
    mesh = trimesh.creation.icosphere(subdivisions=3, radius=1.0)
    mesh.apply_translation([0.0, 0.0, 1.0])
    path = tmp_path / "ball.ply"
    mesh.export(path)
    return path


def scanned(source: Path, out: Path, **options: object) -> Path:
    """Scan, and return the only file of the first frame."""
    chosen = MeshScanOptions(**{"sensor": SENSOR, **options})  # type: ignore[arg-type]
    scan_meshes(source, out, chosen)
    return next(path for path in sorted(out.rglob("*")) if path.parent != out and path.is_file())


def points_of(path: Path) -> NDArray[np.float32]:
    if path.suffix == ".pcd":
        return parse_pcd(path)
    if path.suffix == ".ply":
        return np.asarray(trimesh.load(path).vertices, np.float32)  # type: ignore[attr-defined]
    if path.suffix == ".bin":
        values = np.fromfile(path, "<f4").reshape(-1, 4)
        assert not values[:, 3].any()
        return values[:, :3]
    return np.asarray(np.load(path))


def expected(ball: Path, points: int | None = None) -> NDArray[np.float32]:
    """Return the points that `scan_mesh` sees from 5 m in front, on +x."""
    T_world_sensor = np.diag([-1.0, -1.0, 1.0, 1.0])
    T_world_sensor[:3, 3] = [5.0, 0.0, 1.0]
    mesh = trimesh.load_mesh(ball, process=False)
    return scan_mesh(mesh, SENSOR, T_world_sensor, points).points


def test_every_format_has_a_writer() -> None:
    assert tuple(WRITERS) == SCAN_FORMATS


@pytest.mark.parametrize("kind", ["pcd", "ply", "npy", "bin"])
@pytest.mark.parametrize("points", [None, 50])
def test_points_are_those_of_scan_mesh(
    kind: str, points: int | None, ball: Path, tmp_path: Path
) -> None:
    path = scanned(ball, tmp_path / "out", format=kind, points=points, distance=5.0)
    np.testing.assert_allclose(points_of(path), expected(ball, points), atol=2e-6)


def test_an_image_has_the_range_of_each_ray(ball: Path, tmp_path: Path) -> None:
    image = np.load(scanned(ball, tmp_path / "npy", format="range-npy", distance=5.0))
    sensor = find_sensor(SENSOR)
    assert image.shape == (sensor.beams, sensor.columns)
    ranges = np.linalg.norm(expected(ball), axis=1)
    np.testing.assert_allclose(np.sort(image[image > 0]), np.sort(ranges), atol=1e-5)
    rows, columns = np.nonzero(image)
    assert abs(columns.mean() - sensor.columns / 2) < 1, "the ball is straight ahead"
    elevation = np.sort(sensor.elevation)[::-1][rows]
    azimuth = 2 * np.pi * (sensor.columns // 2 - columns) / sensor.columns
    level = np.cos(elevation) * image[rows, columns]
    points = np.stack(
        [
            level * np.cos(azimuth),
            level * np.sin(azimuth),
            np.sin(elevation) * image[rows, columns],
        ],
        axis=1,
    )
    gaps = np.linalg.norm(points[:, None] - expected(ball)[None], axis=-1).min(axis=1)
    assert gaps.max() < 1e-4

    with Image.open(scanned(ball, tmp_path / "png", format="range-png", distance=5.0)) as picture:
        steps = np.array(picture)
    assert steps.dtype == np.uint16
    np.testing.assert_allclose(steps / STEPS_PER_METER, image, atol=0.5 / STEPS_PER_METER + 1e-6)


def test_azimuth_moves_the_sensor_around_the_mesh(ball: Path, tmp_path: Path) -> None:
    points = points_of(scanned(ball, tmp_path / "out", azimuth=90.0, distance=5.0))
    T_world_sensor = np.array([[0, 1, 0, 0], [-1, 0, 0, 5], [0, 0, 1, 1], [0, 0, 0, 1]], np.float64)
    np.save(tmp_path / "pose.npy", T_world_sensor)
    posed = points_of(scanned(ball, tmp_path / "posed", sensor_pose=tmp_path / "pose.npy"))
    np.testing.assert_allclose(points, posed, atol=1e-5)


def test_noise_depends_on_the_seed_alone(ball: Path, tmp_path: Path) -> None:
    first, again, other = (
        points_of(scanned(ball, tmp_path / name, noise=0.02, seed=seed))
        for name, seed in (("first", 0), ("again", 0), ("other", 1))
    )
    exact = points_of(scanned(ball, tmp_path / "exact"))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    assert 0.01 < np.linalg.norm(first - exact, axis=1).std() < 0.03


def test_a_scene_of_several_meshes_is_scanned_as_a_whole(tmp_path: Path) -> None:
    """A wall between the sensor and a ball hides the ball; the file has y up."""
    ball = trimesh.creation.icosphere(radius=0.5)
    ball.apply_translation([0.0, 1.0, 0.0])
    wall = trimesh.creation.box((0.1, 4.0, 4.0))
    place = np.eye(4)
    place[:2, 3] = [2.0, 1.0]
    scene = trimesh.Scene([ball])
    scene.add_geometry(wall, transform=place)
    scene.export(tmp_path / "scene.glb")  # type: ignore[no-untyped-call]
    pose = np.diag([-1.0, -1.0, 1.0, 1.0])
    pose[:3, 3] = [5.0, 0.0, 1.0]
    np.save(tmp_path / "pose.npy", pose)
    path = scanned(tmp_path / "scene.glb", tmp_path / "out", sensor_pose=tmp_path / "pose.npy")
    assert np.ptp(points_of(path)[:, 0]) < 1e-4
    assert abs(points_of(path)[0, 0] - 2.95) < 1e-4


def test_scans_of_an_exported_sample_are_those_of_the_dataset(
    built: Dataset, archive: MadeArchive, tmp_path: Path
) -> None:
    root = archive.root
    key = str(built.manifest["key"][0])
    chosen = MotionExportOptions("ply", keys=(key,), body=root / "body.npz")
    export_motion(built.path, tmp_path / "meshes", chosen)
    details = built.schema.decode("json", read_member(built, key, "json"), 0)
    np.save(tmp_path / "pose.npy", np.array(details["T_world_sensor"]))
    out, pose = tmp_path / "out", tmp_path / "pose.npy"
    scanned(tmp_path / "meshes", out, sensor=str(root / "sensor.toml"), sensor_pose=pose)
    hits = npy_to_array(read_member(built, key, "hits.npy"))
    files = sorted(out.rglob("*.pcd"))
    assert len(files) == len(hits)
    assert np.abs([len(parse_pcd(path)) for path in files] - hits).max() <= 2


def test_frames_are_in_the_order_of_numbers(tmp_path: Path) -> None:
    for name in ("frame10.obj", "frame9.obj", "notes.txt", "sub/a.ply"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (clip, frames), (below, _) = find_meshes(tmp_path).items()
    assert [path.name for path in frames] == ["frame9.obj", "frame10.obj"]
    assert below == "sub"
    assert clip


def test_a_stopped_scan_resumes_with_the_same_bytes(ball: Path, tmp_path: Path) -> None:
    folder = tmp_path / "clip"
    folder.mkdir()
    for frame in range(3):
        (folder / f"{frame}.ply").write_bytes(ball.read_bytes())
    options = MeshScanOptions(SENSOR, points=20, noise=0.01)
    report = scan_meshes(folder, tmp_path / "out", options)
    assert (report.clips, report.frames, report.empty_frames) == (1, 3, 0)
    whole = files_of(tmp_path / "out")
    (tmp_path / "out/clip/1.pcd").unlink()
    (tmp_path / "out/scans.csv").unlink()
    scan_meshes(folder, tmp_path / "out", options)
    assert files_of(tmp_path / "out") == whole
    with pytest.raises(InputError, match="points: 20 -> 21"):
        scan_meshes(folder, tmp_path / "out", MeshScanOptions(SENSOR, points=21, noise=0.01))


TRIANGLE = "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n"
WRONG = {
    "no faces": ("v 0 0 0\nv 1 0 0\n", "mesh with faces, found none"),
    "not finite": (TRIANGLE.replace("1 0 0", "nan 0 0", 1), "finite"),
    "millimeters": (TRIANGLE.replace("1", "1800", 2).replace("f 1800", "f 1"), "--scale 0.001"),
    "no mesh": ("\0\1\2 nothing", "mesh"),
    "empty": ("", "mesh"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_mesh_is_refused_before_anything_is_written(case: str, tmp_path: Path) -> None:
    text, message = WRONG[case]
    (tmp_path / "mesh.obj").write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        scan_meshes(tmp_path / "mesh.obj", tmp_path / "out", MeshScanOptions(SENSOR))
    assert "mesh.obj" in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_a_scale_is_believed(tmp_path: Path) -> None:
    mesh = trimesh.creation.icosphere(radius=900.0)
    mesh.export(tmp_path / "ball.stl")
    path = scanned(tmp_path / "ball.stl", tmp_path / "out", scale=0.001, distance=3.0)
    assert 2.0 < points_of(path)[:, 0].min() < 2.7


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"format": "range-png", "points": 5}, "points"),
        ({"distance": 0.0}, "distance"),
        ({"noise": -1.0}, "noise"),
        ({"scale": 0.0}, "scale"),
        ({"sensor": "no-such"}, "no sensor"),
        ({"sensor_pose": Path("nowhere.npy")}, "nowhere.npy"),
        ({"sensor_pose": Path("pose.npy"), "distance": 5.0}, "distance: expected nothing"),
        ({"sensor_pose": Path("pose.npy"), "azimuth": 90.0}, "azimuth: expected nothing"),
    ],
)
def test_wrong_options_are_refused(
    options: dict[str, object], message: str, ball: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=message):
        scanned(ball, tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


def test_a_sensor_pose_in_another_format_is_refused(ball: Path, tmp_path: Path) -> None:
    (tmp_path / "pose.json").write_text("[1, 0, 0, 0]")
    with pytest.raises(InputError, match=r"shaped \(4, 4\); found: another file"):
        scanned(ball, tmp_path / "out", sensor_pose=tmp_path / "pose.json")


def test_an_animation_is_reported_as_scanned_at_rest(tmp_path: Path) -> None:
    write_amass(tmp_path / "in/a_poses.npz", made_motion(4).recording)
    options = MeshScanOptions(SENSOR)
    for kind, animations in (("glb", 1), ("ply", 0)):
        export_motion(tmp_path / "in", tmp_path / kind, MotionExportOptions(kind))
        report = scan_meshes(tmp_path / kind, tmp_path / f"{kind}-scans", options)
        assert report.animations == animations
        assert ("at rest" in " ".join(report.lines())) == bool(animations)


RIG = """
[[vehicle]]
name = "car"
position_m = [5, -1, 0]
speed_m_per_s = 2

[[sensor]]
name = "front"
model = "vlp-16"
position_m = [5, 0, 1]
yaw_deg = 180

[[sensor]]
name = "roof"
model = "livox-avia"
mount = "car"
position_m = [0, 0, 1]
look_at = [-5, 1, 1]
"""


def test_each_sensor_of_a_file_scans_all_meshes(ball: Path, tmp_path: Path) -> None:
    (tmp_path / "rig.toml").write_text(RIG)
    meshes = tmp_path / "meshes"
    meshes.mkdir()
    for number in range(3):
        (meshes / f"{number}.ply").write_bytes(ball.read_bytes())
    out, sensors = tmp_path / "out", tmp_path / "rig.toml"
    report = scan_meshes(meshes, out, MeshScanOptions(sensors=sensors, fps=4.0, format="npy"))
    assert (report.clips, report.frames) == (2, 6)
    for number in range(3):
        found = np.load(out / "meshes" / "front" / f"{number}.npy")
        np.testing.assert_array_equal(found, expected(ball))
    poses = json.loads((out / "sensors.json").read_text())["T_world_sensor"]
    places = np.array(poses["meshes/roof"])[:, :3, 3]
    expected_places = [[5.0, -1.0, 1.0], [5.5, -1.0, 1.0], [6.0, -1.0, 1.0]]
    np.testing.assert_allclose(places, expected_places)
    for number, place in enumerate(poses["meshes/roof"]):
        points = np.load(out / "meshes" / "roof" / f"{number}.npy")
        world = points @ np.array(place)[:3, :3].T + np.array(place)[:3, 3]
        assert len(world) > 20
        np.testing.assert_allclose(np.linalg.norm(world - [0, 0, 1], axis=1), 1, atol=0.01)


@pytest.mark.parametrize("line", ['mount = "head"', 'look_at = "person"'])
def test_a_sensor_that_needs_a_person_cannot_scan_meshes(
    ball: Path, tmp_path: Path, line: str
) -> None:
    (tmp_path / "rig.toml").write_text(f'[[sensor]]\nname = "a"\nmodel = "vlp-16"\n{line}\n')
    options = MeshScanOptions(sensors=tmp_path / "rig.toml")
    with pytest.raises(InputError, match="sensor a: expected a place that does not depend on a"):
        scan_meshes(ball, tmp_path / "out", options)
    with pytest.raises(InputError, match="distance: expected nothing, because --sensors"):
        MeshScanOptions(sensors=tmp_path / "rig.toml", distance=3.0)
