"""A mistyped split, field or sensor is answered with the nearest name."""

import pytest

from motiondata.errors import InputError
from motiondata.lidar.presets import find_sensor
from shards.errors import ShardError
from shards.format.unknown_names import MOST_KEYS, near_key
from shards.stream.streamed_dataset import StreamedDataset


@pytest.mark.parametrize(
    ("split", "field", "message"),
    [
        ("trian", "points", r"no split 'trian' \(did you mean train\?\); choose one of train, val"),
        ("train", "point", r"'point' \(did you mean points\?\) is not an array"),
    ],
)
def test_a_split_and_a_field(
    streamed: StreamedDataset, split: str, field: str, message: str
) -> None:
    with pytest.raises(ShardError, match=message):
        streamed.frames(split, field, 2)


def test_fields_of_clips_and_of_statistics(streamed: StreamedDataset) -> None:
    with pytest.raises(ShardError, match=r"no field 'jsn' \(did you mean json\?\); choose one of"):
        streamed.clips("train", ["jsn"], 2)
    with pytest.raises(ShardError, match=r"field 'pints' \(did you mean points\?\); choose one of"):
        streamed.standardizer("pints")


def test_a_sensor() -> None:
    with pytest.raises(InputError, match=r"called 'os1-129' \(did you mean os1-128\?\); choose"):
        find_sensor("os1-129")


def test_a_key_is_compared_with_no_more_keys_than_a_person_waits_for() -> None:
    known = [f"walk_{number:06d}" for number in range(MOST_KEYS)]
    assert near_key("walk_00001", known[:100]) == "; did you mean 'walk_000091'?"
    assert near_key("walk_00001", [*known, "wlak"]) == ""
