"""The matcher: it learns, resumes to the bit, and embeds each clip by itself."""

import io
import os
import signal
from pathlib import Path

import numpy as np
import pytest
import torch

from motiondata.captions import caption_runs
from motiondata.errors import InputError
from pipelines.datasets.statistics import stats
from pipelines.training.common.loop import train
from pipelines.training.common.options import LoopOptions, OptimizerOptions
from pipelines.training.common.training_checkpoint import CHECKPOINT
from pipelines.training.matching.load_matcher import LoadedMatcher, load_matcher
from pipelines.training.matching.motion_encoder import MotionEncoder
from pipelines.training.matching.options import MatcherOptions, MatcherSizes
from pipelines.training.matching.train_matcher import MatcherTask, train_matcher
from shards.format.dataset import Dataset
from shards.stream.batching import Batch
from shards.stream.streamed_dataset import StreamedDataset
from tests.support.archive import MadeArchive
from tests.support.motion_features import built_features

SIZES = MatcherSizes(width=16, shared_width=8)
OPTIONS = MatcherOptions(steps=12, sizes=SIZES, max_frames=16)
LOOP = LoopOptions(batch=4, save_every=5, watch_every=6, optimizer=OptimizerOptions(warmup=2))
CPU = torch.device("cpu")


@pytest.fixture(scope="session")
def motion(archive: MadeArchive, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Return a small dataset of features with its grouped statistics."""
    out = tmp_path_factory.mktemp("matching") / "motion"
    dataset = built_features(archive, out, "humanml3d-263")
    stats(out, "train", "vectors")
    return dataset


@pytest.fixture(scope="session")
def matcher(motion: Dataset, tmp_path_factory: pytest.TempPathFactory) -> LoadedMatcher:
    """Return a matcher that was trained for some steps."""
    out = tmp_path_factory.mktemp("matcher")
    train_matcher(motion.path, out, OPTIONS, LOOP, "cpu", io.StringIO())
    return load_matcher(out / CHECKPOINT)


def test_features_do_not_depend_on_the_padding() -> None:
    torch.manual_seed(0)
    encoder = MotionEncoder(SIZES, torch.full((5,), 0.5), torch.full((5,), 2.0)).eval()
    clips = [torch.randn(frames, 5) for frames in (1, 2, 3, 4, 7, 8, 21)]
    padded = torch.nn.utils.rnn.pad_sequence(clips, batch_first=True, padding_value=9.0)
    lengths = torch.tensor([len(clip) for clip in clips])
    found = encoder(padded, torch.arange(21) < lengths[:, None])
    for clip, features in zip(clips, found, strict=True):
        alone = encoder(clip[None], torch.ones(1, len(clip), dtype=torch.bool))[0]
        assert torch.allclose(features[: len(clip)], alone, atol=1e-6)
        assert alone.shape == (len(clip), encoder.width)


def test_the_order_of_frames_matters(matcher: LoadedMatcher) -> None:
    clip = np.random.default_rng(0).normal(size=(24, 263)).astype(np.float32)
    forward, backward = matcher.embed_motions([clip, clip[::-1]])
    assert np.linalg.norm(forward - backward) > 1e-3


class Stopped(MatcherTask):
    """A training that is asked to stop in its eighth step."""

    steps = 0

    def loss(self, batch: Batch) -> dict[str, torch.Tensor]:
        self.steps += 1
        if self.steps == 8:
            os.kill(os.getpid(), signal.SIGTERM)
        return super().loss(batch)


def test_a_stopped_training_resumes_to_the_same_weights(
    motion: Dataset, matcher: LoadedMatcher, tmp_path: Path
) -> None:
    stopped = Stopped(StreamedDataset(motion, caption_runs), OPTIONS, LOOP.seed, CPU)
    with pytest.raises(KeyboardInterrupt):
        train(stopped, LOOP, tmp_path, io.StringIO())
    train_matcher(motion.path, tmp_path, OPTIONS, LOOP, "cpu", io.StringIO())
    assert load_matcher(tmp_path / CHECKPOINT).id == matcher.id


def test_embeddings_are_of_unit_length_and_those_of_each_clip(matcher: LoadedMatcher) -> None:
    random = np.random.default_rng(1)
    clips = [random.normal(size=(frames, 263)).astype(np.float32) for frames in (3, 30)]
    found = matcher.embed_motions(clips)
    assert np.array_equal(found[1:], matcher.embed_motions(clips[1:]))
    texts = matcher.embed_texts(["someone moves"] * 70)
    for vectors in (found, texts):
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


def test_other_shapes_and_other_files_are_refused(matcher: LoadedMatcher, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"expected humanml3d-263 shaped \(frames, 263\)"):
        matcher.embed_motions([np.zeros((3, 5), np.float32)])
    (tmp_path / "none.pt").write_bytes(b"nothing")
    with pytest.raises(InputError, match="not a valid checkpoint"):
        load_matcher(tmp_path / "none.pt")
