"""Teaching a captioner: from a dataset of features, or of points, to a checkpoint that captions.

Its stages are those of the recipe that cures the collapse: the projector alone, so that a language
model that knows the language keeps it, then everything. The tiny one knows nothing to keep.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import Any, TextIO

import torch
from torch import Tensor

from motiondata.errors import InputError
from pipelines.training.alarms import Probe, Watcher
from pipelines.training.captioner import KIND, Captioner
from pipelines.training.clips import captions_by_key, choose_field, clips_of, random_phase
from pipelines.training.loop import CHECKPOINT, train
from pipelines.training.optimizing import ParameterGroup
from pipelines.training.options import FULL, LoopOptions, TeachingOptions
from pipelines.training.protocol import Record
from pipelines.training.ranks import choose_device, process_group
from pipelines.training.text import load_text_model
from shards.batching import Batch
from shards.paths import TRAIN
from shards.streaming import StreamedDataset
from shards.views import Position, View

PROBED = 32
"""Clips that are looked at now and then."""


class CaptionerTraining:
    """The training of a captioner, as the loop sees it."""

    kind = KIND

    def __init__(
        self, data: StreamedDataset, options: TeachingOptions, seed: int, device: torch.device
    ) -> None:
        self.data, self.options = data, options
        self.recipe = options.to_recipe()
        self.stages = self.recipe.stages
        self.field = options.field or choose_field(data.dataset)
        captions = [*chain.from_iterable(captions_by_key(data, TRAIN).values())]
        if not captions:
            raise InputError(
                f"{data.dataset.path}: expected captions of clips of {TRAIN}, found none; build "
                "the dataset with --texts"
            )
        self.module = self._captioner(captions, seed).to(device)
        self.watcher = Watcher(self.module, self._probe(seed, device), options.patience)

    def view(self, batch: int, seed: int) -> View:
        """Return clips of the training split with a caption of each."""
        return self.data.clips(
            TRAIN, [self.field], batch, shuffle=True, seed=seed, captions=True, drop_last=True
        )

    def groups(self, stage: str) -> list[ParameterGroup]:
        """Return the projector's parameters, and in the stage `full` all others."""
        groups = [ParameterGroup([*self.module.projector.parameters()], self.recipe.projector_rate)]
        if stage == FULL:
            others = [*self.module.language_model.parameters()]
            groups.append(ParameterGroup(others, self.recipe.rate))
        return groups

    def loss(self, batch: Batch) -> dict[str, Tensor]:
        """Return the mean cross entropy of the tokens of a batch's captions."""
        clips = clips_of(batch, self.field)
        clips = clips.every(self.options.stride, random_phase(clips, self.options.stride))
        labels = self.module.text.labels(batch["captions"]).to(clips.values.device)
        return {"loss": self.module.loss(clips.values, clips.mask, labels)}

    def identity(self) -> Mapping[str, Any]:
        """Return the dataset, the text model and the rates."""
        options = {**asdict(self.options), **asdict(self.recipe)}
        options.pop("patience")
        return {"dataset": self.data.dataset.content_hash, **options, "field": self.field}

    def contents(self) -> Mapping[str, Any]:
        """Return what `load_captioner` needs."""
        return {
            "text": self.module.text.to_state(),
            "field": self.field,
            "stride": self.options.stride,
        }

    def watch(self, records: Sequence[Record]) -> tuple[Record, list[str]]:
        """Return measures of a few validation clips, and alarms."""
        measures, alarms = self.watcher.watch(records)
        return asdict(measures), alarms

    def _captioner(self, captions: Sequence[str], seed: int) -> Captioner:
        mean, std = self.data.standardizer(self.field).tensors()
        text = load_text_model(self.options.text_model, captions, seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return Captioner(text, mean, std)

    def _probe(self, seed: int, device: torch.device) -> Probe:
        """Return clips of `val`, or where there is none of `train`."""
        splits = self.data.dataset.description.splits
        split = "val" if "val" in splits else TRAIN
        view = self.data.clips(
            split, [self.field], PROBED, shuffle=True, seed=seed, captions=True, rank=0, world=1
        )
        batch = view.batch_at(Position(0, 0))
        clips = clips_of(batch, self.field).every(self.options.stride)
        return Probe(clips.to(device), self.module.text.labels(batch["captions"]).to(device))


def teach(
    dataset: Path,
    out: Path,
    options: TeachingOptions,
    loop: LoopOptions,
    device: str = "auto",
    stream: TextIO = sys.stderr,
) -> str:
    """Train a captioner to its end, or go on with it, and say where it lies."""
    chosen = choose_device(device)
    with process_group(chosen):
        training = CaptionerTraining(StreamedDataset.open(dataset), options, loop.seed, chosen)
        train(training, loop, out, stream)
    return f"a captioner: {out / CHECKPOINT}"
