"""The motions that can be exported: samples of a dataset, or recordings without a dataset."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from motiondata.bodies.body import Body
from motiondata.bodies.posing import ShapedBody
from motiondata.captions import caption_texts
from motiondata.errors import DropReason, InputError, RecordingError
from motiondata.files import find_stamp
from motiondata.guards import check_pose_is_rotations, plausible_frames
from motiondata.motion_files.body_motion import BodyMotion
from motiondata.recording import SMPL_SHAPES, Recording
from motiondata.sources.amass.reader import read_recording
from motiondata.sources.humanml3d.whole_recordings import list_recordings, make_keys
from pipelines.clips.members import DETAILS, POSE, SYNTHETIC, TRANS
from pipelines.clips.options import is_recording
from pipelines.clips.read_clip import shape_recorded_body
from pipelines.datasets.export_report import ExportFailure
from pipelines.engine.fingerprint import digest_json
from shards.format.dataset import Dataset
from shards.format.paths import DATASET
from shards.format.places import Place
from shards.format.reading import ShardReader
from shards.remote.folder import RemoteFolder
from shards.stream.flags import has_flags

WHOLE = "all"
"""The split of recordings without a dataset."""


@dataclass(frozen=True)
class Named:
    """A motion that can be read."""

    key: str
    split: str
    frames: int


class Motions(ABC):
    """Motions with their keys. `bodies` are by gender."""

    def __init__(self, bodies: Mapping[str, Body]) -> None:
        self._bodies = bodies

    @property
    @abstractmethod
    def identity(self) -> dict[str, str]:
        """What the motions are read from, as `export.json` records it."""

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a reader should know about all motions."""
        return ()

    @abstractmethod
    def named(self) -> Iterator[Named | ExportFailure]:
        """Yield the motions in order, and those that cannot be read."""

    @abstractmethod
    def read(self, key: str) -> BodyMotion:
        """Read a motion and shape its body."""


def find_motions(
    source: Place, bodies: Mapping[str, Body], exclude: Collection[str] = ()
) -> Motions:
    """Return the motions of a dataset, of a recording, or of a folder of recordings.

    Samples of a dataset with a flag in `exclude` are left out. Raises `InputError` or `ShardError`
    if there are none, and for `exclude` with recordings, which have no flags.
    """
    if isinstance(source, RemoteFolder) or not _is_of_recordings(source):
        return DatasetMotions(source, bodies, exclude)
    if exclude:
        raise InputError(
            f"{source}: expected a dataset, whose samples have flags, for --exclude; found "
            "recordings"
        )
    return RecordedMotions(source, bodies)


def _is_of_recordings(source: Path) -> bool:
    return is_recording(source) or (source.is_dir() and not (source / DATASET).exists())


class DatasetMotions(Motions):
    """The samples of a dataset of motion, with the poses that were stored."""

    def __init__(
        self, path: Place, bodies: Mapping[str, Body], exclude: Collection[str] = ()
    ) -> None:
        super().__init__(bodies)
        self._exclude = exclude
        self._dataset = Dataset.open(path)
        lacking = {POSE, TRANS, DETAILS} - {*self._dataset.schema.members}
        if lacking:
            raise InputError(
                f"{path}: expected a dataset with poses, such as build-lidar and build-features "
                f"make; found samples without {', '.join(sorted(lacking))}"
            )

    @property
    def identity(self) -> dict[str, str]:
        """The hash of the dataset."""
        return {"dataset": self._dataset.content_hash}

    @property
    def remarks(self) -> tuple[str, ...]:
        """Say so if other bodies are posed than those of the dataset."""
        chosen = {body.id: body.name for body in self._bodies.values()}
        other = [body["name"] for name, body in self._made_with.items() if name not in chosen]
        if not other:
            return ()
        return (
            f"body: {', '.join(sorted({*chosen.values()}))}; the dataset was made with "
            f"{', '.join(other)}, so feet may not touch the floor. Choose that body by --body",
        )

    @cached_property
    def _made_with(self) -> dict[str, dict[str, Any]]:
        """The bodies that the dataset was made with, by id."""
        return {body["id"]: body for body in self._dataset.description.provenance.get("bodies", [])}

    def named(self) -> Iterator[Named]:
        """Yield the samples in the order of the manifest, without those of excluded flags."""
        manifest = self._dataset.manifest.select(["key", "split", "frames"])
        if self._exclude:
            flagged = has_flags(self._dataset, np.arange(len(manifest)), self._exclude)
            manifest = manifest.filter(~flagged)
        return (Named(row["key"], row["split"], row["frames"]) for row in manifest.to_pylist())

    def read(self, key: str) -> BodyMotion:
        """Read the poses and the details of a sample."""
        row = self._dataset.row(key)
        with closing(ShardReader(self._dataset.place, self._dataset.shard(row.shard))) as reader:
            pose, trans, details = (
                reader.decoded(self._dataset.schema, row, suffix)
                for suffix in (POSE, TRANS, DETAILS)
            )
        space = self._made_with.get(details["body"], {}).get("shape_space", SMPL_SHAPES)
        recording = Recording(
            pose=pose.astype(np.float64),
            trans=trans.astype(np.float64),
            fps=float(details["fps_out"]),
            gender=details["gender"],
            betas=np.array(details["betas"], np.float64),
            source=details["source"],
            shape_space=space,
            licence=details["licence"],
            synthetic=bool(details.get(SYNTHETIC)),
        )
        shaped = _shape(recording, self._bodies)
        return BodyMotion(key, recording, shaped, tuple(caption_texts(details)))


class RecordedMotions(Motions):
    """Whole recordings, at their own frame rates."""

    def __init__(self, source: Path, bodies: Mapping[str, Body]) -> None:
        super().__init__(bodies)
        self._root = source.parent if is_recording(source) else source
        paths = list_recordings(source, self._root)
        self._paths = dict(zip(make_keys(paths, mirror=False), paths, strict=True))

    @property
    def identity(self) -> dict[str, str]:
        """A hash of the names, sizes and dates of the recordings."""
        stamps = {path: find_stamp(self._root / path) for path in self._paths.values()}
        return {"recordings": digest_json({path: str(stamp) for path, stamp in stamps.items()})}

    def named(self) -> Iterator[Named | ExportFailure]:
        """Yield the recordings in the order of their paths; each is read and checked."""
        for key, path in self._paths.items():
            try:
                frames = self._checked(path).frames
            except RecordingError as error:
                yield ExportFailure(path, str(error))
            else:
                yield Named(key, WHOLE, frames)

    def read(self, key: str) -> BodyMotion:
        """Read a recording."""
        recording = self._checked(self._paths[key])
        return BodyMotion(key, recording, _shape(recording, self._bodies))

    def _checked(self, path: str) -> Recording:
        recording = read_recording(self._root / path, path)
        check_pose_is_rotations(recording)
        usable = plausible_frames(recording.pose, recording.trans)
        if not usable.all() or not np.isfinite(recording.betas).all():
            raise RecordingError(
                DropReason.INVALID,
                f"{path}: frame {int(usable.argmin())} is not a pose; expected finite rotations "
                "in radians and positions in meters",
            )
        return recording


def _shape(recording: Recording, bodies: Mapping[str, Body]) -> ShapedBody:
    """Shape the body of a recording's gender by its betas, if they are of that body's shapes."""
    return shape_recorded_body(recording, bodies[recording.gender], mean_shape=False)
