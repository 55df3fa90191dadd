"""Files of sensors: what they mean, and what is said of a mistake."""

from pathlib import Path

import numpy as np
import pytest

from motiondata.errors import InputError
from motiondata.lidar.rigs.placements import OnMount
from motiondata.lidar.rigs.read_rig import read_rig
from motiondata.lidar.rigs.read_trajectory import read_trajectory

EXAMPLE = Path(__file__).parents[4] / "examples" / "sensors.toml"

SENSOR = '[[sensor]]\nname = "a"\nmodel = "vlp-16"\n'
CAR = '[[vehicle]]\nname = "car"\n'
BAD = {
    "": r"expected 1 to 1,000 tables \[\[sensor\]\], found 0",
    "[[sensor]\n": "expected sensors as TOML, .* line 1",
    'sensors = "a"': r"found sensors \(did you mean sensor\?\); expected only sensor, vehicle",
    "sensor = 3": r"expected sensor as tables, each after a line \[\[sensor\]\]",
    "[[sensor]]": "sensor 1: expected name as a text, found nothing",
    '[[sensor]]\nname = ""': "sensor 1: expected name as a text, found ''",
    '[[sensor]]\nname = "a b"': r"sensor 1 \(a b\): expected a name of letters",
    '[[sensor]]\nname = "a"': r"sensor 1 \(a\): expected model as a text, found nothing",
    SENSOR + SENSOR: r"sensor 2 \(a\): expected different names, found a twice",
    SENSOR + "yaw = 3": r"sensor 1 \(a\): found yaw \(did you mean yaw_deg\?\)",
    SENSOR + "yaw_deg = nan": "expected yaw_deg as a number from -360 to 360, found nan",
    SENSOR + "motion_compensated = 1": "expected motion_compensated as true or false, found 1",
    SENSOR + "yaw_deg = true": "expected yaw_deg as a number from -360 to 360, found True",
    SENSOR + "position_m = [1, 2]": r"expected position_m as three numbers .* found \[1, 2\]",
    SENSOR + "position_m = [1, 2, inf]": "expected position_m as three numbers",
    SENSOR + "position_m = [1, 2, 1e6]": "expected position_m as three numbers",
    SENSOR + 'mount = "haed"': r"there is no mount 'haed' \(did you mean head\?\)",
    SENSOR + 'look_at = "persn"': r"found 'persn' \(did you mean person\?\)",
    SENSOR + 'look_at = "person"\nroll_deg = 1': "found roll_deg next to look_at",
    SENSOR + "look_at = [0, 0, 0]": "expected look_at at another place than position_m",
    SENSOR.replace("vlp-16", "vlp16"): r"sensor 1 \(a\): no sensor .* \(did you mean vlp-16\?\)",
    SENSOR + CAR + 'mount = "head"': "there is no mount 'head'; expected one of clip, world",
    SENSOR + CAR + 'path = "no.csv"': r"no.csv: expected the path of a vehicle; found: .*No such",
    SENSOR + CAR + 'path = "drive.csv"\nspeed_m_per_s = 1': "found speed_m_per_s next to path",
    SENSOR + '[[vehicle]]\nname = "head"': "expected another name than that of the mount head",
    SENSOR + CAR + CAR: r"vehicle 2 \(car\): expected different names",
}
BAD_PATHS = {
    "": "expected the header seconds,x,y,z, or .*; found ''",
    "t,x,y,z\n0,0,0,0\n": "expected the header .* found 't,x,y,z'",
    "seconds,x,y,z\n": "expected 1 to 1,000,000 poses, found 0",
    "seconds,x,y,z\n0,0,0,0\n\n1,a,0,0\n": "line 4: expected numbers, .*'a'",
    "seconds,x,y,z\n0,0,0\n": "line 2: expected 4 finite numbers",
    "seconds,x,y,z\n0,0,0,nan\n": "line 2: expected 4 finite numbers",
    "seconds,x,y,z\n0,0,0,0\n0,0,0,0\n": "line 3: expected more than 0 seconds",
    "seconds,x,y,z\n0,455000,0,0\n": "line 2: expected at most 100,000 meters from the origin",
    "seconds,x,y,z,qw,qx,qy,qz\n0,0,0,0,2,0,0,0\n": "line 2: expected a quaternion of length 1",
}


@pytest.mark.parametrize(("text", "message"), BAD.items())
def test_a_mistake_is_named_with_its_place(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "rig.toml").write_text(text)
    with pytest.raises(InputError, match=message):
        read_rig(tmp_path / "rig.toml")


@pytest.mark.parametrize(("text", "message"), BAD_PATHS.items())
def test_a_mistake_in_a_path_is_named_with_its_line(
    text: str, message: str, tmp_path: Path
) -> None:
    (tmp_path / "drive.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        read_trajectory(tmp_path / "drive.csv")


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(InputError, match=r"expected a file of sensors \(.toml\), found none"):
            read_rig(path)


def test_the_example_places_sensors_of_several_models() -> None:
    post, roof, bumper, helmet = read_rig(EXAMPLE)
    assert [post.model.name, roof.model.name] == ["os1-128", "hdl-64e"]
    assert [each.placement.moves for each in (post, roof, bumper, helmet)] == [False] + [True] * 3
    assert isinstance(bumper.placement, OnMount)
    assert bumper.placement.follows
    assert roof.entry["vehicle"]["speed_m_per_s"] == 4


def test_models_and_paths_are_found_next_to_the_file_and_recorded_without_folders(
    tmp_path: Path,
) -> None:
    (tmp_path / "mine.toml").write_text('name = "mine"\ncolumns = 9\nelevation_deg = [0]\n')
    (tmp_path / "drive.csv").write_text("seconds,x,y,z\n5,0,0,0\n6,1,0,0\n")
    model, path = tmp_path / "mine.toml", tmp_path / "drive.csv"
    text = f'{CAR}path = "{path}"\n{SENSOR}mount = "car"\n'.replace("vlp-16", str(model))
    (tmp_path / "rig.toml").write_text(text)
    (absolute,) = read_rig(tmp_path / "rig.toml")
    (tmp_path / "rig.toml").write_text(text.replace(f"{tmp_path}/", ""))
    (relative,) = read_rig(tmp_path / "rig.toml")
    assert absolute.entry == relative.entry
    assert str(tmp_path) not in str(absolute.entry)
    assert absolute.path == relative.path != b""
    assert relative.model.name == "mine"


def test_both_kinds_of_paths_are_read_alike(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,y,z,seconds,qw,qx,qy,qz\n1,2,3,10,0.8,0,0,0.6\n")
    (tmp_path / "a.tum").write_text("# a comment\n1305031098.6 1 2 3 0 0 0.6 0.8\n")
    (tmp_path / "b.csv").write_text(
        f"seconds,x,y,z,yaw_deg\n0,1,2,3,{np.degrees(2 * np.arctan2(0.6, 0.8))}\n"
    )
    found = [read_trajectory(tmp_path / name) for name in ("a.csv", "a.tum", "b.csv")]
    for each in found:
        moved = each.transforms(np.array([0.0, 7.0]))
        np.testing.assert_allclose(moved[0], found[0].transforms(np.zeros(1))[0], atol=1e-12)
        np.testing.assert_allclose(moved[1, :3, 3], [1, 2, 3])
