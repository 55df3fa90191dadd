"""Scenes: meshes that hide people, whose points are kept on request."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh

from motiondata.errors import InputError
from motiondata.lidar.placement import turn
from motiondata.lidar.presets import sensor_preset
from motiondata.lidar.realism.fine_rays import fine_rays
from motiondata.lidar.realism.settings import Realism
from motiondata.lidar.realism.still_view import StillViews
from motiondata.lidar.sensor import ray_directions
from motiondata.lidar.surroundings import GROUND, OTHER
from motiondata.motion_files.body_motion import T_YUP_WORLD
from pipelines.datasets.info import info
from pipelines.engine.execution import Execution
from pipelines.products.lidar.build import build_lidar
from pipelines.products.lidar.scene import load_scene
from shards.format.dataset import Dataset
from tests.support.archive import MadeArchive
from tests.support.samples import samples_of

VLP16 = sensor_preset("vlp-16")


def first_sample(out: Path) -> dict[str, Any]:
    return next(iter(samples_of(Dataset.open(out)).values()))


def write(folder: Path, name: str, mesh: trimesh.Trimesh) -> str:
    path = folder / name
    mesh.export(path)
    return str(path)


def room(folder: Path) -> tuple[str, ...]:
    """Write a floor, a pillar and a ball, in files with z up and with y up."""
    floor, pillar = trimesh.creation.box((20, 20, 0.1)), trimesh.creation.cylinder(0.3, 3)
    floor.apply_translation([0, 0, -0.05])
    pillar.apply_translation([3, 1, 1.5])
    ball = trimesh.creation.icosphere(3, 0.7)
    ball.apply_translation([-4, 2, 1])
    ball.vertices = ball.vertices @ T_YUP_WORLD[:3, :3].T
    return write(folder, "room.ply", floor + pillar), write(folder, "ball.obj", ball)


def test_the_ranges_of_a_scene_are_those_of_an_independent_ray_caster(tmp_path: Path) -> None:
    pytest.importorskip("embreex")
    scene = load_scene(room(tmp_path), 0.0)
    assert scene is not None
    around, pose = scene.surroundings, np.eye(4)
    pose[:3, 3] = [0.4, -0.2, 1.3]
    T_sensor_world = np.eye(4)
    T_sensor_world[:3, 3] = -pose[:3, 3]
    view = StillViews(fine_rays(VLP16, Realism())).view(around, T_sensor_world)
    rays = ray_directions(VLP16).reshape(-1, 3)[::7]
    mesh = trimesh.Trimesh(around.vertices, around.faces, process=False)
    origins = np.tile(pose[:3, 3], (len(rays), 1))
    places, numbers, _ = mesh.ray.intersects_location(origins, rays, multiple_hits=False)
    expected = np.full(len(rays), np.inf)
    expected[numbers] = np.linalg.norm(places - pose[:3, 3], axis=1)
    hits = view.places[::7]
    found = np.where(hits >= 0, view.scan.ranges[hits], np.inf)
    both = np.isfinite(expected) & np.isfinite(found)
    assert both.sum() > 500
    assert (np.isfinite(expected) != np.isfinite(found)).mean() < 0.001
    assert np.quantile(np.abs(found[both] - expected[both]), 0.999) < 1e-3


def test_a_scene_is_in_the_world_of_the_motion_and_its_floor_is_ground(tmp_path: Path) -> None:
    scene = load_scene(room(tmp_path), 2.0)
    assert scene is not None
    around = scene.surroundings
    ball = around.vertices[around.faces[-1280:]].reshape(-1, 3)
    np.testing.assert_allclose(ball.mean(axis=0), [-4, 2, 1], atol=0.05)
    ground = around.vertices[around.faces[around.labels == GROUND]]
    assert np.abs(ground[..., 2]).max() <= 0.11
    assert {*around.labels.tolist()} == {GROUND, OTHER}
    assert around.box is not None
    assert around.box.radius == 2.0
    again = load_scene(room(tmp_path), 0.0)
    assert again is not None
    assert again.hash == scene.hash
    assert again.surroundings.box is None


def wall_beside(out: Path, folder: Path) -> str:
    """Write a low wall in front of the person of the first sample of a dataset."""
    sample = first_sample(out)
    placed, joints = np.array(sample["json"]["T_world_sensor"]), sample["joints.npy"]
    middle = turn(placed[:3, :3], joints[0, 0].astype(np.float64)) + placed[:3, 3]
    wall = trimesh.creation.box((3, 3, 0.5))
    wall.apply_translation([*(middle + 0.4 * (placed[:3, 3] - middle))[:2], 0.25])
    return write(folder, "wall.ply", wall)


def test_a_wall_hides_points_and_its_own_are_kept_on_request(
    archive: MadeArchive, tmp_path: Path
) -> None:
    bare, hidden, shown = (tmp_path / name for name in ("bare", "hidden", "shown"))
    build_lidar(archive.options(), bare, Execution())
    wall = wall_beside(bare, tmp_path)
    build_lidar(archive.options(scene=(wall,)), hidden, Execution())
    build_lidar(
        archive.options(scene=(wall,), scene_points=30.0, members="label"), shown, Execution()
    )
    before, after, kept = (first_sample(out) for out in (bare, hidden, shown))
    assert after["hits.npy"][0] < before["hits.npy"][0]
    assert (after["parts.npy"] != 254).all()
    assert (kept["label.npy"] == OTHER).any()
    assert ((kept["label.npy"] == OTHER) == (kept["parts.npy"] == 254)).all()
    parameters = Dataset.open(shown).description.parameters
    assert parameters["scene"] == ["wall.ply"]
    assert "--scene FILE --scene-points 30.0" in str(info(shown))
    assert "scene" not in Dataset.open(bare).description.parameters


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"scene": ("absent.ply",)}, "expected a file of a mesh"),
        ({"scene_points": 2.0}, "0 without --scene"),
        ({"scene": ("wall.ply",), "scene_points": -1.0}, "0 to 100 meters"),
    ],
)
def test_wrong_scenes_are_refused(
    archive: MadeArchive, out: Path, values: dict[str, object], expected: str
) -> None:
    with pytest.raises(InputError, match=expected):
        build_lidar(archive.options(**values), out, Execution())


def test_a_mesh_without_area_is_no_scene(tmp_path: Path) -> None:
    flat = trimesh.Trimesh([[0, 0, 0], [1, 0, 0], [2, 0, 0]], [[0, 1, 2], [0, 0, 1]], process=False)
    with pytest.raises(InputError, match="with surfaces for --scene, found 2 faces"):
        load_scene((write(tmp_path, "flat.ply", flat),), 0.0)
