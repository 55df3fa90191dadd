"""Keys: every view of a clip leads back to it."""

import pytest

from pipelines.clips.keys import clip_name, view_key


@pytest.mark.parametrize("view", [0, 1, 12])
@pytest.mark.parametrize("name", ["012314", "M012314", "walk_v", "v1"])
def test_every_view_is_of_its_clip(name: str, view: int) -> None:
    assert clip_name(view_key(name, view)) == name


def test_the_first_view_has_the_clips_name() -> None:
    assert view_key("012314", 0) == "012314"
    assert view_key("012314", 1) == "012314_v1"
