"""Convert a BVH file to a recording of SMPL joints, on a body in the person's size."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.body import Body
from motiondata.bodies.bundled import bundled_body
from motiondata.bodies.measures import MEASURES, fit_lengths, sole_meters
from motiondata.bodies.posing import ShapedBody, pose_joints, shape_body
from motiondata.errors import InputError
from motiondata.recording import Recording
from motiondata.rotations import turned
from motiondata.sources.bvh.bones import CHILD, Bones, middle, standing_axes
from motiondata.sources.bvh.kinematics import pose_file, rest_places
from motiondata.sources.bvh.matching import match_joints, match_lines
from motiondata.sources.bvh.placement import UP_TO_Z, find_unit, find_up, parse_unit
from motiondata.sources.bvh.reader import read_bvh
from motiondata.sources.bvh.retarget import local_poses, solve, take_bones
from motiondata.sources.imports.kind import ImportedMotion, ImportKind

Floats = NDArray[np.float64]

FLOOR_METERS = 0.15
"""Height of the feet above the floor up to which the floor of a file is kept."""

MAX_DEVIATION = 0.25
"""Relative difference of shoulders and trunk from the body's, above which they are not fitted."""

FLOOR_PERCENT = 5.0
"""The percentile of the height of the lower foot that counts as standing."""


@dataclass(frozen=True)
class BvhOptions:
    """What a user says about files; the defaults are found from each file."""

    unit: str = "auto"
    """Unit of the files: auto, m, cm, mm, inch, cmu, or the meters of one unit."""
    up: str = "auto"
    """Axis that is up in the files: auto, x, y or z."""
    joints: Mapping[str, str] = field(default_factory=dict)
    """Maps SMPL's names of joints to names of the files, for joints that are not found."""
    licence: str = ""
    """A note on the license, which is stored in each recording."""

    def __post_init__(self) -> None:
        if self.unit != "auto":
            parse_unit(self.unit)
        if self.up not in ("auto", *UP_TO_Z):
            raise InputError(f"--up {self.up}: expected auto, {', '.join(UP_TO_Z)}")


@dataclass(frozen=True)
class Converted:
    """A recording, and what was found about its file."""

    recording: Recording
    notes: tuple[str, ...]
    """What was found: joints, unit, up axis, rest pose, floor; sentences for people."""


def bvh_kind(options: BvhOptions, body: Body | None = None, settings: str = "") -> ImportKind:
    """Return how BVH files are imported, on a body, by default the bundled one.

    `settings` names the body in the provenance.
    """

    def convert(path: Path) -> list[ImportedMotion]:
        converted = convert_bvh(path, options, body)
        return [ImportedMotion(converted.recording, path.stem, converted.notes)]

    given = json.dumps(asdict(options), sort_keys=True)
    return ImportKind("bvh", (".bvh",), convert, given + settings)


def convert_bvh(
    path: Path, options: BvhOptions | None = None, body: Body | None = None
) -> Converted:
    """Read a BVH file as a recording of a body, by default the bundled one.

    Raises `RecordingError` if it cannot become one.
    """
    options, body = options or BvhOptions(), body or bundled_body()
    motion = read_bvh(path)
    match = match_joints(motion, options.joints)
    rest = rest_places(motion)
    bones = take_bones(pose_file(motion), rest, match)
    axes = standing_axes(bones.rest)
    unit, meters = find_unit(options.unit, _leg_length(bones), motion.source)
    up = options.up
    if up == "auto":
        up = find_up(bones.places, None if axes is None else axes[:, 1])
    shaped, betas = _shape(bones, axes is not None, meters, body)
    solved, stands = solve(bones, len(match.spine), shaped.joints)
    pose = local_poses(solved.rotations, UP_TO_Z[up])
    hips = (shaped.joints[1] + shaped.joints[2]) / 2 - shaped.joints[0]
    pelvis = meters * solved.hips - turned(solved.rotations[0], hips)
    trans = pelvis @ UP_TO_Z[up].T - shaped.joints[0]
    raised = _find_floor(shaped, pose, trans)
    trans[:, 2] -= raised
    recording = Recording(
        pose=pose,
        trans=trans,
        fps=motion.fps,
        gender="neutral",
        betas=betas,
        source=path.stem,
        shape_space=shaped.body.shape_space,
        licence=options.licence,
    )
    notes = (
        *match_lines(motion, match),
        f"unit {unit} ({meters:g} m), up {up}, "
        f"rest pose {'of a standing person' if stands else 'solved from the motion'}, "
        + (f"floor moved by {-raised:.2f} m" if raised else "floor kept"),
    )
    return Converted(recording, notes)


def _leg_length(bones: Bones) -> float:
    """Return the mean length of thigh and shin together, in the unit of the file."""
    return (
        sum(_length(bones, f"{side}_{j}") for side in ("left", "right") for j in ("hip", "knee"))
        / 2
    )


def _length(bones: Bones, name: str) -> float:
    return _distance(bones.places[name], bones.places[CHILD[name]])


def _distance(first: Floats, second: Floats) -> float:
    return float(np.median(np.linalg.norm(first - second, axis=-1)))


def _shape(bones: Bones, stands: bool, meters: float, body: Body) -> tuple[ShapedBody, Floats]:
    """Return the body in the size of the file's person, and its betas.

    Shoulders and trunk are measured in a standing rest pose, or else in the median of the motion.
    """
    places = bones.rest if stands else bones.places
    thighs, shins, arms = (
        [_length(bones, f"{side}_{joint}") for side in ("left", "right")]
        for joint in ("hip", "knee", "shoulder")
    )
    lengths = [
        *thighs,
        *(thigh + shin for thigh, shin in zip(thighs, shins, strict=True)),
        *arms,
        _distance(places["left_shoulder"], places["right_shoulder"]),
        _distance(middle(places, "hip"), middle(places, "shoulder")),
    ]
    betas = fit_lengths(meters * _plausible(np.array(lengths), body), body)
    return shape_body(body, betas), betas


def _plausible(lengths: Floats, body: Body) -> Floats:
    """Return the lengths of `MEASURES`, with NaN for shoulders and trunk that no person has.

    Shoulder joints of some skeletons are close to the spine. The legs give the scale.
    """
    joints = body.joints_template
    own = np.array([np.linalg.norm(measure.of(joints)) for measure in MEASURES])
    ratios = lengths / own * (own[2:4].sum() / lengths[2:4].sum())
    is_of_trunk = np.arange(len(lengths)) >= len(lengths) - 2
    return np.where(is_of_trunk & (np.abs(ratios - 1) > MAX_DEVIATION), np.nan, lengths)


def _find_floor(shaped: ShapedBody, pose: Floats, trans: Floats) -> float:
    """Return the height of the feet while standing, or 0 if it is that of a floor."""
    soles = sole_meters(shaped, pose_joints(shaped, pose, trans))
    height = float(np.percentile(soles, FLOOR_PERCENT))
    return 0.0 if abs(height) <= FLOOR_METERS else height
