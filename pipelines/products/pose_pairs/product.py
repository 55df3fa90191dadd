"""The product of pose pairs: how a plan finds the pairs, and how a worker writes them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, ClassVar, Self

import pyarrow as pa

from motiondata.bodies.body import Body
from motiondata.devices import CPU
from motiondata.errors import InputError
from motiondata.pose_pairs.pair_codes import PAIR_CODES
from motiondata.pose_pairs.pose_codes import POSE_CODES, SUPER_CODES, Code
from motiondata.recording import GENDERS
from pipelines.clips.bodies import BodyFacts, facts_of, load_bodies_by_gender
from pipelines.clips.clip_source import ClipSource
from pipelines.clips.members import DETAILS
from pipelines.engine.fingerprint import KeptShard, digest_files
from pipelines.engine.opened import Loaded
from pipelines.engine.product import FinishSamples, PlannedBuild, Values
from pipelines.products.pose_pairs.description import POSE_PAIRS, PosePairDescription
from pipelines.products.pose_pairs.options import PosePairBuildOptions
from pipelines.products.pose_pairs.picked import find_pairs
from pipelines.products.pose_pairs.picking import Picking, watched
from pipelines.products.pose_pairs.plan import PlannedPair, plan_pairs
from pipelines.products.pose_pairs.sample import COLUMNS, manifest_values, pair_values
from pipelines.products.pose_pairs.schema import SCHEMA
from shards.format.schema import Schema

SECONDS_PER_FRAME = 1 / 500
"""Per pose, with three texts of each pair, on a core that other programs used too."""
NEUTRAL = "neutral"


@dataclass(frozen=True)
class PosePairWriter:
    """Writes the samples of planned pairs, which contain all that is needed."""

    options: PosePairBuildOptions
    body: Mapping[str, Any]

    lookahead_frames: ClassVar[int] = 0

    def prefetch(self, planned: PlannedPair) -> None:
        """Do nothing: no file is read."""

    def begin(self, planned: PlannedPair) -> FinishSamples:
        """Return a function that writes the texts of a pair."""
        return lambda: [(planned.row.name, self._values(planned))]

    def _values(self, planned: PlannedPair) -> Values:
        pairs = self.options.pairs
        return pair_values(planned, pairs.texts_per_pair, pairs.seed, dict(self.body))


@dataclass(frozen=True)
class PosePairProduct:
    """Pairs of poses of the clips of an archive, of the mean shape of the neutral body."""

    source: ClipSource
    options: PosePairBuildOptions
    bodies: BodyFacts
    loaded: Loaded[Mapping[str, Body]] = field(default_factory=Loaded, compare=False, repr=False)
    """The neutral body for each gender, in the process that plans."""
    picked: Loaded[dict[str, Any]] = field(default_factory=Loaded, compare=False, repr=False)
    """What `dataset.json` says of the picked poses, in the process that has planned."""

    is_tried: ClassVar[bool] = False
    device: ClassVar[str] = CPU
    seconds_per_frame: ClassVar[float | None] = SECONDS_PER_FRAME
    schema: ClassVar[Schema] = SCHEMA
    columns: ClassVar[pa.Schema] = COLUMNS
    description: ClassVar[PosePairDescription] = POSE_PAIRS

    @classmethod
    def of(cls, options: PosePairBuildOptions) -> Self:
        """Find the inputs; raises `InputError` if one of them is invalid."""
        source = ClipSource.find(options.clips, options.packing)
        # Captions of clips say nothing about pairs of poses.
        source = replace(source, folders=replace(source.folders, texts=None, texts_zip=None))
        if options.pairs.part and source.folders.splits is not None:
            raise InputError(
                f"--part: expected no split lists, found those in {source.folders.splits}; leave "
                "--part out, or name recordings without lists"
            )
        neutral = load_bodies_by_gender(source.selection.body)[NEUTRAL]
        bodies = dict.fromkeys(GENDERS, neutral)
        return cls(source, options, facts_of(bodies), Loaded(bodies))

    @property
    def warnings(self) -> list[str]:
        """Return a warning if all pairs are in one split."""
        if self.source.folders.splits or self.options.pairs.part:
            return []
        return ["one split, all: no --splits or --part was given, and no lists were found"]

    @property
    def picking(self) -> Picking:
        """How poses are picked."""
        bodies = self.loaded.value or {}
        return Picking(self.source, self.options, bodies[NEUTRAL])

    def open(self) -> PosePairWriter:
        """Return what writes samples."""
        return PosePairWriter(self.options, {"gender": NEUTRAL, **self._body, "betas": []})

    def expect_use(self, samples: Sequence[Values]) -> None:
        """All samples are useful."""

    def manifest_values(self, values: Values) -> dict[str, Any]:
        """Return a sample's values for the manifest columns."""
        return manifest_values(values[DETAILS])

    def plan_around(self, kept: dict[str, KeptShard]) -> PlannedBuild:
        """Pick the poses and find the pairs.

        Raises `InputError` if there are no pairs, or if shards of another plan are to be kept.
        """
        if kept:
            raise InputError("pairs depend on all poses: no shard can be kept; use --restart")
        clips, fingerprint = self.picking.plan_clips(self._contents())
        poses, frames, drops = self.picking.pick(clips)
        if not len(poses):
            first = f"; the first: {drops[0].message}" if drops else ""
            raise InputError(f"{self.options.clips.index}: no clip can be read{first}")
        found = find_pairs(poses, self.options, watched("similar poses"))
        if not len(found.pairs):
            raise InputError(
                f"{self.options.clips.index}: no two of {len(poses):,} picked poses make a pair; "
                "widen --least-similarity and --most-similarity, or lower --in-sequence-codes and "
                "--out-of-sequence-codes"
            )
        self.picked.value = {
            "frames": frames,
            "picked": len(poses),
            "least_distance": float(poses.distances[-1]),
            "similarity": "an embedding" if self.options.pairs.embedding else "joint angles",
        }
        numbers = [*clips.shards.columns.table["number"].to_pylist(), *(d.row for d in clips.drops)]
        packing = self.options.packing
        plan = plan_pairs(found, packing, [*clips.drops, *drops], 1 + max(numbers))
        return PlannedBuild(replace(plan, warnings=clips.warnings), fingerprint)

    def provenance(self) -> dict[str, Any]:
        """Return the body, the poses, and the codes in the order in which they are stored."""
        return {
            "bodies": [*self.bodies.provenance],
            "poses": self.picked.value,
            "pose_codes": [_code_to_json(code) for code in POSE_CODES],
            "super_codes": [*SUPER_CODES],
            "pair_codes": [_code_to_json(code) for code in PAIR_CODES],
        }

    @property
    def _body(self) -> dict[str, Any]:
        (body,) = self.bodies.provenance
        return {"body": body["id"]}

    def _contents(self) -> dict[str, str]:
        embedding = self.options.pairs.embedding
        named = {"embedding": digest_files([embedding])} if embedding else {}
        return {"body": self.bodies.hash, **named}


def _code_to_json(code: Code) -> dict[str, Any]:
    return {"name": code.name, **asdict(code.scale)}
