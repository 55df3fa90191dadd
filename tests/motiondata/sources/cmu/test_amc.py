"""Motions as read: units and order, and the messages for bad files."""

from pathlib import Path

import numpy as np
import pytest

from motiondata.errors import DropReason, RecordingError
from motiondata.sources.cmu.amc import read_amc
from motiondata.sources.cmu.asf import AsfSkeleton, read_asf
from tests.support.acclaim_files import Bone, amc_text, asf_text
from tests.support.reference_data import reference_data

ARM: dict[str, Bone] = {
    "arm": ("root", (0.3, 0, 0), (0, 0, 0), "rx rz"),
    "finger": ("arm", (0.1, 0, 0), (0, 0, 0), "ry"),
}
FRAMES = [{"arm": (10, 20), "finger": (30,)}, {"arm": (40, 50), "finger": (60,)}]
ROOTS = [(1, 2, 3, 4, 5, 6), (7, 8, 9, 10, 11, 12)]
TEXT = amc_text(FRAMES, ROOTS, ARM).replace("\r\n", "\n")


@pytest.fixture
def skeleton(tmp_path: Path) -> AsfSkeleton:
    path = tmp_path / "arm.asf"
    path.write_text(asf_text(ARM))
    return read_asf(path)


def written(folder: Path, text: str) -> Path:
    path = folder / "bad.amc"
    path.write_text(text, newline="")
    return path


def expect_values_of_frames(path: Path, skeleton: AsfSkeleton) -> None:
    motion = read_amc(path, skeleton)
    assert motion.translation == pytest.approx(
        np.array([[1, 2, 3], [7, 8, 9]]) / 0.5 * 0.0254, rel=1e-12
    )
    assert np.degrees(motion.angles) == pytest.approx(
        np.array([[[4, 5, 6], [10, 0, 20], [0, 30, 0]], [[10, 11, 12], [40, 0, 50], [0, 60, 0]]])
    )


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_values_go_to_their_bones_and_axes(
    tmp_path: Path, skeleton: AsfSkeleton, ends: str
) -> None:
    text = TEXT.replace("finger", "# between two bones\n\nfinger").replace("\n", ends)
    expect_values_of_frames(written(tmp_path, text), skeleton)


def test_a_motion_may_be_in_radians(tmp_path: Path, skeleton: AsfSkeleton) -> None:
    frames = [{name: list(np.radians(a)) for name, a in frame.items()} for frame in FRAMES]
    roots = [(*root[:3], *np.radians(root[3:])) for root in ROOTS]
    text = amc_text(frames, roots, ARM).replace(":DEGREES", ":RADIANS")
    expect_values_of_frames(written(tmp_path, text), skeleton)


def test_comments_commas_and_case_change_nothing(tmp_path: Path, skeleton: AsfSkeleton) -> None:
    text = TEXT.replace("\n", " # a comment\n").replace(":DEGREES", ":degrees")
    expect_values_of_frames(written(tmp_path, text.replace("10.0 20.0", "10.0, 20.0")), skeleton)


def test_a_header_may_declare_the_frame_rate(tmp_path: Path, skeleton: AsfSkeleton) -> None:
    declared = TEXT.replace(":DEGREES", ":DEGREES\n:SAMPLES-PER-SECOND 60")
    assert read_amc(written(tmp_path, declared), skeleton).fps == 60.0
    assert read_amc(written(tmp_path, TEXT), skeleton).fps is None


def test_bones_may_come_in_another_order_than_the_skeleton_s(
    tmp_path: Path, skeleton: AsfSkeleton
) -> None:
    backwards = {name: ARM[name] for name in reversed(ARM)}
    expect_values_of_frames(written(tmp_path, amc_text(FRAMES, ROOTS, backwards)), skeleton)


def test_frames_may_start_at_any_number(tmp_path: Path, skeleton: AsfSkeleton) -> None:
    text = TEXT.replace("\n1\n", "\n100\n").replace("\n2\n", "\n101\n")
    expect_values_of_frames(written(tmp_path, text), skeleton)


@pytest.mark.parametrize(
    ("good", "bad", "reason", "said"),
    [
        (":DEGREES", ":DEGREES\n:RADIANS", "invalid", "line 4: expected one unit of angles"),
        (":DEGREES", ":GRADIANS", "invalid", "line 3: expected a first frame's number, or one of"),
        (":DEGREES", ":SAMPLES-PER-SECOND 0", "invalid", "line 3: expected one number above 0"),
        ("arm 40.0 50.0", "arm 40,0 50,0", "invalid", "line 10: expected 'arm' and 2 finite"),
        ("\n2\n", "\n3\n", "invalid", "line 8: expected frame 2, found '3'"),
        ("arm 40.0 50.0", "arm 40.0", "invalid", "line 10: expected 'arm' and 2 finite numbers"),
        ("arm 40.0 50.0", "arm 40.0 x", "invalid", "line 10: expected 'arm' and 2 finite numbers"),
        ("arm 40.0 50.0", "arm 4 -1.#IND", "invalid", "line 10: expected 'arm' and 2 finite"),
        (
            "\n1\n",
            "\n" + "1" * 5000 + "\n",
            "invalid",
            "line 4: expected a frame number of at most 9",
        ),
        ("arm 40.0 50.0", "arm 1e30 50.0", "invalid", "line 10: expected numbers up to 1e+06"),
        ("arm 40.0 50.0", "arm nan 50.0", "invalid", "line 10: expected 'arm' and 2 finite"),
        ("arm 40.0 50.0\n", "", "invalid", "line 10: expected 'arm' and 2 finite numbers, found"),
        ("finger 30.0\n", "", "invalid", "line 4: expected a frame that also has values of finger"),
        ("arm 10.0 20.0", "leg 10.0 20.0", "invalid", "line 6: expected a bone of the skeleton"),
        ("finger 60.0\n", "", "unreadable", "ends within a frame, at line 10 with 'arm'"),
        (TEXT[TEXT.index("\n1\n") :], "\n", "invalid", "expected the number of a first frame"),
    ],
)
def test_a_bad_motion_is_named_by_its_line(
    tmp_path: Path, skeleton: AsfSkeleton, good: str, bad: str, reason: str, said: str
) -> None:
    assert TEXT.count(good) == 1
    with pytest.raises(RecordingError) as error:
        read_amc(written(tmp_path, TEXT.replace(good, bad)), skeleton)
    assert error.value.reason is DropReason(reason)
    assert str(error.value).startswith("bad.amc")
    assert said in str(error.value)


def test_a_motion_of_another_skeleton_is_refused(skeleton: AsfSkeleton) -> None:
    path = reference_data("cmu_asfamc", "subjects", "02", "02_01.amc")
    with pytest.raises(RecordingError, match=r"line 6: expected a bone of the skeleton"):
        read_amc(path, skeleton)
