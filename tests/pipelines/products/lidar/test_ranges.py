"""Ranges of distances, heights and azimuths: each sample draws its own place of the sensor."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from cli import main
from motiondata.errors import InputError
from motiondata.lidar.placement import first_heading
from pipelines.engine.execution import Execution
from pipelines.products.lidar.build import build_lidar
from pipelines.products.lidar.options import LidarOptions
from pipelines.products.lidar.places import draw_place
from pipelines.products.lidar.spans import canonical, shown, span_of
from shards.format.dataset import Dataset
from tests.support.archive import MadeArchive
from tests.support.samples import samples_of

HERE = Execution(workers=0)
RANGES = {"distance": "4-20", "height": "-0.5-3", "azimuth": "-90-200"}
KEYS = [f"{number:06}" for number in range(2000)]


def built(archive: MadeArchive, out: Path, **parameters: Any) -> dict[str, dict[str, Any]]:
    """Build scans of the archive in this process, and return their samples by key."""
    build_lidar(archive.options(**parameters), out, HERE)
    return samples_of(Dataset.open(out))


def facing_deg(sample: dict[str, Any]) -> float:
    """Return where the sensor is from where the person faces in the first frame, degrees."""
    x, y = first_heading(sample["joints.npy"].astype(np.float64))
    return float(180 - np.degrees(np.arctan2(y, x)))


@pytest.mark.parametrize(
    ("value", "span"),
    [(8, (8, 8)), ("8", (8, 8)), ("4-20", (4, 20)), (" .5 - 2. ", (0.5, 2)),
     ("-90--10", (-90, -10)), ("-10-+10", (-10, 10)), ("1e1", (10, 10))],
)  # fmt: skip
def test_an_option_is_a_number_or_a_range(value: float | str, span: tuple[float, float]) -> None:
    assert span_of(value) == span


@pytest.mark.parametrize("name", RANGES)
@pytest.mark.parametrize(
    ("value", "expected"),
    [("far", "a number such as 8, or a range such as 4-20"), ("4-", "a number such as 8"),
     ("4-20-30", "a number such as 8"), ("4-x", "a number such as 8"), ("20-4", "the smaller"),
     ("4-2000", " to "), ("nan", " to "), (-2000.0, " to ")],
)  # fmt: skip
def test_another_value_is_refused_with_the_name_of_its_option(
    name: str, value: float | str, expected: str
) -> None:
    with pytest.raises(InputError, match=f"^{name}: expected .*{expected}.*, found {value}"):
        LidarOptions(**{name: value})  # type: ignore[arg-type]


def test_a_range_has_one_spelling_and_a_range_of_one_number_is_the_number() -> None:
    assert {canonical(word) for word in ("4-20", "4.0-20", " 4 - 20.00")} == {"4-20"}
    assert canonical("8-8") == canonical("8.0") == canonical(8.0) == 8.0
    assert span_of(canonical("0.1234567891-0.5")) == (0.1234567891, 0.5)
    assert [shown(value) for value in (8.0, 0.1234567891, "4-20")] == ["8", "0.1234567891", "4-20"]


def test_a_number_that_is_none_is_not_made_a_range() -> None:
    with pytest.raises(InputError, match=r"^distance: expected 0\.3 to 500 meters, found nan$"):
        LidarOptions(distance=canonical("nan", "distance"))


def test_every_sample_stands_where_it_says_that_it_drew(
    archive: MadeArchive, tmp_path: Path
) -> None:
    samples = built(archive, tmp_path / "out", **RANGES, mirror=True, views=2)
    drawn = {key: sample["json"]["drawn"] for key, sample in samples.items()}
    for key, sample in samples.items():
        assert [*drawn[key]] == [*RANGES]
        assert all(
            least <= drawn[key][name] <= greatest
            for name, (least, greatest) in LidarOptions(**RANGES).ranges.items()  # type: ignore[arg-type]
        )
        assert sample["json"]["T_world_sensor"][2][3] == pytest.approx(drawn[key]["height"])
        path = sample["joints.npy"][:, 0, :2]
        middle = (path.min(axis=0) + path.max(axis=0)) / 2
        assert middle == pytest.approx([drawn[key]["distance"], 0], abs=1e-4)
        behind = 180 * key.endswith("_v1")
        turned = facing_deg(sample) - drawn[key]["azimuth"] - behind
        assert (turned + 180) % 360 - 180 == pytest.approx(0, abs=0.1)
    for name in RANGES:
        assert len({each[name] for each in drawn.values()}) == len(drawn)


def test_only_what_is_a_range_is_drawn_and_recorded(archive: MadeArchive, tmp_path: Path) -> None:
    samples = built(archive, tmp_path / "out", distance="4-20", height="2-2")
    assert {tuple(sample["json"]["drawn"]) for sample in samples.values()} == {("distance",)}
    assert {sample["json"]["T_world_sensor"][2][3] for sample in samples.values()} == {2.0}
    parameters = Dataset.open(tmp_path / "out").description.parameters
    assert parameters["distance"], parameters["height"] == ("4-20", 2.0)
    assert "azimuth" not in parameters


def test_values_give_the_bytes_of_before_and_draw_nothing(
    archive: MadeArchive, tmp_path: Path
) -> None:
    samples = built(archive, tmp_path / "usual")
    named = built(archive, tmp_path / "named", distance="8", height="1-1", azimuth=0.0)
    assert not any("drawn" in sample["json"] for sample in (samples | named).values())
    usual, other = ((tmp_path / name / "dataset.json").read_bytes() for name in ("usual", "named"))
    assert usual == other


def test_a_draw_depends_on_seed_and_key_and_not_on_what_else_is_built(
    archive: MadeArchive, tmp_path: Path
) -> None:
    whole = built(archive, tmp_path / "whole", **RANGES, mirror=True)
    part = built(archive, tmp_path / "part", **RANGES, limit=1, shard_megabytes=1)
    assert part
    assert {key: sample["json"] for key, sample in part.items()} == {
        key: whole[key]["json"] for key in part
    }
    other = built(archive, tmp_path / "other", **RANGES, seed=1)
    assert all(other[key]["json"]["drawn"] != whole[key]["json"]["drawn"] for key in other)


def test_draws_are_uniform_and_those_of_two_options_have_nothing_in_common() -> None:
    options = LidarOptions(distance="4-20", azimuth="0-360")
    drawn = [draw_place(options, key) for key in KEYS]
    values = np.array([[each["distance"], each["azimuth"]] for each in drawn])
    shares = (values - [4, 0]) / [16, 360]
    for column in shares.T:
        counts, _ = np.histogram(column, bins=10, range=(0, 1))
        assert ((counts > 140) & (counts < 260)).all()  # 200 expected, deviation 13
    correlation = np.mean(np.prod(shares - 0.5, axis=1)) * 12  # the variance of a share is 1/12
    assert abs(correlation) < 0.1  # deviation 0.022


def test_an_azimuth_of_90_degrees_is_a_quarter_to_the_persons_left(
    archive: MadeArchive, tmp_path: Path
) -> None:
    for sample in built(archive, tmp_path / "out", azimuth=90.0).values():
        assert facing_deg(sample) % 360 == pytest.approx(90, abs=0.1)
        assert "drawn" not in sample["json"]


@pytest.mark.parametrize("name", RANGES)
def test_a_file_of_sensors_leaves_no_place_for_ranges(name: str) -> None:
    with pytest.raises(InputError, match=f"{name}: expected nothing, because --sensors names"):
        LidarOptions(sensors="sensors.toml", **{name: RANGES[name]})  # type: ignore[arg-type]


def test_the_command_takes_ranges_and_says_what_is_wrong_with_others(
    archive: MadeArchive, tmp_path: Path
) -> None:
    out, clips = (
        tmp_path / "out",
        [str(archive.root / "index.csv"), "--amass", str(archive.root / "amass")],
    )
    words = ["build-lidar", *clips, "--body", str(archive.root / "body.npz"), "--out", str(out)]
    wrong = CliRunner().invoke(main, [*words, "--distance", "20-4"])
    assert wrong.exit_code == 2
    expected = "'--distance': expected a range from the smaller to the larger number, found 20-4"
    assert expected in wrong.output
    assert wrong.output.count("distance") == 1
    assert not out.exists()
    run = [*words, "--workers", "0", "--max-failures", "100%", "--quiet"]
    ranged = ["--distance", "4.0-20", "--azimuth=-90-90"]
    result = CliRunner().invoke(main, [*run, *ranged])
    assert result.exit_code == 0, result.output
    assert "--distance 4-20" in CliRunner().invoke(main, ["info", str(out)]).output
