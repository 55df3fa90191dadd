"""`motiondata train-language`: trains a T5 on motion tokens and text together.

First it restores masked text and motion and pairs them, then it follows instructions, as in
MotionGPT (Jiang et al., 2023). Samples are drawn from clips by seed, epoch and clip.
"""

import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TextIO

import torch

from motiondata.counting import counted
from motiondata.devices import AUTO
from motiondata.errors import InputError
from pipelines.engine.reports import Report
from pipelines.engine.text_tables import table
from pipelines.training.common.clip_fields import VAL, captioned_keys, training_captions
from pipelines.training.common.load_text_model import load_text_model
from pipelines.training.common.logs import WATCH, History, Record, read_log
from pipelines.training.common.optimizer import ParameterGroup
from pipelines.training.common.options import TINY, LoopOptions, Stage
from pipelines.training.common.ranks import rank, world
from pipelines.training.common.run_training import TrainingRun, run_training
from pipelines.training.language.corruption import draw_pretraining
from pipelines.training.language.instructions import (
    CaptionedMotion,
    Drawing,
    Sample,
    expect_tasks,
    wordings,
)
from pipelines.training.language.joining import Joiner, read_pairs
from pipelines.training.language.load_language import KIND
from pipelines.training.language.measures import LanguageMeasures, alarms_of, measure
from pipelines.training.language.motion_language import MotionLanguage, set_dropout
from pipelines.training.language.motion_vocabulary import add_motion
from pipelines.training.language.options import PRETRAIN, LanguageOptions
from pipelines.training.language.token_clips import FIELDS, TokenSource, add_epoch, generators
from pipelines.training.language.trained_for import tasks_of
from pipelines.training.tokenizers.load_tokenizer import load_tokenizer, store
from shards.format.paths import TRAIN
from shards.format.places import Place
from shards.stream.batching import Batch
from shards.stream.streamed_dataset import StreamedDataset
from shards.stream.views import StreamPosition, View

PROBE_CLIPS = 32
"""Number of clips in a validation during training."""
TRAINED_WITH = ("focus_share", "join", "dropout", "longest")
"""Options that change the weights."""
LATER = ("random_codes", "drop_captions")
"""More of them, which the identity of earlier trainings lacks: 0 is None, so that these go on."""
MIN_PROBE_CLIPS = 2
"""A single clip has no motion of other clips to compare with."""


class LanguageTask:
    """The training task of a language model of motion."""

    kind = KIND

    def __init__(
        self, data: StreamedDataset, options: LanguageOptions, seed: int, device: torch.device
    ) -> None:
        expect_tasks(options.focus)
        self.source = TokenSource.of(data.dataset)
        self.stages: Sequence[Stage] = options.stages
        self._data, self._options, self._seed = data, options, seed
        self._tokenizer = self._stored_tokenizer()
        texts = training_captions(data)
        if options.text_model == TINY:
            texts = [*texts, *wordings()]
        text = load_text_model(options.text_model, texts, seed)
        vocabulary = add_motion(text, self.source.codes, seed, self.source.stages)
        self.module = MotionLanguage(text, vocabulary, options.random_codes).to(device)
        set_dropout(self.module, options.dropout)
        self._joiner = self._make_joiner()
        self._stage = self.stages[0].name
        self._probe = self._probe_motions()

    def view(self, batch: int, seed: int, exclude: Collection[str] = ()) -> View:
        """Return clips of the training split, and captioned parts of them, with one caption each.

        Raises `ShardError` if all are longer than the longest motion.
        """
        view = self._data.clips(
            TRAIN,
            FIELDS,
            batch,
            shuffle=True,
            seed=seed,
            captions="segment",
            max_frames=self._options.longest,
            exclude=exclude,
            drop_last=True,
            rank=rank(),
            world=world(),
        )
        return view.changed(add_epoch)

    def groups(self, stage: str) -> list[ParameterGroup]:
        """Return all parameters as one group, and draw samples of the stage from now on."""
        self._stage = stage
        return [ParameterGroup([*self.module.parameters()], self._options.full_rate)]

    def loss(self, batch: Batch) -> dict[str, torch.Tensor]:
        """Return the mean cross entropy of the answers of one sample per clip."""
        return {"loss": self.module.loss(self.samples(batch))}

    def samples(self, batch: Batch) -> list[Sample]:
        """Return one sample of the current stage per clip of a batch."""
        randoms = generators(batch, self._seed, self._stage)
        alone = self.source.motions(batch)
        motions = self._joiner.join(alone, batch["keys"], randoms)
        if self._stage == PRETRAIN:
            return [*map(draw_pretraining, motions, randoms)]
        options = self._options
        drawing = Drawing(options.focus, options.focus_share, options.drop_captions)
        return [*map(drawing.draw, motions, randoms, alone)]

    def identity(self) -> Mapping[str, Any]:
        """Return the dataset, the text model, the stored tokenizer, the rate and the length."""
        return {
            "dataset": self._data.dataset.content_hash,
            "text_model": self._options.text_model,
            "tokenizer": self._tokenizer and self.source.id,
            "rate": self._options.full_rate,
            "focus": one_or_all(self._options.focus),
            **{name: getattr(self._options, name) for name in TRAINED_WITH},
            **{name: getattr(self._options, name) or None for name in LATER},
            "pairs": self._joiner.pairs and self._joiner.pairs.names,
        }

    def contents(self) -> Mapping[str, Any]:
        """Return what `load_language` needs."""
        return {
            "text": self.module.text.to_state(),
            "tokens": self.source.to_json(),
            "tokenizer": self._tokenizer,
        }

    def watch(self, history: History) -> tuple[Record, list[str]]:
        """Return measures of a few validation clips, and alarms."""
        measures = measure(self.module, self._probe)
        options = self._options
        tasks = tasks_of(options.focus, options.focus_share)
        return asdict(measures), alarms_of(measures, history, options.patience, tasks)

    def _stored_tokenizer(self) -> dict[str, Any] | None:
        """Return the tokenizer to store; raise `InputError` if it did not make the tokens."""
        if self._options.tokenizer is None:
            return None
        tokenizer = load_tokenizer(self._options.tokenizer)
        if tokenizer.id != self.source.id:
            raise InputError(
                f"{self._options.tokenizer}: expected the tokenizer {self.source.id}, which made "
                f"the tokens, found {tokenizer.id}"
            )
        return store(tokenizer)

    def _make_joiner(self) -> Joiner:
        options, keys = self._options, captioned_keys(self._data, TRAIN)
        pairs = read_pairs(options.labels, keys) if options.labels else None
        return Joiner(options.join, options.longest, pairs)

    def _probe_motions(self) -> list[CaptionedMotion]:
        """Return captioned motions of `val`, or of `train` if `val` has too few."""
        split = VAL if len(captioned_keys(self._data, VAL)) >= MIN_PROBE_CLIPS else TRAIN
        view = self._data.clips(
            split,
            FIELDS,
            PROBE_CLIPS,
            shuffle=True,
            seed=self._seed,
            captions=True,
            rank=0,
            world=1,
        )
        return self.source.motions(view.batch_at(StreamPosition(0, 0)))


def one_or_all(names: Sequence[str]) -> str | list[str] | None:
    """Return names as identities of trainings have them: None for none, and text for one."""
    return [*names] if len(names) > 1 else next(iter(names), None)


@dataclass(frozen=True)
class LanguageReport(Report):
    """The result of a training of a language model."""

    run: TrainingRun
    validation: LanguageMeasures | None
    """The last measures of a few clips of `val`; None before the first validation."""

    def lines(self) -> list[str]:
        """Return a table of the losses by task, the last validation, and the model's path."""
        lines = [f"{counted(self.run.steps, 'step')}; the log is in {self.run.log}"]
        if (found := self.validation) is not None:
            rows = [(name.replace("_", " "), f"{loss:.3f}") for name, loss in found.losses.items()]
            lines += [
                *table([("task, with its fixed wording", "loss"), *rows], numbers=True),
                f"{found.different}; loss of captions with another clip's motion "
                f"{found.shuffled_loss:.3f}",
            ]
        return [*lines, f"the language model is in {self.run.checkpoint}"]


def train_language(
    dataset: Place,
    out: Path,
    options: LanguageOptions,
    loop: LoopOptions,
    device: str = AUTO,
    stream: TextIO = sys.stderr,
) -> LanguageReport | None:
    """Train a language model to the end, or resume an earlier run; return a report.

    Only the first of several processes returns a report. Raises `InputError` or `ShardError` for
    wrong input, and `AbortedError` if the machine stops the training.
    """

    def make_task(data: StreamedDataset, chosen: torch.device) -> LanguageTask:
        return LanguageTask(data, options, loop.seed, chosen)

    return run_training(dataset, out, loop, device, stream, make_task, lambda _, run: _report(run))


def _report(run: TrainingRun) -> LanguageReport:
    records = read_log(run.log.parent)
    found = [LanguageMeasures(**record[WATCH]) for record in records if WATCH in record]
    return LanguageReport(run, found[-1] if found else None)
