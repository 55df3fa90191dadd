"""Streets: what stands in front of a person and beside them, and what a detector's box cuts off.

A sample draws boxes, posts and another person between sensor and path, ground and clutter around
the path, and the limits of the box. All of it stands still. Sizes are those of common things; how
often they occur is a guess: in KITTI, 16 of 38 pedestrians within 46 m are partly hidden.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from motiondata.lidar.realism.settings import Realism
from motiondata.lidar.surroundings import GROUND, OCCLUDER, OTHER, Box, Surroundings

Floats = NDArray[np.float64]

THINGS = {
    "post": ((0.06, 0.06, 2.5), (0.2, 0.2, 4.0)),
    "box": ((0.3, 0.3, 0.4), (0.8, 0.8, 1.2)),
    "car": ((1.6, 1.6, 1.3), (4.5, 1.9, 1.6)),
    "wall": ((0.5, 0.1, 1.0), (3.0, 0.3, 2.5)),
}
"""The least and the largest width, depth and height of each kind of occluder, meters."""
CLUTTER = ((0.1, 0.1, 0.1), (0.5, 0.5, 0.8))
"""The same of clutter: bags, bins and plants."""

BETWEEN = (0.2, 0.85)
"""Where occluders stand, as a share of the way from the sensor to the middle of the path."""
NEAREST = 0.6
"""The least distance of an occluder from sensor and path, meters."""
ASIDE = 0.8
"""How far the near edge of an occluder is from the line of sight at most, as seen at the person,
meters. A person is about half a meter wide, so that most occluders hide a part and some nothing."""
PEOPLE_SHARE = 0.25
"""The share of occluders that are people; a guess."""
CROPPED_FEET, CROPPED_HEAD = (0.1, 0.4), (1.4, 1.7)
"""Heights below and above which cropped points are lost, meters above the floor."""
TALLEST = 2.3
"""The height of the box of a person that is not cropped, meters; nobody jumps higher often."""
BELOW = 0.1
"""How far the box reaches below the floor, meters."""

CORNERS = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], np.float64)
CUBE = np.array(
    [[0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1],
     [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4], [1, 5, 7], [1, 7, 3]]
)  # fmt: skip
"""The triangles of a cube with the corners `CORNERS`."""


@dataclass(frozen=True, eq=False)
class _Thing:
    vertices: Floats
    faces: NDArray[np.int32]
    label: int


def draw_street(
    settings: Realism,
    generator: np.random.Generator,
    path: Floats,
    sensor: Floats,
    somebody: tuple[Floats, NDArray[np.int32]],
) -> Surroundings | None:
    """Draw the street of a sample; None if the settings have none, or the sample is clean.

    `path`, shaped (frames, 3), is that of the pelvis, and `sensor`, shaped (3,), the place of the
    sensor, world frame. `somebody` are the vertices and faces of a person who stands at the first
    place of the path, for other people.
    """
    if settings.box_radius_m == 0 or generator.uniform() < settings.clean_share:
        return None
    things = list(_things(settings, generator, path, sensor, somebody))
    firsts = np.cumsum([0, *(len(thing.vertices) for thing in things)])
    faces = [thing.faces + first for thing, first in zip(things, firsts, strict=False)]
    return Surroundings(
        vertices=np.concatenate([np.zeros((0, 3)), *(thing.vertices for thing in things)]),
        faces=np.concatenate([np.zeros((0, 3), np.int32), *faces]).astype(np.int32),
        labels=np.repeat(
            np.array([thing.label for thing in things], np.uint8),
            [len(thing.faces) for thing in things],
        ),
        box=_box(settings, generator),
    )


def _things(
    settings: Realism,
    generator: np.random.Generator,
    path: Floats,
    sensor: Floats,
    somebody: tuple[Floats, NDArray[np.int32]],
) -> Iterator[_Thing]:
    if settings.ground:
        yield _ground(path, settings.box_radius_m)
    if generator.uniform() < settings.occluded_share and settings.occluders_most:
        for _ in range(int(generator.integers(1, int(settings.occluders_most) + 1))):
            if generator.uniform() < PEOPLE_SHARE:
                yield _other_person(generator, path, sensor, *somebody)
            else:
                yield _occluder(generator, path, sensor)
    if generator.uniform() < settings.clutter_share:
        yield _clutter(generator, path, settings.box_radius_m)


def _ground(path: Floats, radius: float) -> _Thing:
    low, high = path[:, :2].min(axis=0) - radius, path[:, :2].max(axis=0) + radius
    corners = np.array([[x, y, 0.0] for x in (low[0], high[0]) for y in (low[1], high[1])])
    return _Thing(corners, np.array([[0, 1, 3], [0, 3, 2]], np.int32), GROUND)


def _occluder(generator: np.random.Generator, path: Floats, sensor: Floats) -> _Thing:
    kind = [*THINGS][int(generator.integers(len(THINGS)))]
    size = generator.uniform(*map(np.array, THINGS[kind]))
    place, ahead = _between(generator, path, sensor, size[0] / 2)
    return _Thing(_placed_box(size, place, ahead), CUBE.astype(np.int32), OCCLUDER)


def _clutter(generator: np.random.Generator, path: Floats, radius: float) -> _Thing:
    size = generator.uniform(*map(np.array, CLUTTER))
    turn = generator.uniform(0, 2 * np.pi)
    ahead = np.array([np.cos(turn), np.sin(turn)])
    near = path[int(generator.integers(len(path))), :2]
    return _Thing(
        _placed_box(size, near + radius * 0.7 * ahead, ahead), CUBE.astype(np.int32), OTHER
    )


def _other_person(
    generator: np.random.Generator,
    path: Floats,
    sensor: Floats,
    vertices: Floats,
    faces: NDArray[np.int32],
) -> _Thing:
    place, _ = _between(generator, path, sensor, 0.25)
    moved = vertices.copy()
    moved[:, :2] += place - path[0, :2]
    return _Thing(moved, faces, OTHER)


def _between(
    generator: np.random.Generator, path: Floats, sensor: Floats, half_width: float
) -> tuple[Floats, Floats]:
    """Return a place between the sensor and the path, and the direction of sight there."""
    middle = (path[:, :2].min(axis=0) + path[:, :2].max(axis=0)) / 2
    way = middle - sensor[:2]
    distance = float(np.sqrt(way[0] * way[0] + way[1] * way[1]))
    ahead = way / max(distance, 1e-6)
    share = generator.uniform(*BETWEEN)
    far = min(max(share * distance, NEAREST), max(distance - NEAREST, NEAREST))
    side = 1.0 if generator.uniform() < 0.5 else -1.0
    aside = side * (generator.uniform(-0.2, ASIDE) * far / max(distance, NEAREST) + half_width)
    across = np.array([-ahead[1], ahead[0]])
    return sensor[:2] + far * ahead + aside * across, ahead


def _placed_box(size: Floats, place: Floats, ahead: Floats) -> Floats:
    """Return the corners of a box on the floor, its width across a direction, shaped (8, 3)."""
    local = (CORNERS - [0.5, 0.5, 0.0]) * size
    across = np.array([-ahead[1], ahead[0]])
    corners = np.empty_like(local)
    corners[:, :2] = place + local[:, :1] * across + local[:, 1:2] * ahead
    corners[:, 2] = local[:, 2]
    return corners


def _box(settings: Realism, generator: np.random.Generator) -> Box:
    low, high = -BELOW, TALLEST
    if generator.uniform() < settings.crop_share:
        if generator.uniform() < 0.5:
            low = float(generator.uniform(*CROPPED_FEET))
        else:
            high = float(generator.uniform(*CROPPED_HEAD))
    return Box(settings.box_radius_m, low, high)
