"""Whole builds with good and bad recordings: each bad one is a drop, and no good byte changes."""

import tracemalloc
from pathlib import Path

import pytest

from motiondata.errors import RecordingError
from motiondata.sources.amass.reader import read_smplh
from pipelines.datasets.info import info
from shards.format.npy import npy_to_array
from tests.support.bad_recordings import BAD_RECORDINGS, ODD_RECORDINGS, TRANS, Write, arrays, saved
from tests.support.built_rows import Outcome, build, make_rows

BAD = {f"bad{number}": name for number, name in enumerate(BAD_RECORDINGS)}
ODD = {f"odd{number}": name for number, name in enumerate(ODD_RECORDINGS)}
GOOD: dict[str, Write] = {f"good{number}": saved() for number in range(3)}

MESSAGE_LETTERS = 1000
"""What a person is ready to read of one drop."""


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """Build all bad and all odd recordings with good ones before, between and after."""
    root = tmp_path_factory.mktemp("bad")
    rows = {"good0": GOOD["good0"]}
    rows |= {key: BAD_RECORDINGS[name].write for key, name in BAD.items()}
    rows |= {"good1": GOOD["good1"]}
    rows |= {key: ODD_RECORDINGS[name] for key, name in ODD.items()}
    rows |= {"good2": GOOD["good2"]}
    return build(make_rows(root, rows), root / "out")


@pytest.mark.parametrize("key", BAD, ids=BAD.values())
def test_a_bad_recording_is_a_drop_with_its_reason(outcome: Outcome, key: str) -> None:
    bad = BAD_RECORDINGS[BAD[key]]
    reason, message = outcome.drops[key]
    assert reason == bad.reason, message
    assert bad.message in message
    assert message.isprintable()
    assert len(message) <= MESSAGE_LETTERS


@pytest.mark.parametrize("key", ODD, ids=ODD.values())
def test_an_odd_recording_is_a_sample(outcome: Outcome, key: str) -> None:
    assert key in outcome.samples, outcome.drops.get(key)


def test_good_samples_have_the_bytes_that_they_have_without_the_bad_ones(
    outcome: Outcome, tmp_path: Path
) -> None:
    alone = build(make_rows(tmp_path, GOOD), tmp_path / "out")
    assert alone.samples.keys() == GOOD.keys()
    assert alone.drops == {}
    for key, members in alone.samples.items():
        assert outcome.samples[key] == members


BOMBS = (
    "a header that claims 100 GB",
    "a directory that claims 4 GB",
    "a bomb that says it is small",
)


@pytest.mark.parametrize("name", BOMBS)
def test_a_recording_costs_no_more_memory_than_its_file_has_bytes(
    name: str, tmp_path: Path
) -> None:
    path = tmp_path / "bomb_poses.npz"
    BAD_RECORDINGS[name].write(path)
    assert path.stat().st_size < 2**20
    tracemalloc.start()
    try:
        with pytest.raises(RecordingError):
            read_smplh(path, path.name)
        assert tracemalloc.get_traced_memory()[1] < 2**22
    finally:
        tracemalloc.stop()


def test_a_build_that_drops_every_row_is_a_sound_dataset_of_none(tmp_path: Path) -> None:
    rows = {key: BAD_RECORDINGS[BAD[key]].write for key in ("bad0", "bad1")}
    outcome = build(make_rows(tmp_path, rows), tmp_path / "out")
    assert (outcome.samples, len(outcome.drops)) == ({}, 2)
    assert "drops: 2" in str(info(outcome.out))


def test_an_index_of_one_row_and_a_recording_of_one_frame_are_a_sample(tmp_path: Path) -> None:
    one = saved(poses=arrays()["poses"][:1], trans=TRANS[:1])
    options = make_rows(tmp_path, {"one": one})
    options.clips.index.write_text(options.clips.index.read_text().replace(",0,9,", ",0,1,"))
    outcome = build(options, tmp_path / "out")
    assert list(outcome.samples) == ["one"]
    assert npy_to_array(outcome.samples["one"]["points.npy"]).shape == (1, 16, 3)
