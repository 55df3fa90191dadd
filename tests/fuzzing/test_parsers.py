"""Laws of the parsers for all inputs: what they return holds what their types promise.

Texts are drawn near the grammar, since wholly random ones end at the first check.
"""

from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motiondata.errors import InputError, RecordingError
from motiondata.lidar.presets import FIELDS, load_sensor
from motiondata.lidar.sensor import MAX_RAYS
from motiondata.sources.cmu.amc import read_amc
from motiondata.sources.cmu.asf import read_asf
from motiondata.sources.humanml3d.captions import parse_caption
from motiondata.sources.humanml3d.index import COLUMNS, read_index
from motiondata.sources.humanml3d.splits import read_splits
from shards.format.paths import NAME
from tests.support.acclaim_files import amc_text, asf_text

NUMBERS = st.sampled_from(["0", "-1", "9", "1e400", "nan", "-inf", "1_0", "٣", "0x1", "9" * 5000])
TEXTS = st.text(max_size=12) | st.sampled_from(["..", "/", "M000000", "000000", "-", "_", "", "#"])
PATHS = st.lists(TEXTS | st.just("KIT"), max_size=5).map("/".join)
FIELDS_OF_ROWS = st.tuples(PATHS, NUMBERS | st.just("0"), NUMBERS | st.just("9"), TEXTS)
INDICES = st.lists(FIELDS_OF_ROWS.map(",".join), max_size=5).map("\n".join)
MODEST = settings(max_examples=150, deadline=None)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("parsers")


def written(path: Path, text: str) -> Path:
    path.write_bytes(text.encode(errors="surrogatepass"))
    return path


@MODEST
@given(header=st.just(",".join(COLUMNS)) | TEXTS, rows=INDICES)
def test_rows_of_any_index_have_names_and_frames_that_can_be_used(
    folder: Path, header: str, rows: str
) -> None:
    with suppress(InputError):
        found = read_index(written(folder / "index.csv", f"{header}\n{rows}\n"))
        assert len({row.name.casefold() for row in found}) == len(found) > 0
        for row in found:
            assert NAME.fullmatch(row.name)
            assert ".." not in row.parts
            assert len(row.parts) > 1
            assert row.is_humanact12 or 0 <= row.start_frame < row.end_frame


@MODEST
@given(lists=st.tuples(*[st.lists(TEXTS, max_size=4).map("\n".join)] * 3))
def test_a_name_of_any_lists_is_in_one_split_and_known_or_not(
    folder: Path, lists: tuple[str, str, str]
) -> None:
    for split, text in zip(("train", "val", "test"), lists, strict=True):
        written(folder / f"{split}.txt", text)
    with suppress(InputError):
        splits = read_splits(folder, ["000000"])
        assert splits.of_clip.keys() <= {"000000"}
        assert splits.of_mirrored_clip.keys() <= {"M000000"}
        assert not splits.unknown.keys() & {"000000", "M000000"}
        both = {*splits.of_clip.values(), *splits.of_mirrored_clip.values()}
        assert len(both) <= 1


@MODEST
@given(st.lists(TEXTS | NUMBERS | st.just("a/DET"), max_size=8).map("#".join))
def test_any_line_is_a_caption_of_one_line_with_sound_seconds(line: str) -> None:
    caption = parse_caption(line)
    assert len(caption.text.splitlines()) <= 1
    assert caption.is_whole_clip or 0 <= caption.start_seconds < caption.end_seconds < np.inf


@MODEST
@given(
    st.dictionaries(
        st.sampled_from(FIELDS) | st.text("abc", min_size=1, max_size=3),
        st.sampled_from(["1", "64", "-1", "nan", "1e999", "[]", "[1]", "[1, -91]", "'a'", "{}"])
        | st.integers().map(str)
        | st.floats().map(repr)
        | st.lists(st.floats(-95, 95), max_size=4).map(repr),
    )
)
def test_any_sensor_s_file_is_a_sensor_of_few_finite_rays_or_none(
    folder: Path, fields: dict[str, str]
) -> None:
    fields = {"name": "'mine'", "columns": "8", "elevation_deg": "[1, 2]"} | fields
    text = "".join(f"{key} = {value}\n" for key, value in fields.items())
    with suppress(InputError):
        sensor = load_sensor(written(folder / "sensor.toml", text))
        assert 0 < sensor.beams * sensor.columns <= MAX_RAYS
        assert np.abs(sensor.elevation).max() < np.pi / 2
        assert np.isfinite(sensor.azimuth_offset).all()
        assert 0 <= sensor.min_range < sensor.max_range


def with_word(text: str, place: int, word: str) -> str:
    """Return a text with one of its words another."""
    words = text.split(" ")
    words[place % len(words)] = word
    return " ".join(words)


WORDS = NUMBERS | TEXTS | st.sampled_from(["begin", "end\n", ":units\n", "root", "rx", "1e300"])
MOTION = amc_text([{}, {}], [(0, 0, 0, 0, 0, 0), (1, 2, 3, 4, 5, 6)])


@MODEST
@given(place=st.integers(0, 10**4), word=WORDS, of_skeleton=st.booleans())
def test_any_word_of_a_skeleton_or_a_motion_may_be_another(
    folder: Path, place: int, word: str, of_skeleton: bool
) -> None:
    skeleton, motion = asf_text(), MOTION
    if of_skeleton:
        skeleton = with_word(skeleton, place, word)
    else:
        motion = with_word(motion, place, word)
    with suppress(RecordingError):
        bones = read_asf(written(folder / "01.asf", skeleton))
        found = read_amc(written(folder / "01_01.amc", motion), bones)
        assert np.isfinite(bones.rest_tips).all()
        assert found.angles.shape == (len(found.translation), len(bones.bones), 3)
        assert np.isfinite(found.angles).all()
        assert np.isfinite(found.translation).all()
