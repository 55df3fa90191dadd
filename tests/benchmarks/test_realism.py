"""The comparison with real scans: simulated people that pose as real ones are recognized."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.realism.compare import Pair, pair_up, rows_of, sums_ratio
from benchmarks.realism.measures import Measured, measure, noise_of
from benchmarks.realism.people import RealScans, read_scans
from benchmarks.realism.person import Person
from benchmarks.realism.simulate import body_of, simulated, walking_poses
from benchmarks.realism.splits import halves_of, lines_of
from motiondata.bodies.posing import pose_body
from motiondata.lidar.presets import sensor_preset
from motiondata.lidar.realism.dressing import dress
from motiondata.lidar.realism.settings import Realism, find_realism
from motiondata.lidar.sensor import Sensor
from tests.benchmarks.test_quick import run, run_quick
from tests.documents.blocks import ROOT

SENSOR = find_realism("sensor")
HALF, DISTANCES = 8, (3.0, 4.0, 5.0, 6.0)


def vlp_16() -> Sensor:
    """Return a VLP-16 at 20 turns a second, beams from bottom to top."""
    preset = sensor_preset("vlp-16")
    return replace(preset, elevation=np.sort(preset.elevation), columns=904)


def actors(settings: Realism) -> list[Person]:
    """Return simulated people in the form of real ones."""
    people = []
    for number in range(2 * HALF):
        distance = DISTANCES[number % len(DISTANCES)]
        spot = Person(
            f"{40 * number}", np.array([[distance, 0.0, 0.0]]), np.array([7]),
            np.array([distance, 0.5]), -1.0, 1.75, float("nan"),
        )  # fmt: skip
        level = replace(vlp_16(), elevation=vlp_16().elevation - vlp_16().elevation[7])
        (scan,) = simulated(spot, level, settings, 1, seed=1)
        people.append(replace(spot, points=scan.points.astype(float), beams=scan.beams.astype(int)))
    return people


def write(path: Path, people: list[Person]) -> None:
    counts = np.array([len(person.points) for person in people])
    arrays: dict[str, Any] = {
        name: np.array([getattr(person, name) for person in people])
        for name in ("place", "floor", "height", "yaw")
    }
    arrays |= {
        "points": np.concatenate([person.points for person in people]),
        "beam": np.concatenate([person.beams for person in people]),
        "first": np.cumsum(counts) - counts,
        "count": counts,
        "elevation_deg": np.degrees(vlp_16().elevation),
        "columns": np.array(904),
        "id": np.array([person.name for person in people]),
    }
    np.savez(path, allow_pickle=False, **arrays)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("scans")
    write(path / "vlp16_logictronix.npz", actors(SENSOR))
    return path


@pytest.fixture(scope="module")
def scans(folder: Path) -> RealScans:
    read = read_scans(folder / "vlp16_logictronix.npz")
    return replace(read, sensor=replace(read.sensor, measurement=vlp_16().measurement))


def test_dressed_actors_are_recognized_as_dressed(scans: RealScans) -> None:
    dressed = rows_of(pair_up(scans.people, scans.sensor, SENSOR, 8))
    bare = rows_of(pair_up(scans.people, scans.sensor, find_realism("none"), 8))
    assert dressed[0].value == pytest.approx(1, abs=0.12)
    assert bare[0].value > 1.12
    noise = {row.name: row.value for row in dressed}
    assert noise["noise, mm, real"] == pytest.approx(noise["noise, mm, simulated"], rel=0.25)


@pytest.mark.parametrize("name", ["none", "sensor"])
def test_simulated_people_have_their_height_while_they_walk(name: str) -> None:
    settings = find_realism(name)
    heights = []
    for number, pose in enumerate(walking_poses()):
        shaped = dress(body_of(1.7, settings), settings, 0, f"walk {number}").shaped
        posed = pose_body(shaped, pose.rotations[None], np.zeros((1, 3)))
        heights.append(float(np.ptp(posed.vertices[0, :, 2])))
    assert np.median(heights) == pytest.approx(1.7, abs=0.01)


def test_sums_are_of_people_with_real_and_simulated_returns() -> None:
    def head(*returns: float) -> tuple[Measured, ...]:
        none = np.zeros(0)
        return tuple(Measured(1, 1, {"head": number}, none, 1, 0, 0, 0) for number in returns)

    nobody = Person("0", np.zeros((0, 3)), np.zeros(0, int), np.zeros(2), 0.0, 1.7, 0.0)
    nan = float("nan")
    found = [(4.0, head(5, 6, 10)), (6.0, head(3, nan)), (nan, head(9)), (8.0, head(nan))]
    pairs = [Pair(nobody, head(real)[0], drawn) for real, drawn in found]
    assert sums_ratio("head", pairs) == pytest.approx((4 + 6) / (7 + 3))
    assert np.isnan(sums_ratio("head", pairs[2:]))


def test_the_halves_are_different_people(scans: RealScans) -> None:
    fitted, reported = ({person.name for person in half} for half in scans.halves)
    assert len(fitted) == len(reported) == HALF
    assert not fitted & reported


def test_random_halves_keep_the_cuts_of_a_person_together(scans: RealScans) -> None:
    people = [replace(person, track=f"{number // 4}") for number, person in enumerate(scans.people)]
    pairs = pair_up(people, scans.sensor, find_realism("none"), 2)
    numbers = {pair.person.name: float(pair.person.track) for pair in pairs}
    medians = halves_of(lambda pair: numbers[pair.person.name], pairs, 50)
    assert medians.shape == (50, 2)
    assert {tuple(sorted(both)) for both in medians.tolist()} == {
        (0.5, 2.5),
        (1.0, 2.0),
        (1.5, 1.5),
    }
    assert halves_of(lambda _: 1.0, pairs[:3]).shape == (0, 2)
    assert len(lines_of(pairs)) == 4


def test_noise_and_holes_of_a_made_ring_are_found() -> None:
    generator, step = np.random.default_rng(0), 0.003
    azimuth = np.delete(np.arange(400) * step, [50, 51, 120, 300])
    ranges = 5 + 0.2 * azimuth + generator.normal(0, 0.01, len(azimuth))
    points = np.stack([ranges * np.cos(azimuth), ranges * np.sin(azimuth), 0 * azimuth + 1], axis=1)
    found = measure(points, np.zeros(len(points), int), 0.0, 1.7, step)
    assert (found.hits, found.rings, found.rays, found.holes) == (396, 1, 400, 4)
    assert noise_of(found.thirds) == pytest.approx(0.01, rel=0.25)


def test_pairs_of_firings_with_one_azimuth_are_put_in_order() -> None:
    step = 0.007
    azimuth = np.repeat(np.arange(20)[::-1] * 2 * step, 2)
    ranges = 5 + 0.05 * np.arange(40)[::-1]
    points = np.stack([ranges * np.cos(azimuth), ranges * np.sin(azimuth), 0 * azimuth + 1], axis=1)
    found = measure(points, np.zeros(40, int), 0.0, 1.7, step)
    assert found.holes == 0
    assert np.abs(found.thirds).max() < 0.003


@pytest.mark.slow
def test_the_quick_form_prints_a_table(folder: Path) -> None:
    assert "| hits, real / simulated |" in run_quick("benchmarks.realism", str(folder))


@pytest.mark.slow
def test_exact_scans_are_equal_for_the_same_code_and_differ_for_a_changed_copy(
    tmp_path: Path,
) -> None:
    assert "| equal |" in run_quick("benchmarks.realism.exact", str(ROOT))
    shutil.copytree(ROOT / "motiondata", tmp_path / "motiondata")
    sensor = tmp_path / "motiondata/lidar/data/vlp-16.toml"
    whole = sensor.read_text()
    sensor.write_text(whole.replace("-1.0, ", "-1.4, "))
    assert sensor.read_text() != whole
    assert "| differ |" in run_quick("benchmarks.realism.exact", str(tmp_path))


def test_a_folder_without_the_code_has_no_exact_scans(tmp_path: Path) -> None:
    done = run("benchmarks.realism.exact", "--quick", str(tmp_path))
    assert done.returncode == 1
    assert "expected a checkout with the package motiondata" in done.stderr
    assert "Traceback" not in done.stderr
