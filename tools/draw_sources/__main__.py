"""Draw one row per kind of file: what the file has, the body after the import, and its scan.

`python -m tools.draw_sources OUT.png` writes synthetic motion to files of each kind, imports them
again, and scans the bodies. All motion is synthetic, so the picture has no license of others.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from numpy.typing import NDArray

from motiondata import pose_body, read_amass, scan_mesh
from motiondata.bodies.bundled import bundled_body
from motiondata.bodies.posing import shape_body
from motiondata.body_regions import REGION_COLORS, REGION_OF_JOINT
from motiondata.lidar.placement import first_heading, place_sensor
from motiondata.motion_files.body_motion import T_YUP_WORLD, BodyMotion
from motiondata.motion_files.bvh import CENTIMETERS, motion_to_bvh
from motiondata.representations.humanml3d import make_features
from motiondata.representations.humanml3d_recovery import recover_joints
from motiondata.representations.joint_sets import amass_to_y_up, y_up_to_amass
from motiondata.representations.skeleton import T2M
from motiondata.representations.targets import body_target
from motiondata.skeletons import JOINT_NAMES, PARENTS
from motiondata.sources.bvh.kinematics import pose_file
from motiondata.sources.bvh.reader import read_bvh
from motiondata.synthesis.corpus.corpus import synthesize
from pipelines.sources import import_bvh, import_joints

Floats = NDArray[np.float64]

CLIPS, SEED, FPS = 12, 0, 20.0
"""The synthetic corpus, and the frame rate of what is drawn, Hz."""
SHARES = (0.2, 0.45, 0.7)
"""The drawn frames, as shares of a recording."""
SENSOR, METERS = "os1-128", 4.0
"""The sensor and its distance."""
VIEW_TURN = np.radians(35.0)
"""The angle between the direction of the sensor and that of the pictures."""
HALF_WIDTH, BOTTOM, TOP = 0.85, -0.08, 2.08
"""The extent of a panel, meters."""
ROW_INCHES = 1.95
"""Height of a row."""
LIGHT = np.array([0.4, 0.3, 0.85])
"""The direction of the light: across, up, toward the eye."""


def through_bvh(motion: BodyMotion, folder: Path) -> Floats:
    """Write and import a BVH file; return its joints."""
    path = folder / "motion.bvh"
    path.write_bytes(motion_to_bvh(motion))
    import_bvh(path, folder / "archive")
    read = read_bvh(path)
    order = [read.names.index(name) for name in JOINT_NAMES]
    joints = np.moveaxis(pose_file(read).places[order], 0, 1) / CENTIMETERS
    return np.asarray(joints @ T_YUP_WORLD[:3, :3])


def through_joints(motion: BodyMotion, folder: Path) -> Floats:
    """Write and import joints as HumanML3D's `new_joints` has them; return them."""
    joints = amass_to_y_up(motion.joints())
    _import_array(joints, folder)
    return y_up_to_amass(joints)


def through_features(motion: BodyMotion, folder: Path) -> Floats:
    """Write and import HumanML3D's 263 features; return the joints that they give."""
    joints = amass_to_y_up(motion.joints())
    vectors = make_features(joints, T2M, body_target(motion.shaped, T2M)).vectors
    _import_array(vectors, folder)
    return y_up_to_amass(recover_joints(vectors, T2M))


def _import_array(array: NDArray[Any], folder: Path) -> None:
    np.save(folder / "motion.npy", array.astype(np.float32))
    import_joints(folder / "motion.npy", folder / "archive", fps=FPS)


@dataclass(frozen=True)
class Row:
    """A kind of file, and the synthetic recording that is written to it."""

    title: str
    recording: str
    convert: Callable[[BodyMotion, Path], Floats]
    """Writes and imports a file; returns its joints, shaped (frames, 22, 3), z up, meters."""


ROWS = (
    Row("a BVH file", "41_00002", through_bvh),
    Row("a file of joints", "bow00007", through_joints),
    Row("263 features", "wave00001", through_features),
)


def draw(out: Path) -> None:
    """Draw all rows."""
    figure = Figure(figsize=(11.5, ROW_INCHES * len(ROWS)), dpi=100, facecolor="white")
    axes: NDArray[Any] = figure.subplots(len(ROWS), 3 * len(SHARES), squeeze=False)
    figure.subplots_adjust(0.005, 0.005, 0.995, 0.95, 0.0, 0.16)
    with TemporaryDirectory() as folder:
        corpus = Path(folder) / "corpus"
        synthesize(corpus, CLIPS, SEED)
        for number, (row, panels) in enumerate(zip(ROWS, axes, strict=True)):
            work = Path(folder) / str(number)
            work.mkdir()
            _draw_row(panels, row.title, row.convert(_take(corpus, row), work), work)
    figure.savefig(out, metadata={"Software": None})


def _take(corpus: Path, row: Row) -> BodyMotion:
    """Return a synthetic recording at about `FPS`."""
    (file,) = corpus.rglob(f"{row.recording}_poses.npz")
    recording = read_amass(file)
    motion = BodyMotion(row.title, recording, shape_body(bundled_body(), recording.betas))
    return motion.thinned(max(1, round(recording.fps / FPS)))


def _draw_row(panels: NDArray[Any], title: str, source: Floats, work: Path) -> None:
    """Draw the joints of a file, the body of its import, and the scan of this body."""
    (file,) = (work / "archive").rglob("*.npz")
    imported = read_amass(file)
    shaped = shape_body(bundled_body(), imported.betas)
    posed = pose_body(shaped, imported.pose, imported.trans)
    heading = first_heading(posed.joints)
    (T_world_sensor,) = place_sensor(posed.joints[:, 0], heading, distance=METERS, height=1.0)
    faces, parts = shaped.body.faces, shaped.body.face_parts
    for column, share in enumerate(SHARES):
        frame = int(share * (len(source) - 1))
        lines, body, cloud = panels[column :: len(SHARES)]
        seen = scan_mesh((posed.vertices[frame], faces), SENSOR, T_world_sensor, points=None)
        points = seen.points @ T_world_sensor[:3, :3].T + T_world_sensor[:3, 3]
        middle = posed.joints[frame, 0] * [1.0, 1.0, 0.0]
        own = first_heading(source)
        _draw_joints(lines, _seen(source[frame] - source[frame, 0] * [1.0, 1.0, 0.0], own))
        _draw_body(body, _seen(posed.vertices[frame] - middle, heading), faces)
        _draw_points(cloud, _seen(points - middle, heading), parts[seen.faces])
    titles = (title, "the imported body", f"its scan: {SENSOR}, {METERS:g} m away")
    for text, panel in zip(titles, panels[:: len(SHARES)], strict=True):
        panel.set_title(text, loc="left", fontsize=10, x=0.04)
    for panel in panels:
        _frame(panel)


def _frame(panel: Axes) -> None:
    panel.axhline(0, color="0.7", linewidth=0.8, zorder=0)
    panel.set_xlim(-HALF_WIDTH, HALF_WIDTH)
    panel.set_ylim(BOTTOM, TOP)
    panel.set_aspect("equal")
    panel.set_axis_off()


def _seen(points: Floats, heading: Floats) -> Floats:
    """Return points as seen from `VIEW_TURN` beside a heading: across, up, toward the eye."""
    angle = np.arctan2(heading[1], heading[0]) + VIEW_TURN
    toward = np.array([np.cos(angle), np.sin(angle), 0.0])
    across = np.array([-toward[1], toward[0], 0.0])
    return np.stack([points @ across, points[..., 2], points @ toward], axis=-1)


def _color(joint: int) -> str:
    return REGION_COLORS[REGION_OF_JOINT[joint]]


def _draw_joints(panel: Axes, joints: Floats) -> None:
    for joint, parent in enumerate(PARENTS):
        ends = joints[[max(parent, 0), joint]]
        panel.plot(ends[:, 0], ends[:, 1], color=_color(joint), linewidth=1.8, zorder=2)
    panel.scatter(joints[:, 0], joints[:, 1], s=7, color="0.25", linewidths=0, zorder=3)


def _draw_body(panel: Axes, vertices: Floats, faces: NDArray[np.int32]) -> None:
    """Draw the faces from back to front, shaded by the direction of their normals."""
    corners = vertices[faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    shade = np.clip(0.35 + 0.6 * (normals @ (LIGHT / np.linalg.norm(LIGHT))), 0.25, 0.95)
    order = [face for face in np.argsort(corners[..., 2].mean(axis=1)) if normals[face, 2] > 0]
    colors = np.repeat(shade[order, None], 3, axis=1)
    shown = list(corners[order][..., :2])
    panel.add_collection(
        PolyCollection(shown, facecolors=colors, edgecolors=colors, linewidths=0.2)
    )


def _draw_points(panel: Axes, points: Floats, parts: Sequence[int] | NDArray[Any]) -> None:
    colors = [_color(int(part)) for part in parts]
    panel.scatter(points[:, 0], points[:, 1], s=2.2, c=colors, linewidths=0)


if __name__ == "__main__":
    draw(Path(sys.argv[1]))
