"""Streets: what is drawn, what hides whom, labels, and the box that is kept."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from motiondata.bodies.posing import pose_body
from motiondata.lidar.observer import Request
from motiondata.lidar.placement import invert_rigid, place_sensor
from motiondata.lidar.realism.keyed_random import generator_of
from motiondata.lidar.realism.observer import RealisticObserver
from motiondata.lidar.realism.settings import Realism, find_realism
from motiondata.lidar.realism.street import CUBE, draw_street
from motiondata.lidar.surroundings import GROUND, OCCLUDER, OTHER, PERSON, Box, Surroundings
from tests.motiondata.lidar.realism.test_observer import EXACT, OS1, POINTS, request

STREET = find_realism("street")
DRAWS = 200
PATH = np.array([[0.0, 0.0, 0.95], [1.0, 0.0, 0.95]])
SENSOR_AT = np.array([0.5, -8.0, 1.0])
NOBODY = (np.zeros((3, 3)), np.array([[0, 1, 2]], np.int32))
WIDE = Box(radius=5.0, low=-1.0, high=5.0)


def drawn(settings: Realism, draws: int = DRAWS) -> list[Surroundings | None]:
    return [
        draw_street(settings, generator_of(0, draw), PATH, SENSOR_AT, NOBODY)
        for draw in range(draws)
    ]


def in_street(around: Surroundings | None, settings: Realism = EXACT) -> Request:
    """Return a request of a person on the floor at the origin, seen from 8 m."""
    still = request(settings, 3, distance=0.0)
    floor = pose_body(still.shaped, still.pose[:1], still.trans[:1]).vertices[0, :, 2].min()
    placed = place_sensor(PATH[:1], np.array([0.0, -1.0]), distance=8.0, height=1.0)[0]
    return replace(
        still,
        trans=still.trans * 0 - [0, 0, floor],
        T_sensor_world=invert_rigid(placed),
        surroundings=around,
    )


def cube(center: tuple[float, float], size: tuple[float, float, float], label: int) -> Surroundings:
    corners = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], float)
    vertices = (corners - [0.5, 0.5, 0]) * size + [*center, 0]
    return Surroundings(vertices, CUBE.astype(np.int32), np.full(12, label, np.uint8), WIDE)


def labels(around: Surroundings | None) -> NDArray[np.uint8]:
    return RealisticObserver(OS1, POINTS, EXACT).returns(in_street(around)).labels


def test_without_a_street_every_point_is_on_the_person() -> None:
    assert {*labels(None)} == {PERSON}
    assert drawn(find_realism("sensor"), 3) == [None] * 3


def test_a_share_of_samples_stays_clean_and_half_of_the_others_have_occluders() -> None:
    streets = drawn(STREET)
    clean = sum(street is None for street in streets) / DRAWS
    assert clean == pytest.approx(STREET.clean_share, abs=0.08)
    dirty = [street for street in streets if street is not None]
    hidden = [bool({OCCLUDER, OTHER} & {*street.labels.tolist()}) for street in dirty]
    assert np.mean(hidden) > STREET.occluded_share - 0.1
    assert all(GROUND in street.labels for street in dirty)


@pytest.mark.parametrize("changes", ["occluded_share=0", "occluded_share=1,occluders_most=0"])
def test_without_occluders_nothing_stands_in_front_of_the_person(changes: str) -> None:
    streets = drawn(find_realism("street", f"clutter_share=0,clean_share=0,{changes}"), 20)
    assert all(street is not None and {*street.labels} == {GROUND} for street in streets)


def test_a_street_depends_on_its_generator_alone() -> None:
    one, again = drawn(STREET, 20), drawn(STREET, 20)
    for first, second in zip(one, again, strict=True):
        assert (first is None) == (second is None)
        if first is not None and second is not None:
            assert np.array_equal(first.vertices, second.vertices)
            assert first.box == second.box


def test_a_wall_hides_a_person_and_a_low_box_only_the_legs() -> None:
    alone = (labels(None) == PERSON).sum()
    assert (labels(cube((0, -4), (3, 0.2, 3), OCCLUDER)) == PERSON).sum() == 0
    behind_a_box = (labels(cube((0, -1), (3, 0.2, 0.8), OCCLUDER)) == PERSON).sum()
    assert 0.2 * alone < behind_a_box < 0.8 * alone
    behind = labels(cube((0, 2), (3, 0.2, 1.0), OCCLUDER))
    assert (behind == PERSON).sum() == alone
    assert (behind == OCCLUDER).sum() > 0


def test_a_person_nearer_than_the_least_range_hides_what_is_behind() -> None:
    wall = in_street(cube((0, 2), (4, 0.2, 3), OTHER))
    seen = RealisticObserver(OS1, POINTS, EXACT).returns(wall).labels
    blind = replace(OS1, min_range=9.0)
    behind = RealisticObserver(blind, POINTS, EXACT).returns(wall).labels
    assert (seen == PERSON).any()
    assert {*behind} == {OTHER}
    assert len(behind) == (seen == OTHER).sum() > 0


def test_points_out_of_the_box_are_cut() -> None:
    box = replace(cube((0, -4), (0.2, 0.2, 3), OCCLUDER), box=Box(0.8, 0.3, 1.5))
    hits = RealisticObserver(OS1, POINTS, EXACT).returns(in_street(box))
    assert {*hits.labels} == {PERSON}
    above = hits.scans.hits.points[:, 2] + 1.0
    assert above.min() + 1e-5 >= 0.3
    assert above.max() - 1e-5 <= 1.5
    assert len(hits.parts) == len(hits.intensities) == hits.scans.offsets[-1]


def test_points_that_are_not_on_the_person_have_no_body_part() -> None:
    hits = RealisticObserver(OS1, POINTS, EXACT).returns(
        in_street(cube((0.6, 0), (0.3, 0.3, 0.6), OTHER))
    )
    assert ((hits.parts == 254) == (hits.labels != PERSON)).all()
    assert (hits.labels == OTHER).any()


def test_results_do_not_depend_on_how_requests_are_split() -> None:
    around = next(street for street in drawn(STREET) if street is not None)
    whole = in_street(around, STREET)
    expected = RealisticObserver(OS1, POINTS, STREET).begin(whole)()
    parts = [RealisticObserver(OS1, POINTS, STREET).begin(part)() for part in whole.cut(1)]
    assert np.array_equal(expected.points, np.concatenate([part.points for part in parts]))
    assert np.array_equal(expected.parts, np.concatenate([part.parts for part in parts]))
