"""Keys: the key of every sample leads back to the clip that it shows."""

import pytest

from pipelines.clips.keys import clip_name, sample_key


@pytest.mark.parametrize("number", [0, 1, 12])
@pytest.mark.parametrize("name", ["012314", "M012314", "walk_v", "v1"])
def test_every_sample_key_contains_the_name_of_its_clip(name: str, number: int) -> None:
    assert clip_name(sample_key(name, number)) == name


def test_the_first_sample_has_the_name_of_its_clip() -> None:
    assert sample_key("012314", 0) == "012314"
    assert sample_key("012314", 1) == "012314_v1"
