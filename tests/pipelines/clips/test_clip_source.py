"""What all products of clips share: the files of a clip, and the samples of its variants."""

from functools import partial

import numpy as np
import pytest
from numpy.typing import NDArray

from pipelines.clips.clip_source import ClipSource
from pipelines.clips.options import PackingOptions
from pipelines.clips.planned_clips import PlannedClip, PlannedClips
from tests.support.archive import MadeArchive


def planned_clips(source: ClipSource, samples_per_variant: int) -> dict[str, PlannedClip]:
    """Plan the clips of a product that has samples of one byte per frame, by name."""
    columns = source.plan(samples_per_variant, frames_of).shards.columns
    return {clip.row.name: clip for clip in columns.rows(0, len(columns))}


def frames_of(clips: PlannedClips) -> NDArray[np.int64]:
    return clips.frames


def test_the_files_of_a_clip_are_its_recording_and_the_captions_of_its_variants(
    archive: MadeArchive,
) -> None:
    source = ClipSource.find(archive.options(mirror=True).clips, PackingOptions())
    clip = planned_clips(source, 1)["000003"]
    assert source.files_of(clip) == [
        archive.root / "amass/CMU/02/02_01_poses.npz",
        archive.root / "texts/000003.txt",
        archive.root / "texts/M000003.txt",
    ]


def test_a_product_numbers_its_samples_of_the_plain_and_of_the_mirrored_clip(
    archive: MadeArchive,
) -> None:
    source = ClipSource.find(archive.options(mirror=True).clips, PackingOptions())
    keys = partial(planned_clips, source)
    assert keys(1)["000003"].keys == ("000003", "M000003")
    assert keys(2)["000003"].keys == ("000003", "000003_v1", "M000003", "M000003_v1")
    assert keys(2)["000003"].frames == 2 * keys(1)["000003"].frames


@pytest.mark.parametrize(("rate", "ratio"), [(None, 1), (20.0, 1), (30.0, 1.5), (12.5, 0.625)])
def test_planned_frames_are_those_at_the_frame_rate_of_the_samples(
    archive: MadeArchive, rate: float | None, ratio: float
) -> None:
    source = ClipSource.find(archive.options(mirror=True).clips, PackingOptions())
    columns = source.plan(2, frames_of, rate=rate).shards.columns
    clips = [*columns.rows(0, len(columns))]
    expected = [int((c.row.end_frame - c.row.start_frame) * len(c.keys) * ratio) for c in clips]
    assert [clip.frames for clip in clips] == columns.frames.tolist() == expected
