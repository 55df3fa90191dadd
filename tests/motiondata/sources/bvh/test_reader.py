"""Files are read whatever tool wrote them, and a fault is reported with its line."""

from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from motiondata.errors import RecordingError
from motiondata.sources.bvh.kinematics import pose_file, rest_places
from motiondata.sources.bvh.reader import BvhMotion, read_bvh
from tests.support.bvh_files import MINIMAL


def read(folder: Path, text: str) -> BvhMotion:
    path = folder / "made.bvh"
    path.write_bytes(text.encode())
    return read_bvh(path)


def test_joints_channels_end_sites_and_frames_are_read(tmp_path: Path) -> None:
    motion = read(tmp_path, MINIMAL)
    assert motion.names == ("Hips", "Chest")
    assert [joint.parent for joint in motion.joints] == [-1, 0]
    assert motion.joints[1].channels == (("r", "z"), ("r", "x"), ("r", "y"))
    assert motion.joints[1].end == (0, 5, 0)
    assert motion.fps == 30
    assert motion.values.tolist() == [
        [0, 90, 0, 10, 20, 30, 1, 2, 3],
        [1, 90, 2, 11, 21, 31, 4, 5, 6],
    ]


VARIANTS = {
    "Windows line ends": lambda text: text.replace("\n", "\r\n"),
    "old Macintosh line ends": lambda text: text.replace("\n", "\r"),
    "a byte order mark": lambda text: "\ufeff" + text,
    "tabs between numbers": lambda text: text.replace(" 90 ", "\t90\t"),
    "spaces after lines": lambda text: text.replace("\n", " \n"),
    "blank lines": lambda text: text.replace("\n", "\n\n"),
    "braces on the line of the name": lambda text: text.replace("\n{", " {").replace("\n\t{", " {"),
    "no colon and other case": lambda text: text.replace("Frame Time:", "frame time").replace(
        "Frames:", "FRAMES"
    ),
    "a tab after the colon": lambda text: text.replace("Time: ", "Time:\t").replace("s: ", "s:\t"),
    "no last line end": lambda text: text.rstrip("\n"),
    "lower case": lambda text: text.lower().replace("hips", "Hips").replace("chest", "Chest"),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_files_of_other_tools_are_read_alike(tmp_path: Path, name: str) -> None:
    expected = read(tmp_path, MINIMAL)
    found = read(tmp_path, VARIANTS[name](MINIMAL))
    assert (found.joints, found.fps) == (expected.joints, expected.fps)
    assert np.array_equal(found.values, expected.values)


def test_a_name_may_occur_twice_and_have_spaces(tmp_path: Path) -> None:
    assert read(tmp_path, MINIMAL.replace("Chest", "Hips")).names == ("Hips", "Hips")
    assert read(tmp_path, MINIMAL.replace("Chest", "Bip01 L Thigh")).names[1] == "Bip01 L Thigh"


@pytest.mark.parametrize(
    ("seconds", "fps"), [(".0083333", 120), ("0.0416667", 24), ("0.025", 40), ("0.03", 1 / 0.03)]
)
def test_a_rounded_frame_time_gives_the_frame_rate(
    tmp_path: Path, seconds: str, fps: float
) -> None:
    assert read(tmp_path, MINIMAL.replace("0.0333333", seconds)).fps == fps


FAULTS = {
    "not a BVH file": ("HIERARCHY", "MESH", "line 1: expected 'HIERARCHY'"),
    "no motion": ("MOTION", "", "expected a line 'MOTION'"),
    "an offset of two numbers": ("OFFSET 0 10 0", "OFFSET 0 10", "line 8: expected three numbers"),
    "an offset that is not finite": ("OFFSET 0 10 0", "OFFSET 0 nan 0", "line 8: expected finite"),
    "a wrong count of channels": ("CHANNELS 3", "CHANNELS 4", "line 9: expected a number"),
    "an unknown channel": ("Zrotation", "Wrotation", "line 5: expected a number"),
    "an unknown word": ("\t\tEnd Site", "\t\tLIMIT 3", "line 10: expected one of ROOT"),
    "a missing brace": ("\t}\n}\n", "\t}\n", "expected a closing brace"),
    "a second root": ("JOINT Chest", "ROOT Chest", "line 6: expected one ROOT"),
    "no name": ("JOINT Chest", "JOINT", "line 6: expected the name"),
    "a count of frames that is no number": ("Frames: 2", "Frames: two", "line 17: expected"),
    "too many frames promised": ("Frames: 2", "Frames: 3", "expected 3 frames"),
    "more frames than promised": ("Frames: 2", "Frames: 1", "line 20: expected the end"),
    "a number of frames beyond memory": ("Frames: 2", "Frames: 999999999", "at most"),
    "a frame time of zero": ("0.0333333", "0", "line 18: expected 'Frame Time:'"),
    "a frame time that is negative": ("0.0333333", "-1", "line 18: expected 'Frame Time:'"),
    "a short line": (" 1 2 3\n", " 1 2\n", "line 19: expected 9 numbers"),
    "a long line": (" 1 2 3\n", " 1 2 3 4\n", "line 19: expected 9 numbers"),
    "NaN": (" 4 5 6", " 4 nan 6", "line 20: expected a finite number"),
    "infinity as Windows writes it": (" 4 5 6", " 4 1.#INF 6", "line 20: expected a finite number"),
    "an enormous number": (" 4 5 6", " 4 1e30 6", "line 20: expected a finite number up to 1e+07"),
    "a decimal comma": (" 4 5 6", " 4 5,5 6", "line 20: expected a finite number"),
    "a file that is cut short": (
        "\n1 90 2 11 21 31 4 5 6",
        "\n1 90",
        "line 20: expected 9 numbers",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_an_error_with_its_line(tmp_path: Path, name: str) -> None:
    old, new, expected = FAULTS[name]
    assert old in MINIMAL
    with pytest.raises(RecordingError) as caught:
        read(tmp_path, MINIMAL.replace(old, new, 1))
    assert expected in str(caught.value)
    assert str(caught.value).startswith("made.bvh")


def test_rotations_are_applied_in_the_order_of_the_channels(tmp_path: Path) -> None:
    world = pose_file(read(tmp_path, MINIMAL))
    hips = Rotation.from_euler("ZXY", [10, 20, 30], degrees=True)
    chest = hips * Rotation.from_euler("ZXY", [1, 2, 3], degrees=True)
    assert world.rotations[0, 0] == pytest.approx(hips.as_matrix())
    assert world.rotations[1, 0] == pytest.approx(chest.as_matrix())
    assert world.places[1, 0] == pytest.approx(hips.apply([0, 10, 0]) + np.array([0, 90, 0]))


@pytest.mark.parametrize(("written", "length"), [("0 10.5 0", 10.5), ("0 0.5 0", 10.5)])
def test_positions_replace_offsets_or_add_to_them(
    tmp_path: Path, written: str, length: float
) -> None:
    text = (
        MINIMAL.replace("CHANNELS 3 Z", "CHANNELS 6 Xposition Yposition Zposition Z")
        .replace(" 1 2 3", f" {written} 1 2 3")
        .replace(" 4 5 6", f" {written} 4 5 6")
    )
    motion = read(tmp_path, text)
    places = pose_file(motion).places
    assert np.linalg.norm(places[1] - places[0], axis=1) == pytest.approx(length)
    assert rest_places(motion)[1].tolist() == [0, 10, 0]
