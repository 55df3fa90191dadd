"""`motiondata robustness`: one captioner on other scans of the clips that it was trained on.

Other scans are datasets of the same index: another distance, sensor, realism, or view. Fewer points
are the first ones of a frame, which are a farthest point sample too. Features are computed on the
way, so that no dataset of them is needed.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TextIO

import torch

from motiondata.errors import InputError
from pipelines.clips.members import DETAILS
from pipelines.engine.errors import os_errors_as_aborted
from pipelines.engine.output_path import expect_no_dataset, expect_possible_folder
from pipelines.engine.progress import Progress
from pipelines.evaluation.metrics.scores import score_captions
from pipelines.evaluation.references import References, read_references
from pipelines.evaluation.right_captions import right_counter
from pipelines.evaluation.robustness_options import RobustnessOptions
from pipelines.evaluation.robustness_report import RobustnessReport, RobustnessRow
from pipelines.training.captioning.captioner import LoadedCaptioner, load_captioner
from pipelines.training.captioning.clip_lengths import expect_lengths, frame_seconds
from pipelines.training.captioning.inputs import ClipInputs
from pipelines.training.common.clip_fields import (
    FEATURES,
    POINTS,
    PaddedClips,
    batch_to_clips,
    expect_readable,
)
from pipelines.training.common.ranks import choose_device
from pipelines.training.encoders.load_encoder import LoadedEncoder, load_encoder
from shards import open_dataset
from shards.format.dataset import Dataset
from shards.format.hashing import hash_file
from shards.format.places import Place, name_of
from shards.format.publishing import publish
from shards.stream.batching import Batch
from shards.stream.streamed_dataset import StreamedDataset

JSON_TABLE, MARKDOWN_TABLE = "robustness.json", "robustness.md"


@dataclass(frozen=True, eq=False)
class ScanCaptioner:
    """A captioner of scans: its features are computed by an encoder, unless it reads points."""

    captioner: LoadedCaptioner
    encoder: LoadedEncoder | None
    device: torch.device

    @classmethod
    def load(cls, options: RobustnessOptions) -> "ScanCaptioner":
        """Load both checkpoints; raise `InputError` if they do not belong together."""
        captioner, path = load_captioner(options.checkpoint), options.encoder_checkpoint
        encoder = None if path is None else load_encoder(path)
        needs = captioner.field == FEATURES
        if captioner.field not in (FEATURES, POINTS) or captioner.tokens is not None:
            raise InputError(
                f"{options.checkpoint}: expected a captioner of {FEATURES} or {POINTS} alone, "
                "found one of tokens"
            )
        if needs != (encoder is not None):
            raise InputError(
                f"{options.checkpoint}: reads {captioner.field}; "
                f"{'give' if needs else 'omit'} --encoder-checkpoint"
            )
        if encoder is not None and captioner.features_by not in (None, encoder.id):
            raise InputError(
                f"{path}: expected the encoder {captioner.features_by}, on whose features "
                f"{options.checkpoint} was trained, found {encoder.id}"
            )
        device = choose_device(options.device)
        captioner.module.to(device)
        return cls(captioner, encoder, device)

    @property
    def field(self) -> str:
        """Field of a dataset that is read."""
        return POINTS if self.encoder is None else self.encoder.field

    @property
    def reads_lengths(self) -> bool:
        """Whether the captioner reads how long a clip is."""
        return self.captioner.module.prompt is None

    @property
    def fields(self) -> list[str]:
        """All fields of a dataset that are read."""
        return [self.field, *([DETAILS] if self.reads_lengths else [])]

    @torch.no_grad()
    def caption(self, batch: Batch, points: int | None) -> list[str]:
        """Return a caption per clip of a batch, of its first `points` points."""
        clips = batch_to_clips(batch, self.field)
        clips = PaddedClips(clips.values[:, :, :points], clips.mask)
        if self.encoder is not None:
            clips = _encode(self.encoder, clips)
        frames = clips.every(self.captioner.stride).to(self.device)
        seconds = frame_seconds(batch, batch["keys"]) if self.reads_lengths else None
        return self.captioner.module.caption(ClipInputs(frames, seconds=seconds))


@dataclass(frozen=True, eq=False)
class Scan:
    """A dataset that is captioned, with what its captions are compared with."""

    data: StreamedDataset
    references: References

    @classmethod
    def open(cls, place: Place, captioner: ScanCaptioner, options: RobustnessOptions) -> "Scan":
        """Open a dataset; raise `InputError` if the captioner cannot read it."""
        data, field = open_dataset(place), captioner.field
        expect_readable(data.dataset, field)
        if captioner.reads_lengths:
            expect_lengths(data.dataset)
        _expect_points(data.dataset, field, options.points)
        return cls(data, read_references(data.dataset, options.split))


def _expect_points(dataset: Dataset, field: str, points: Sequence[int]) -> None:
    """Refuse numbers of points that a dataset does not have."""
    if points and field != POINTS:
        raise InputError(f"--points: expected a captioner of {POINTS}, found one of {field}")
    stored = dataset.description.schema.arrays[field].shape[1]
    if points and max(points) > int(stored):
        raise InputError(
            f"--points: expected at most {stored}, those of {dataset.place}, found {max(points)}"
        )


def _encode(encoder: LoadedEncoder, clips: PaddedClips) -> PaddedClips:
    """Return the features of clips, each of which is encoded alone, as a dataset of them is."""
    values = clips.values.new_zeros(*clips.mask.shape, encoder.width)
    for number, mask in enumerate(clips.mask):
        features = encoder.encode(clips.values[number, mask].numpy())
        values[number, mask] = torch.from_numpy(features)
    return PaddedClips(values, clips.mask)


def robustness(
    path: Place, out: Path, options: RobustnessOptions, stream: TextIO | None = None
) -> RobustnessReport:
    """Caption a split of several scans, and write a table of the scores.

    Progress is written to `stream`. Raises `InputError` or `ShardError` for invalid input before
    anything is captioned.
    """
    expect_possible_folder(out)
    expect_no_dataset(out)
    captioner = ScanCaptioner.load(options)
    others = options.others()
    if name_of(path) in others:
        raise InputError(
            f"--scan: {name_of(path)} is the name of the row of {path}; choose another NAME"
        )
    places: Mapping[str, Place] = {name_of(path): path, **others}
    scans = {name: Scan.open(place, captioner, options) for name, place in places.items()}
    texts = [scan.references.texts for scan in scans.values()]
    keys = common_keys(dict(zip(scans, texts, strict=True)))
    report = RobustnessReport(
        out,
        options.split,
        hash_file(options.checkpoint),
        None if captioner.encoder is None else captioner.encoder.id,
        len(texts[0]) - len(keys),
        tuple(_rows(captioner, scans, keys, options, stream)),
    )
    values = asdict(report)
    del values["folder"]  # the same scans give the same bytes anywhere
    document = json.dumps(values, indent=1, allow_nan=False)
    with os_errors_as_aborted(out):
        out.mkdir(parents=True, exist_ok=True)
        publish(out / JSON_TABLE, f"{document}\n".encode("ascii"))
        publish(out / MARKDOWN_TABLE, "".join(f"{line}\n" for line in report.table()).encode())
    return report


def common_keys(texts: Mapping[str, Mapping[str, Sequence[str]]]) -> list[str]:
    """Return the keys of the clips that all scans have, in the order of the first.

    Raises `InputError` if there are none, or if captions differ: the scans are of other clips.
    """
    first, *others = texts
    keys = [key for key in texts[first] if all(key in texts[other] for other in others)]
    for other in others:
        if not keys or (key := next((k for k in keys if texts[other][k] != texts[first][k]), None)):
            found = f"other captions of {key}" if keys else "no clip in common"
            raise InputError(f"--scan {other}: expected the clips of {first}, found {found}")
    return keys


def _rows(
    captioner: ScanCaptioner,
    scans: Mapping[str, Scan],
    keys: Sequence[str],
    options: RobustnessOptions,
    stream: TextIO | None,
) -> Iterator[RobustnessRow]:
    count_right = right_counter(options.labels, keys)
    for name, scan in scans.items():
        references = [scan.references.texts[key] for key in keys]
        for points in (None, *options.points):
            captions = _captions(captioner, scan.data, keys, points, options, stream)
            scores = score_captions(captions, references)
            right = count_right(captions)
            yield RobustnessRow(
                name,
                points,
                scan.data.dataset.content_hash,
                len(captions),
                scores.bleu_4,
                scores.cider_d,
                scores.distinct,
                right.clips,
                right.sides,
                right.sides_right,
            )


def _captions(
    captioner: ScanCaptioner,
    data: StreamedDataset,
    keys: Sequence[str],
    points: int | None,
    options: RobustnessOptions,
    stream: TextIO | None,
) -> list[str]:
    view = data.clips(options.split, captioner.fields, options.batch, keys=keys, rank=0, world=1)
    found: dict[str, str] = {}
    with Progress(len(keys), 0, stream, "clips") as progress:
        for batch in view:
            found |= zip(batch["keys"], captioner.caption(batch, points), strict=True)
            progress.advance(len(batch["keys"]))
    return [found[key] for key in keys]
