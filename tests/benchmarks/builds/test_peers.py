"""The pipelines that builds are compared with do the same work as ours, correctly."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from benchmarks.builds.clips import (
    BLENDED,
    BUNDLED,
    ClipSet,
    archive_clips,
    frames_of,
    made_clips,
    write_bodies,
)
from benchmarks.builds.peers import PEERS, SAMPLERS, Peer, Smplx, is_installed
from benchmarks.builds.runs import PeerPipeline, Setting, dealt
from benchmarks.builds.stages import Scene
from benchmarks.kernels.agreement import compare_scans
from benchmarks.kernels.embree import CASTERS, RayCaster, rays_toward
from motiondata.bodies.loading import read_body
from motiondata.bodies.posing import pose_body
from motiondata.lidar.cpu.scanner import Scanner
from motiondata.lidar.presets import sensor_preset
from motiondata.lidar.sensor import Sensor, ray_directions
from motiondata.sources.humanml3d.index import read_index
from pipelines.clips.read_clip import shape_recorded_body
from tests.support.meshes import turned
from tests.support.posed_bodies import standing_body

SENSOR = "vlp-16"
Array = NDArray[np.float32]


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> ClipSet:
    return made_clips(tmp_path_factory.mktemp("made") / "corpus", 3)


@pytest.fixture(scope="module")
def bodies(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return write_bodies(tmp_path_factory.mktemp("bodies"))


def needed(part: str) -> str:
    """Return the package, or skip the test where it is not installed."""
    if not is_installed(part):
        pytest.skip(f"{part} is not installed; it comes with the extra `bench`")
    return part


# Posing


@pytest.mark.parametrize("name", [BUNDLED, BLENDED])
def test_smplx_poses_as_we_do(name: str, clips: ClipSet, bodies: dict[str, Path]) -> None:
    clip = clips.clips(1)[0]
    shaped = shape_recorded_body(clip.recording, read_body(bodies[name]), mean_shape=False)
    posed = pose_body(shaped, clip.pose[:9], clip.trans[:9])
    vertices, joints = Smplx(bodies[name]).pose(shaped.betas, clip.pose[:9], clip.trans[:9])
    np.testing.assert_allclose(vertices.numpy(), posed.vertices, rtol=0, atol=1e-5)
    np.testing.assert_allclose(joints, posed.joints, rtol=0, atol=1e-5)


# Scanning


@pytest.mark.parametrize("part", CASTERS)
@pytest.mark.parametrize("distance", [3.0, 8.0])
def test_a_peer_sees_what_we_see(part: str, distance: float) -> None:
    caster_of = CASTERS[needed(part)]
    sensor = sensor_preset(SENSOR)
    meshes = [turned(standing_body(seed), 0.0, (distance, 0.0, -1.0)) for seed in range(3)]
    clip, faces = np.stack([vertices for vertices, _ in meshes]), meshes[0][1]
    theirs = RayCaster(sensor, faces.astype(np.uint32), caster_of).scan(clip)
    agreement = compare_scans(Scanner(sensor).scan_clip(clip, faces), theirs, clip, faces, sensor)
    assert agreement.hits > 100
    assert agreement.unexplained == 0
    assert agreement.largest_meters < 1e-4


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 2**32), staggered=st.booleans())
def test_no_ray_that_meets_a_box_is_left_out(seed: int, staggered: bool) -> None:
    generator = np.random.default_rng(seed)
    sensor = Sensor(
        name="drawn",
        elevation=generator.uniform(-1.5, 1.5, 20),
        azimuth_offset=generator.uniform(-3, 3, 20) * staggered,
        columns=90,
        source="drawn",
    )
    low = generator.uniform(-4, 4, 3).astype(np.float32)
    high = low + generator.uniform(0.1, 3, 3).astype(np.float32)
    beams, columns = rays_toward(sensor, low, high)
    assert len(set(zip(beams.tolist(), columns.tolist(), strict=True))) == len(beams)
    chosen = np.zeros((sensor.beams, sensor.columns), bool)
    chosen[beams, columns] = True
    assert not (rays_into(sensor, low, high) & ~chosen).any()


def rays_into(sensor: Sensor, low: Array, high: Array) -> NDArray[np.bool_]:
    """Tell which rays from the origin meet a box, shaped (beams, columns): the slab test."""
    with np.errstate(divide="ignore", invalid="ignore"):
        bounds = np.stack([low, high]) / ray_directions(sensor)[..., None, :]
    enter, leave = bounds.min(axis=2).max(axis=2), bounds.max(axis=2).min(axis=2)
    met: NDArray[np.bool_] = (enter <= leave) & (leave > 0)
    return met


# Sampling


@pytest.mark.parametrize("part", SAMPLERS)
def test_a_peer_samples_the_farthest_points_from_its_first_one_on(part: str) -> None:
    generator = np.random.default_rng(0)
    clouds = [generator.normal(size=(count, 3)).astype(np.float32) for count in (90, 40, 0, 65)]
    sampled = SAMPLERS[needed(part)](clouds, 60)
    for cloud, points in zip(clouds, sampled, strict=True):
        if len(cloud) > 60:
            np.testing.assert_array_equal(points, farthest_points(cloud, points[0], 60))
        elif len(cloud):
            np.testing.assert_array_equal(points, np.concatenate([cloud, cloud])[:60])
        else:
            assert not points.any()


def farthest_points(cloud: Array, first: Array, k: int) -> Array:
    """Return the greedy sample that begins with a point, found one distance at a time."""
    kept = first[None]
    while len(kept) < k:
        gaps = np.square(cloud[:, None] - kept).sum(axis=2).min(axis=1)
        kept = np.concatenate([kept, cloud[[gaps.argmax()]]])
    return kept


# Whole pipelines


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: "+".join(peer.parts))
def test_a_pipeline_of_peers_has_the_hits_of_our_build(
    peer: Peer, clips: ClipSet, bodies: dict[str, Path], tmp_path: Path
) -> None:
    for part in peer.parts:
        needed(part)
    setting = Setting(clips, bodies[BLENDED], SENSOR, 8.0, points=32)
    row = clips.rows[0]
    hits = PeerPipeline(peer, setting).build(row, tmp_path / "clip.npy")
    assert np.load(tmp_path / "clip.npy").shape == (frames_of(row), 32, 3)
    clip = clips.clips(1)[0]
    scene = Scene(
        clip, shape_recorded_body(clip.recording, read_body(setting.body), mean_shape=False)
    )
    meshes = scene.meshes(8.0, clip.frames)
    counts = Scanner(sensor_preset(SENSOR)).scan_clip(meshes, scene.shaped.body.faces).counts
    assert hits == pytest.approx(counts.sum(), rel=1e-3)


def test_clips_are_dealt_once_each_and_evenly(clips: ClipSet) -> None:
    rows = clips.rows * 4
    hands = dealt(rows, 2)
    assert sorted((row for hand in hands for row in hand), key=repr) == sorted(rows, key=repr)
    frames = [sum(map(frames_of, hand)) for hand in hands]
    assert abs(frames[0] - frames[1]) <= max(map(frames_of, rows))


def test_an_index_may_name_a_clip_again_and_again(clips: ClipSet, tmp_path: Path) -> None:
    index = replace(clips, rows=clips.rows * 3).write_index(tmp_path / "index")
    rows = read_index(index)
    assert [row.source_path for row in rows] == [row.source_path for row in clips.rows] * 3
    texts = index.parent / "texts"
    assert all((texts / f"{row.name}.txt").read_text() for row in rows)


def test_clips_of_an_archive_are_beginnings_of_its_recordings(clips: ClipSet) -> None:
    taken = archive_clips(clips.archive, 2)
    for row, clip in zip(taken.rows, taken.clips(2), strict=True):
        assert clip.frames == frames_of(row) <= 200
        assert row.start_frame == 0
