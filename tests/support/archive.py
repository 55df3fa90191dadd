"""A small archive with an index, captions and split lists, good rows and every kind of bad one.

Files are real ones, bodies and sensor small, so that a whole build takes a moment.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from motiondata.errors import DropReason
from pipelines.products.lidar.options import LidarBuildOptions
from tests.support.amass_files import save_npz, smplx_arrays
from tests.support.lidar_options import lidar_options
from tests.support.skeleton import moving_pose, posed_joints, standing_pose
from tests.support.small_body import small_arrays

FRAMES = 600
"""Of each recording, at 120 fps: 100 frames at 20 fps, more than any lead-in and row together."""

GOOD = {
    "000000": ("KIT/3/walk 01", 0, 12),
    "000002": ("KIT/3/walk 01", 12, 30),
    "000003": ("CMU/02/02_01", 0, 20),
    "000004": ("MPI_HDM05/bd/jump", 5, 25),
    "000006": ("Eyes_Japan_Dataset/a/bow-02-low", 0, 15),
    "000009": ("CMU/02/02_02", 3, 4),
}
"""Name: recording, start and end frame."""

BAD = {
    "000001": ("humanact12/humanact12/P01", 0, -1, DropReason.HUMANACT12),
    "000005": ("SFU/0005/missing", 0, 9, DropReason.MISSING),
    "000007": ("CMU/02/02_01", 0, 900, DropReason.TOO_SHORT),
    "000008": ("CMU/05/broken", 0, 9, DropReason.UNREADABLE),
    "000010": ("CMU/05/nan", 0, 9, DropReason.NOT_FINITE),
    "000011": ("CMU/05/positions", 0, 40, DropReason.POSITIONS),
    "000012": ("CMU/05/y_up", 0, 9, DropReason.Y_UP),
    "000013": ("CMU/05/other_release", 0, 9, DropReason.WRONG_RELEASE),
    "000014": ("KIT/3/walk 01", 0, 9, DropReason.NO_SPLIT),
}
"""Name: recording, start and end frame, and why it is dropped."""

SPLITS = {"val": ["000003"], "test": ["000006"]}
"""All others but the one of no split are for training."""

SENSOR = """
name = "small"
columns = 360
elevation_deg = [-8, -6, -4, -2, 0, 2, 4]
"""


@dataclass(frozen=True)
class MadeArchive:
    """Where the made files lie."""

    root: Path

    def options(self, **parameters: object) -> LidarBuildOptions:
        """Return the options of a small build, some of them given."""
        small: dict[str, object] = {
            "body": self.root / "body.npz",
            "sensor": str(self.root / "sensor.toml"),
            "points": 32,
            **parameters,
        }
        return lidar_options(self.root / "index.csv", self.root / "amass", **small)


def make_archive(root: Path) -> MadeArchive:
    """Write the archive, its index, captions, lists, a body and a sensor below a folder."""
    np.savez(root / "body.npz", **small_arrays())  # type: ignore[arg-type]
    (root / "sensor.toml").write_text(SENSOR)
    _write_index(root)
    _write_lists(root)
    _write_captions(root)
    for number, recording in enumerate(sorted({row[0] for row in GOOD.values()})):
        write_recording(root, recording, *moving_pose(FRAMES, seed=number))
    _write_bad_recordings(root)
    return MadeArchive(root)


def write_recording(root: Path, recording: str, pose: np.ndarray, trans: np.ndarray) -> None:
    """Write a recording of 120 fps in AMASS's layout."""
    path = root / "amass" / f"{recording}_poses.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    poses = np.zeros((len(pose), 156))
    poses[:, :66] = pose.reshape(len(pose), 66)
    np.savez(path, poses=poses, trans=trans, betas=np.linspace(-1, 1, 16), gender="male",
             mocap_framerate=120.0)  # fmt: skip


def _write_index(root: Path) -> None:
    rows = {**GOOD, **{name: row[:3] for name, row in BAD.items()}}
    lines = ["source_path,start_frame,end_frame,new_name"]
    for name, (recording, start, end) in sorted(rows.items()):
        lines.append(f"./pose_data/{recording}_poses.npy,{start},{end},{name}.npy")
    (root / "index.csv").write_text("\n".join(lines) + "\n")


def _write_lists(root: Path) -> None:
    apart = {name for names in SPLITS.values() for name in names}
    unlisted = {name for name, row in BAD.items() if row[3] == DropReason.NO_SPLIT}
    train = [name for name in sorted(GOOD | BAD) if name not in apart | unlisted]
    for split, names in {"train": train, **SPLITS}.items():
        both = [twin for name in names for twin in (name, f"M{name}")]
        (root / f"{split}.txt").write_text("\n".join(both) + "\n")


def _write_captions(root: Path) -> None:
    (root / "texts").mkdir()
    for name in GOOD:
        for key in (name, f"M{name}"):
            whole = f"someone moves as in {key}.#someone/PRON move/VERB#0.0#0.0\n"
            part = "again.#again/ADV#0.1#0.4\n"
            (root / "texts" / f"{key}.txt").write_text(whole + part)


def _write_bad_recordings(root: Path) -> None:
    pose, trans = moving_pose(FRAMES, seed=99)
    write_recording(
        root, "CMU/05/nan", np.where(np.arange(FRAMES)[:, None, None] == 6, np.nan, pose), trans
    )
    write_recording(root, "CMU/05/positions", posed_joints(pose, trans), trans)
    write_recording(root, "CMU/05/y_up", *_turned_to_y_up(*standing_pose(FRAMES)))
    (root / "amass/CMU/05/broken_poses.npz").write_bytes(b"PK\x03\x04 and no more")
    short = smplx_arrays(mocap_frame_rate=np.array(60.0))
    save_npz(root / "amass/CMU/05/other_release_stageii.npz", short)


def _turned_to_y_up(pose: np.ndarray, trans: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Undo the turn to z up that AMASS's root rotation holds, and walk three meters along z."""
    upright, moved = pose.copy(), trans[:, [0, 2, 1]]
    upright[:, 0] = 0
    moved[:, 2] = np.linspace(0, 3, len(trans))
    return upright, moved


def make_flagged_archive(root: Path) -> MadeArchive:
    """Make an archive of which one training recording is 20 cm too low."""
    made = make_archive(root)
    pose, trans = moving_pose(FRAMES, seed=0)
    write_recording(made.root, "MPI_HDM05/bd/jump", pose, trans - [0.0, 0.0, 0.2])
    return made
