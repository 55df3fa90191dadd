"""Settings of realism: presets, files, changes, and errors that name the value."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from motiondata.errors import InputError
from motiondata.lidar.measurement import Measurement
from motiondata.lidar.preset_names import REALISM_NAMES, SENSOR_NAMES
from motiondata.lidar.presets import sensor_preset
from motiondata.lidar.realism.settings import LARGEST, OF_A_STREET, WHOLE, Realism, find_realism
from tests.documents.blocks import ROOT


def test_none_is_exact_and_the_other_presets_are_not() -> None:
    assert [name for name in REALISM_NAMES if find_realism(name).is_exact] == ["none"]


@pytest.mark.parametrize("name", REALISM_NAMES)
def test_the_text_of_settings_gives_them_again(name: str) -> None:
    settings = find_realism(name)
    assert find_realism("none", settings.text) == settings


@pytest.mark.parametrize("name", [field.name for field in fields(Realism)])
def test_each_value_can_be_set(name: str) -> None:
    start = find_realism("street")
    half = 0.0 if name in WHOLE else getattr(start, name) / 2
    value = half or (0.0 if getattr(start, name) else min(20.0, LARGEST[name]))
    changed = find_realism("street", f"{name}={value}")
    assert getattr(changed, name) == value
    assert changed != start


def test_every_value_has_a_largest_one() -> None:
    assert set(LARGEST) == {field.name for field in fields(Realism)}


def test_the_table_of_the_documents_has_every_value_once() -> None:
    text = (ROOT / "docs" / "realism.md").read_text(encoding="utf-8")
    (table,) = re.findall(r"^## Values of the effects$(.*?)^## ", text, re.M | re.S)
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    named = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    assert sorted(named) == sorted(field.name for field in fields(Realism))


@pytest.mark.parametrize("name", OF_A_STREET)
def test_a_value_of_a_street_needs_a_street(name: str) -> None:
    with pytest.raises(InputError, match=f"found {name} without a street"):
        find_realism("sensor", f"{name}=1")
    assert getattr(find_realism("sensor", f"{name}=1,box_radius_m=0.8"), name) == 1
    assert find_realism("sensor", f"{name}=0").box_radius_m == 0


def test_a_file_starts_from_a_preset(tmp_path: Path) -> None:
    path = tmp_path / "wet.toml"
    path.write_text('base = "sensor"\ndark_share = 0.5\n')
    assert find_realism(str(path)) == find_realism("sensor", "dark_share=0.5")


@pytest.mark.parametrize(
    ("name", "changes", "found"),
    [
        ("rain", "", "'rain'"),
        ("steet", "", "did you mean street?"),
        ("sensor", "lost=1", "lost"),
        ("sensor", "loss", "'loss'"),
        ("sensor", "loss=-1", "-1.0"),
        ("sensor", "loss=nan", "nan"),
        ("sensor", "dark_share=2", "2.0"),
        ("sensor", "clothing_least_m=0.2", "0.2"),
        ("sensor", "clothing_most_m=4", "4.0"),
        ("sensor", "footprint=1e6", "1000000.0"),
        ("sensor", "loss=0,loss=1", "twice"),
        ("sensor", "turns_per_second=1e-300", "1e-300"),
        ("sensor", "azimut_jitter=0", "did you mean azimuth_jitter?"),
        ("street", "occluders_most=1.5", "occluders_most as a whole number, found 1.5"),
        ("sensor", "real_columns=0.5", "real_columns as a whole number, found 0.5"),
    ],
)
def test_wrong_settings_are_named(name: str, changes: str, found: str) -> None:
    with pytest.raises(InputError, match=r"expected|choose") as error:
        find_realism(name, changes)
    assert found in str(error.value)


@pytest.mark.parametrize(
    "text", ["base = 3", "base = 'snow'", "loss = 'much'", "loss = [", "x = 1"]
)
def test_a_wrong_file_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=r"expected") as error:
        find_realism(str(path))
    assert str(error.value).startswith(f"{path}: ")


@pytest.mark.parametrize("name", SENSOR_NAMES)
def test_every_preset_states_the_source_of_its_measurement(name: str) -> None:
    assert len(sensor_preset(name).measurement.source) > 40


@pytest.mark.parametrize(
    "values",
    [{"echo": "last"}, {"reach_m": 0.0}, {"loss": 1.5}, {"range_sigma_m": -1.0},
     {"divergence_deg": float("nan")}],
)  # fmt: skip
def test_a_measurement_refuses_impossible_values(values: dict[str, float]) -> None:
    with pytest.raises(InputError, match=next(iter(values))):
        Measurement(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize("clockwise", [True, False])
def test_a_turn_begins_at_the_back_and_passes_the_front_in_its_middle(clockwise: bool) -> None:
    times = Measurement(turns_per_second=20, clockwise=clockwise).column_times(1000)
    assert times[500] == 0
    assert times[0] == pytest.approx(0.025)
    assert sorted(times) == pytest.approx([column / 20_000 for column in range(1000)])
    assert (times[10] > times[0]) == (not clockwise)


def test_values_in_a_table_are_refused_with_what_to_write_instead(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('base = "sensor"\n[effects]\nloss = 0\n')
    with pytest.raises(InputError, match=r"found the table \[effects\]; expected .* loss = 0"):
        find_realism(str(path))


def test_a_mistyped_base_is_answered_with_the_nearest(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('base = "sensr"\n')
    with pytest.raises(InputError, match=r"found 'sensr' \(did you mean sensor\?\)"):
        find_realism(str(path))
