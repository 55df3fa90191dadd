"""A recording's license is found by its note, or by its subset of AMASS."""

import pytest

from motiondata.sources.cmu.convert import CMU_LICENSE
from motiondata.synthesis.corpus.corpus import LICENSE
from pipelines.publishing.terms import AMASS, NOT_STATED, terms_of

MOTION = ("points.npy", "hits.npy", "pose.npy", "json", "txt")
NOTES = {
    LICENSE: "Apache-2.0",
    CMU_LICENSE: "CMU Graphics Lab Motion Capture Database",
    "Bandai Namco Research Inc., CC BY-NC 4.0": "CC BY-NC 4.0",
    "cc-by-4.0": "CC BY 4.0",
    "CC BY-SA 4.0": "CC BY-SA 4.0",
    "CC BY-NC-ND 4.0": "CC BY-NC-ND 4.0",
    "CC0": "CC0 1.0",
    "the MIT license": "MIT",
    "ask the lab": "stated by the source",
}
FORBIDDING = {"CC BY-NC-ND 4.0", "stated by the source"}


@pytest.mark.parametrize(("note", "name"), NOTES.items())
def test_a_note_names_a_license(note: str, name: str) -> None:
    terms = terms_of(note, "KIT")
    assert terms.name == name
    assert bool(terms.forbids(MOTION)) == (name in FORBIDDING)


@pytest.mark.parametrize("subset", ["KIT", "BMLrub", "MPI_HDM05", "HDM05"])
def test_recordings_of_amass_have_no_note_but_its_subsets(subset: str) -> None:
    assert terms_of("", subset) is AMASS


def test_a_recording_that_says_nothing_may_not_be_published() -> None:
    assert terms_of("  ", "my_lab") is NOT_STATED
    assert NOT_STATED.forbids(MOTION) == ("points.npy", "pose.npy", "json")


def test_counts_captions_and_learned_features_of_amass_may_be_published() -> None:
    assert AMASS.forbids(("features.npy", "hits.npy", "txt")) == ()
    assert AMASS.forbids(("tokens.npy", "vectors.npy")) == ("tokens.npy", "vectors.npy")
