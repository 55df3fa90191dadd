"""Skeletons as read: units, axes and hierarchy, and the messages for bad files."""

from pathlib import Path

import numpy as np
import pytest

from motiondata.errors import DropReason, RecordingError
from motiondata.sources.cmu.asf import read_asf
from tests.support.acclaim_files import MADE_BONES, asf_text
from tests.support.reference_data import reference_data

TWO_ARMS = """\
:version 1.10
# a comment
:units
  length 0.5
  angle deg
:root
  order TX TY TZ RX RY RZ
  axis XYZ
  position 1 2 3
  orientation 0 90 0
:bonedata
  begin
    id 1
    name left
    direction 1 0 0
    length 10
    axis 0 0 90 XYZ
    dof rz rx
    limits (-10 20)
           (-10 20)
  end
  begin
    name right
    direction 0 -0.6 0.8
    length 5
    axis 0 0 0 XYZ
  end
:hierarchy
  begin
    root left right
  end
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "bad.asf"
    path.write_text(text, newline="")
    return path


def test_lengths_over_the_unit_are_inches(tmp_path: Path) -> None:
    skeleton = read_asf(written(tmp_path, TWO_ARMS))
    root, left, right = skeleton.bones
    assert left.offset == pytest.approx([10 / 0.5 * 0.0254, 0, 0])
    assert right.offset == pytest.approx([0, -3 / 0.5 * 0.0254, 4 / 0.5 * 0.0254])
    assert root.offset == pytest.approx(np.array([1, 2, 3]) / 0.5 * 0.0254)


def test_a_bone_has_its_axes_and_degrees_of_freedom_in_the_file_s_order(tmp_path: Path) -> None:
    root, left, right = read_asf(written(tmp_path, TWO_ARMS)).bones
    assert left.dof == ("rz", "rx")
    assert right.dof == ()
    assert (root.parent, left.parent, right.parent) == (-1, 0, 0)
    # A quarter turn about z takes x to y; about y, z to x.
    assert left.axes.apply([1, 0, 0]) == pytest.approx([0, 1, 0])
    assert root.axes.apply([0, 0, 1]) == pytest.approx([1, 0, 0])


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_line_ends_and_radians_change_nothing(tmp_path: Path, ends: str) -> None:
    radians = TWO_ARMS.replace("angle deg", "angle rad").replace("90", repr(np.pi / 2))
    bone = read_asf(written(tmp_path, radians.replace("\n", ends))).bones[1]
    assert bone.axes.apply([1, 0, 0]) == pytest.approx([0, 1, 0])


@pytest.mark.parametrize(
    ("good", "other"),
    [
        ("\n", "  # a comment\n"),
        ("1 2 3", "1, 2, 3"),
        ("1 0 0", "(1,0,0)"),
        ("angle deg", "angle DEG"),
        (":root", ":ROOT"),
        ("begin", "BEGIN"),
        ("  axis XYZ", "  AXIS xyz"),
        ("TX TY TZ RX RY RZ", "tx ty tz rx ry rz"),
    ],
)
def test_comments_commas_parentheses_and_case_change_nothing(
    tmp_path: Path, good: str, other: str
) -> None:
    plain, varied = (
        read_asf(written(tmp_path, text)) for text in (TWO_ARMS, TWO_ARMS.replace(good, other))
    )
    assert [bone.name for bone in varied.bones] == [bone.name for bone in plain.bones]
    for bone, same in zip(varied.bones, plain.bones, strict=True):
        assert np.array_equal(bone.offset, same.offset)
        assert np.array_equal(bone.axes.as_quat(), same.axes.as_quat())
        assert bone.dof == same.dof


@pytest.mark.parametrize(
    ("dof", "order"), [("rx ry rz", "xyz"), ("rx rz", "xyz"), ("rz rx", "zxy"), ("rz ry rx", "zyx")]
)
def test_the_order_of_the_degrees_of_freedom_is_that_of_the_turns(
    tmp_path: Path, dof: str, order: str
) -> None:
    text = TWO_ARMS.replace("dof rz rx", f"dof {dof}")
    assert read_asf(written(tmp_path, text)).bones[1].turn_order == order


def test_rest_tips_are_the_sums_of_the_offsets(tmp_path: Path) -> None:
    skeleton = read_asf(written(tmp_path, asf_text()))
    for name, (parent, offset, _, _) in MADE_BONES.items():
        step = skeleton.rest_tips[skeleton.numbers[name]]
        step = step - skeleton.rest_tips[skeleton.numbers[parent]]
        assert step == pytest.approx(offset, abs=1e-12)


@pytest.mark.parametrize(
    ("good", "bad", "said"),
    [
        ("length 0.5", "length 1e-300", "expected a number above zero after 'length'"),
        ("direction", "direction 1e30", "expected numbers up to 1e+06"),
        ("length 10", "length ten", "line 16: expected 1 finite numbers after 'length', found"),
        ("direction 1 0 0", "direction 1 0", "line 15: expected 3 finite numbers"),
        ("direction 1 0 0", "direction 1 nan 0", "line 15: expected 3 finite numbers"),
        ("length 10", "length 1,5", "line 16: expected 1 finite numbers after 'length', found"),
        ("direction 1 0 0", "direction 1 0 0 0", "line 15: expected 3 finite numbers"),
        ("length 10", "length 10\n length 11", "line 17: expected one line 'length' (the first is"),
        (":root\n", ":root\n axis XYZ\n", "line 9: expected one line 'axis' (the first is line 7"),
        ("axis 0 0 90 XYZ", "axis 0 0 90 ZYX", "line 17: expected turns about x, then y, then z"),
        ("dof rz rx", "dof rz l", "line 18: expected some of rx, ry, rz after 'dof'"),
        ("TX TY TZ RX RY RZ", "RX RY RZ", "line 7: expected all of rx, ry, rz, tx, ty, tz"),
        ("angle deg", "angle grad", "line 5: expected 'angle' and one of deg, rad"),
        ("  length 0.5\n", "", ":units: expected a line 'length', found angle"),
        ("length 0.5", "length 0", "line 4: expected a number above zero"),
        ("    name right\n", "", "expected a line 'name', found direction, length, axis"),
        ("root left right", "left right", "line 30: expected bones of :bonedata"),
        ("root left right", "root left middle", "line 30: expected bones of :bonedata"),
        ("root left right", "root left left", "line 30: expected bones of :bonedata"),
    ],
)
def test_a_bad_skeleton_is_named_by_its_line(
    tmp_path: Path, good: str, bad: str, said: str
) -> None:
    assert good in TWO_ARMS
    with pytest.raises(RecordingError) as error:
        read_asf(written(tmp_path, TWO_ARMS.replace(good, bad)))
    assert error.value.reason is DropReason.INVALID
    assert str(error.value).startswith("bad.asf")
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        (":root", "no section :root, :bonedata, :hierarchy"),
        (":hierarchy", "no section :hierarchy"),
        (" right\n  end", "no line of :hierarchy for right"),
    ],
)
def test_a_skeleton_that_is_cut_short_is_unreadable(tmp_path: Path, rest: str, said: str) -> None:
    with pytest.raises(RecordingError, match=said) as error:
        read_asf(written(tmp_path, TWO_ARMS[: TWO_ARMS.rindex(rest)]))
    assert error.value.reason is DropReason.UNREADABLE


def test_an_absent_or_empty_file_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.asf", written(tmp_path, "")):
        with pytest.raises(RecordingError) as error:
            read_asf(path)
        assert error.value.reason is DropReason.UNREADABLE
        assert path.name in str(error.value)


def test_a_real_skeleton_has_cmu_s_thirty_bones() -> None:
    skeleton = read_asf(reference_data("cmu_asfamc", "subjects", "02", "02.asf"))
    assert len(skeleton.bones) == 31
    femur = skeleton.bones[skeleton.numbers["lfemur"]]
    assert np.linalg.norm(femur.offset) == pytest.approx(7.59371 / 0.45 * 0.0254, rel=1e-5)
    assert femur.dof == ("rx", "ry", "rz")
