"""The training task of a pose editor: batches, the loss, validation."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import torch

from motiondata.bodies.bundled import bundled_body
from motiondata.bodies.posing import shape_body
from motiondata.bodies.posing_torch import rotvec_to_rotmat
from pipelines.engine.reports import to_plain
from pipelines.training.common.clip_fields import (
    VAL,
    captioned_keys,
    captions_by_key,
    training_captions,
)
from pipelines.training.common.logs import History, Record
from pipelines.training.common.optimizer import ParameterGroup, seeded
from pipelines.training.common.options import Stage
from pipelines.training.common.training_split import captioned_clips
from pipelines.training.pose_editing.alarms import edit_alarms
from pipelines.training.pose_editing.edit_items import EditItems, read_items
from pipelines.training.pose_editing.edit_measures import joint_errors, measure_bound
from pipelines.training.pose_editing.edit_text import EditText
from pipelines.training.pose_editing.load_pose_editor import (
    KIND,
    LoadedPoseEditor,
    describe_editor,
)
from pipelines.training.pose_editing.options import EditorOptions
from pipelines.training.pose_editing.pose_baselines import baselines_of
from pipelines.training.pose_editing.pose_editor import NUMBERS, PoseEditor
from pipelines.training.pose_editing.pose_features import PoseFeatures
from pipelines.training.pose_pairs.read_pairs import (
    FIELD,
    A,
    B,
    expect_pose_pairs,
    read_pose_pairs,
)
from shards.format.paths import TRAIN
from shards.stream.batching import Batch
from shards.stream.streamed_dataset import StreamedDataset
from shards.stream.views import View

REPORT_SPLITS = (VAL, "test")
"""Splits that are reported, if they have texts."""
STD_RATE = 20.0
"""Learning rate of the logarithms of the standard deviations, in those of the rest. Else they would
fall for a thousand steps, and the latent vector would say nothing until then."""
VALIDATION_ITEMS = 192
"""Maximum number of texts in a validation during training."""


class EditorTask:
    """A pose editor to train and its pairs.

    `watched` are the texts of a validation during training: of `val`, or of `train` if `val` has
    none. `cache` is the file of the vectors of texts, if the text encoder is not trained; `stream`
    shows how they are computed.
    """

    kind = KIND

    def __init__(
        self,
        data: StreamedDataset,
        options: EditorOptions,
        seed: int,
        device: torch.device,
        cache: Path | None = None,
        stream: TextIO | None = None,
    ) -> None:
        expect_pose_pairs(data.dataset)
        training = training_captions(data)
        self.stages: Sequence[Stage] = (Stage("edit", options.steps),)
        self.splits = [split for split in REPORT_SPLITS if captioned_keys(data, split)]
        others = chain.from_iterable(captions_by_key(data, split).values() for split in self.splits)
        self.text = EditText.make(
            options.text_encoder, training, [*chain(*others)], seed, device, cache, stream
        )
        rotations = read_pose_pairs(data, TRAIN).rotations
        self.baselines = baselines_of(rotations)
        with seeded(seed):
            features = PoseFeatures.of(rotations.flatten(0, 1))
            self.module = PoseEditor(
                options.sizes, self.text.encoder, self.text.is_trained, features
            ).to(device)
        self.data, self._options, self.seed = data, options, seed
        watched = read_items(data, VAL if VAL in self.splits else TRAIN)
        self.watched = watched.part(0, VALIDATION_ITEMS)
        self.shaped = shape_body(bundled_body(), np.zeros(0))

    def view(self, batch: int, seed: int, exclude: Collection[str] = ()) -> View:
        """Return batches of pairs with one random text each."""
        return captioned_clips(self.data, [FIELD], batch, seed, exclude)

    def groups(self, stage: str) -> list[ParameterGroup]:  # noqa: ARG002
        """Return the standard deviations of the likelihood, which learn faster, and the rest."""
        rate, stds = self._options.rate, [self.module.log_stds, self.module.edit_log_stds]
        known = {id(each) for each in stds}
        rest = [each for each in self.module.parameters() if id(each) not in known]
        return [ParameterGroup(rest, rate), ParameterGroup(stds, STD_RATE * rate)]

    def loss(self, batch: Batch) -> dict[str, torch.Tensor]:
        """Return the negative log likelihoods of a batch in nats per number, and their parts."""
        poses = rotvec_to_rotmat(torch.as_tensor(batch[FIELD]).float())
        noise = torch.randn(len(poses), self.module.latent).to(poses.device)
        found = self.module.bound(poses[:, A], poses[:, B], [*batch["captions"]], noise)
        rotations, joints, divergence, edit = (
            each.mean() for each in (found.rotations, found.joints, found.divergence, found.edit)
        )
        options = self._options
        bound = rotations + joints - options.kl_weight * divergence
        return {
            "loss": -(bound + options.edit_weight * edit) / sum(NUMBERS),
            "rotations": rotations / NUMBERS[0],
            "joints": joints / NUMBERS[1],
            "divergence": divergence,
            "edit": edit / sum(NUMBERS),
        }

    def identity(self) -> Mapping[str, Any]:
        """Return the dataset and the options, without the steps, which the loop compares."""
        options = {**asdict(self._options), "text_encoder_id": self.text.state.get("id")}
        del options["steps"]
        return {"dataset": self.data.dataset.content_hash, **options}

    def contents(self) -> Mapping[str, Any]:
        """Return the description of the editor."""
        return describe_editor(self._options.sizes, self.text)

    def watch(self, history: History) -> tuple[Record, list[str]]:
        """Return measures of a few texts, and alarms if the text or the latent is ignored.

        A measure that is NaN or infinite is None: the alarms here say so.
        """
        items = self.watched
        bound, divergence = measure_bound(self.module, items, self.seed)
        others = items.texts_of_other_pairs()
        error = self._error(items, items.texts)
        other_error = None if others is None else self._error(items, others)
        copy_error = float(joint_errors(items.first, items.second, self.shaped).mean())
        alarms = edit_alarms(
            history.recent[-1]["step"],
            divergence=divergence,
            error=error,
            other_text_error=other_error,
            copy_error=copy_error,
        )
        record = {
            "bound": asdict(bound),
            "divergence": divergence,
            "joint_error_mm": error,
            "other_text_error_mm": other_error,
            "copy_error_mm": copy_error,
        }
        return to_plain(record), alarms

    def loaded(self) -> LoadedPoseEditor:
        """Return the module as it is, ready to edit."""
        return LoadedPoseEditor(self.module, "")

    def _error(self, items: EditItems, texts: Sequence[str]) -> float:
        edited = self.loaded().edit(items.first, texts)
        return float(joint_errors(edited, items.second, self.shaped).mean())
