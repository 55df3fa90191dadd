"""Picked poses, and the pairs that are chosen among them: the work of a plan."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.posing import ShapedBody
from motiondata.errors import InputError
from motiondata.pose_pairs.choose_pairs import Pairs, Pool, choose_pairs
from motiondata.pose_pairs.farthest_poses import pick_farthest
from motiondata.pose_pairs.pair_codes import PairCodes, pair_codes
from motiondata.pose_pairs.pose_codes import Codes, pose_codes, super_codes
from motiondata.pose_pairs.postures import Headings, Postures
from motiondata.pose_pairs.similarity import find_similar, joint_angle_features
from motiondata.pose_pairs.statements import PairFacts
from motiondata.pose_pairs.write_text import Draw
from motiondata.watching import Watch
from pipelines.products.pose_pairs.candidates import Frames, Track
from pipelines.products.pose_pairs.options import PosePairBuildOptions

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PickedPoses:
    """Poses that differ, in the order in which they were picked; arrays shaped (poses, ...)."""

    tracks: tuple[Track, ...]
    track: Integers
    place: Floats
    """Where each pose is in its recording, in frames from 0."""
    seconds: Floats
    splits: tuple[str, ...]
    headings: Headings
    postures: Postures
    codes: Codes
    supers: Codes
    distances: NDArray[np.float32]
    """How far each pose was from those before it, meters."""

    def __len__(self) -> int:
        return len(self.track)

    def origin(self, number: int) -> dict[str, Any]:
        """Return where a pose is from, as a sample's `json` says it."""
        place = float(self.place[number])
        return {
            "pose": number,
            **self.tracks[self.track[number]].facts,
            "frame": int(place) if place.is_integer() else place,
            "seconds": float(self.seconds[number]),
        }


def pick_poses(
    frames: Frames, shaped: ShapedBody, splits: Mapping[str, str], count: int, watch: Watch
) -> PickedPoses:
    """Pick poses that differ among frames. `splits` are those of recordings, by path."""
    picked = pick_farthest(frames.joints, count, watch)
    numbers = picked.numbers
    pose = frames.pose[numbers].astype(np.float64)
    headings = Headings.of(pose[:, 0])
    pose[:, 0] = headings.remove_from_roots(pose[:, 0])
    postures = Postures.of(shaped, pose)
    codes = pose_codes(postures)
    track = frames.track[numbers]
    return PickedPoses(
        tracks=frames.tracks,
        track=track,
        place=frames.place[numbers],
        seconds=frames.seconds[numbers],
        splits=tuple(splits[frames.tracks[each].recording] for each in track),
        headings=headings,
        postures=postures,
        codes=codes,
        supers=super_codes(codes),
        distances=picked.distances,
    )


@dataclass(frozen=True, eq=False)
class FoundPairs:
    """The pairs of a dataset, split by split."""

    poses: PickedPoses
    splits: tuple[str, ...]
    """The split of each pair."""
    pairs: Pairs
    """The numbers of poses are those of `poses`."""
    codes: PairCodes
    turn: Headings
    """From the heading of pose A to that of pose B; nothing for pairs out of sequence."""

    def facts(self, number: int) -> PairFacts:
        """Return what the codes say about a pair."""
        both = [int(self.pairs.first[number]), int(self.pairs.second[number])]
        codes = self.codes
        poses = self.poses
        return PairFacts(
            codes.levels[number], codes.reached[number], poses.codes[both], poses.supers[both]
        )


def find_pairs(poses: PickedPoses, options: PosePairBuildOptions, watch: Watch) -> FoundPairs:
    """Choose the pairs of each split, and leave out those of which no text could say anything."""
    features = read_features(options.pairs.embedding, poses)
    every = np.array(poses.splits)
    parts, splits = [], []
    for split in sorted({*poses.splits}):
        (mine,) = np.nonzero(every == split)
        found = _pairs_of_split(poses, features[mine], mine, split, options, watch)
        parts.append(found)
        splits += [split] * len(found)
    pairs = _joined(parts)
    turn = _turns(poses.headings, pairs)
    first, second = (poses.postures.take(each) for each in (pairs.first, pairs.second))
    codes = pair_codes(first, second, poses.codes[pairs.second], np.degrees(turn.angles))
    return _without_silent(FoundPairs(poses, tuple(splits), pairs, codes, turn))


def read_features(embedding: Path | None, poses: PickedPoses) -> NDArray[np.floating]:
    """Return the features by which poses are compared: our own, or those of a file.

    Raises `InputError` if a file does not have a vector for each picked pose.
    """
    if embedding is None:
        return joint_angle_features(poses.postures)
    expected = f"expected a .npy file of vectors shaped ({len(poses)}, columns), one for each pose"
    hint = "pick the poses by --write-poses with the same options, and embed them in that order"
    try:
        with embedding.open("rb") as file:
            vectors: NDArray[Any] = np.lib.format.read_array(file, allow_pickle=False)
    except (OSError, ValueError, EOFError, MemoryError) as error:
        raise InputError(f"{embedding}: cannot be read ({error}); {expected}") from error
    if vectors.ndim != 2 or len(vectors) != len(poses) or vectors.dtype.kind not in "fiu":
        found = f"{vectors.dtype} {vectors.shape}"
        raise InputError(f"{embedding}: {expected}, found {found}; {hint}")
    if not np.isfinite(vectors).all():
        raise InputError(f"{embedding}: {expected}, found NaN or infinite values")
    return vectors.astype(np.float64)


def _pairs_of_split(
    poses: PickedPoses,
    features: NDArray[np.floating],
    mine: Integers,
    split: str,
    options: PosePairBuildOptions,
    watch: Watch,
) -> Pairs:
    rules = options.rules
    similar = find_similar(
        features, rules.least_similarity, rules.most_similarity, rules.nearest, watch
    )
    names = {track.recording: number for number, track in enumerate(poses.tracks)}
    recordings = np.array([names[track.recording] for track in poses.tracks], np.int64)
    track = poses.track[mine]
    pool = Pool(
        recordings[track], track, poses.seconds[mine], poses.codes[mine], poses.supers[mine]
    )
    found = choose_pairs(pool, similar, rules, Draw(options.pairs.seed, split).generator)
    return Pairs(**{**vars(found), "first": mine[found.first], "second": mine[found.second]})


def _joined(parts: list[Pairs]) -> Pairs:
    starts = np.cumsum([0, *map(len, parts)])
    reverse = [
        np.where(part.reverse < 0, -1, part.reverse + start)
        for part, start in zip(parts, starts, strict=False)
    ]
    joined = {
        name: np.concatenate([getattr(part, name) for part in parts]) for name in vars(parts[0])
    }
    return Pairs(**{**joined, "reverse": np.concatenate(reverse)})


def _turns(headings: Headings, pairs: Pairs) -> Headings:
    """Return the changes of heading, from pose A to pose B, of pairs in sequence."""
    a, b = pairs.first, pairs.second
    cosine, sine = headings.half_cosine, headings.half_sine
    half_cosine = cosine[a] * cosine[b] + sine[a] * sine[b]
    half_sine = sine[b] * cosine[a] - cosine[b] * sine[a]
    inside = pairs.in_sequence
    return Headings(np.where(inside, half_cosine, 1.0), np.where(inside, half_sine, 0.0))


def _without_silent(found: FoundPairs) -> FoundPairs:
    """Leave out pairs without anything to correct. Their reverses become one-way pairs."""
    kept = [number for number in range(len(found.pairs)) if any(found.facts(number).corrections)]
    numbers = np.array(kept, np.int64)
    place = np.full(len(found.pairs) + 1, -1)
    place[numbers] = np.arange(len(numbers))
    pairs = {name: each[numbers] for name, each in vars(found.pairs).items()}
    pairs["reverse"] = place[pairs["reverse"]]
    turn = Headings(*(each[numbers] for each in vars(found.turn).values()))
    codes = PairCodes(*(each[numbers] for each in vars(found.codes).values()))
    splits = tuple(found.splits[number] for number in kept)
    return FoundPairs(found.poses, splits, Pairs(**pairs), codes, turn)
