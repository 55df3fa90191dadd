"""Similar poses, and the rules by which they become pairs."""

from dataclasses import replace

import numpy as np
import pytest

from motiondata.pose_pairs.choose_pairs import Pairs, Pool, choose_pairs
from motiondata.pose_pairs.pose_codes import count_differing, pose_codes, super_codes
from motiondata.pose_pairs.rules import PairRules
from motiondata.pose_pairs.similarity import (
    Similar,
    find_similar,
    joint_angle_features,
    round_features,
)
from tests.support.postures import posed, random_poses

RULES = PairRules(
    least_similarity=0.2, most_similarity=0.95, in_sequence_codes=4, out_of_sequence_codes=6
)


@pytest.mark.parametrize("block", [1, 7, 512])
def test_similar_poses_are_those_of_the_whole_matrix(block: int) -> None:
    features = np.random.default_rng(0).normal(size=(60, 5))
    found = find_similar(features, 0.3, 0.8, 9, block=block)
    rounded = round_features(features).astype(np.float64)
    unit = rounded / np.linalg.norm(rounded, axis=1, keepdims=True)
    assert unit == pytest.approx(
        features / np.linalg.norm(features, axis=1, keepdims=True), abs=1e-3
    )
    cosines = unit @ unit.T - 2 * np.eye(60)
    for second in range(60):
        order = np.argsort(-cosines[second], kind="stable")[:9]
        expected = [each for each in order if 0.3 < cosines[second, each] < 0.8]
        mine = found.second == second
        assert found.first[mine].tolist() == expected
        assert found.similarity[mine] == pytest.approx(cosines[second, expected], abs=1e-6)


def test_similarities_do_not_depend_on_the_block() -> None:
    features = joint_angle_features(posed(random_poses(100)))
    one, other = (find_similar(features, -1, 2, 100, block=block) for block in (3, 100))
    assert one.similarity.tobytes() == other.similarity.tobytes()


def test_a_pose_like_the_mean_is_similar_to_none() -> None:
    features = np.array([[1.0, 0.0], [0.0, 0.0], [1.0, 0.1]])
    assert {*find_similar(features, 0.5, 2, 10).second.tolist()} == {0, 2}


def made_pool(poses: int = 240, seed: int = 0) -> tuple[Pool, Similar]:
    """Make poses of twelve recordings, each a walk from pose to pose at 10 Hz."""
    steps = random_poses(poses, seed, 0.18).reshape(12, -1, 22, 3)
    postures = posed(np.cumsum(steps, axis=1).reshape(poses, 22, 3) * 0.5)
    recording = np.repeat(np.arange(12), poses // 12)
    order = np.random.default_rng(seed).permutation(poses)
    codes = pose_codes(postures)[order]
    seconds = (np.arange(poses) % (poses // 12) / 10)[order]
    pool = Pool(recording[order], recording[order], seconds, codes, super_codes(codes))
    features = joint_angle_features(postures)[order]
    return pool, find_similar(features, RULES.least_similarity, RULES.most_similarity, 100)


@pytest.fixture(scope="module", name="made")
def made_once() -> tuple[Pool, Pairs]:
    pool, similar = made_pool()
    return pool, choose_pairs(pool, similar, RULES, np.random.default_rng(0))


def test_every_pair_obeys_the_rules(made: tuple[Pool, Pairs]) -> None:
    pool, pairs = made
    inside = pairs.in_sequence
    assert 5 < inside.sum() < len(pairs) - 5
    assert ((pairs.similarity > 0.2) & (pairs.similarity < 0.95)).all()
    counted = count_differing(pool.codes, pool.supers, pairs.first, pairs.second)
    assert (counted == pairs.differing).all()
    assert (pairs.differing > np.where(inside, 4, 6)).all()
    same = pool.recording[pairs.first] == pool.recording[pairs.second]
    assert (same == inside).all()
    seconds = (pool.seconds[pairs.second] - pool.seconds[pairs.first])[inside]
    assert ((seconds > 0) & (seconds < 0.5)).all()


def test_in_sequence_a_pose_has_each_role_once(made: tuple[Pool, Pairs]) -> None:
    _, pairs = made
    for role in (pairs.first, pairs.second):
        poses = role[pairs.in_sequence]
        assert len({*poses.tolist()}) == len(poses)


def test_out_of_sequence_a_pose_is_corrected_into_once(made: tuple[Pool, Pairs]) -> None:
    _, pairs = made
    poses = pairs.second[~pairs.in_sequence]
    assert len({*poses.tolist()}) == len(poses)


def test_two_way_pairs_have_their_reverse(made: tuple[Pool, Pairs]) -> None:
    _, pairs = made
    (two_way,) = np.nonzero(pairs.reverse >= 0)
    there = pairs.reverse[two_way]
    assert 0 < len(two_way) < (~pairs.in_sequence).sum()
    assert (pairs.reverse[there] == two_way).all()
    assert (pairs.first[there] == pairs.second[two_way]).all()
    assert (pairs.similarity[there] == pairs.similarity[two_way]).all()
    assert not pairs.in_sequence[two_way].any()


def test_pairs_depend_on_the_seed_only() -> None:
    pool, similar = made_pool()
    one, again, other = (
        choose_pairs(pool, similar, RULES, np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert one.first.tolist() == again.first.tolist()
    assert one.first.tolist() != other.first.tolist()


def test_of_two_earlier_poses_the_later_one_is_kept() -> None:
    pool, _ = made_pool()
    three = Pool(*(each[:3] for each in vars(pool).values()))
    three = replace(
        three, recording=np.zeros(3, int), track=np.zeros(3, int), seconds=np.array([0.0, 0.2, 0.4])
    )
    found = Similar(np.array([0, 0, 1]), np.array([1, 2, 2]), np.full(3, 0.8, np.float32))
    rules = replace(RULES, in_sequence_codes=-1)
    pairs = choose_pairs(three, found, rules, np.random.default_rng(0))
    assert [*zip(pairs.first.tolist(), pairs.second.tolist(), strict=True)] == [(0, 1), (1, 2)]


def test_mirrored_poses_of_a_recording_make_no_pair() -> None:
    pool, similar = made_pool()
    alone = replace(pool, recording=np.zeros_like(pool.recording), track=np.arange(240))
    assert len(choose_pairs(alone, similar, RULES, np.random.default_rng(0))) == 0


def test_no_similar_poses_make_no_pairs() -> None:
    pool, _ = made_pool()
    none = find_similar(np.zeros((0, 3)), 0, 1, 5)
    assert len(choose_pairs(pool, none, RULES, np.random.default_rng(0))) == 0
