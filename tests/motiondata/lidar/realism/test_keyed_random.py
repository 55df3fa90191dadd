"""Keyed random numbers: their distribution, and that each part of the key counts."""

import numpy as np
import pytest
from numpy.typing import NDArray

from motiondata.jit import kernel
from motiondata.lidar.realism.keyed_random import (
    LOSS,
    NOISE,
    effect_key,
    normal,
    ray_bits,
    stream_of,
    uniform,
)

BEAMS, COLUMNS = 64, 1024


@kernel
def _draw(key: object, uniforms: NDArray[np.float64], normals: NDArray[np.float64]) -> None:
    for beam in range(uniforms.shape[0]):
        for column in range(uniforms.shape[1]):
            bits = ray_bits(key, beam, column)
            uniforms[beam, column] = uniform(bits)
            normals[beam, column] = normal(bits)


def drawn(key: int | np.uint64) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    uniforms, normals = np.empty((2, BEAMS, COLUMNS))
    _draw(np.uint64(key), uniforms, normals)
    return uniforms, normals


@pytest.fixture(scope="module")
def numbers() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return drawn(effect_key(stream_of(0, "a"), 3, NOISE))


def test_uniform_numbers_fill_the_interval_evenly(
    numbers: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> None:
    counts = np.histogram(numbers[0], bins=64, range=(0, 1))[0]
    expected = BEAMS * COLUMNS / 64
    assert ((counts - expected) ** 2 / expected).sum() < 110  # 63 degrees of freedom: p = 0.0002


def test_normal_numbers_have_the_moments_of_a_normal_distribution(
    numbers: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> None:
    normals = numbers[1].ravel()
    assert abs(normals.mean()) < 4 / np.sqrt(len(normals))
    assert normals.std() == pytest.approx(1, abs=0.01)
    assert (np.abs(normals) > 3).mean() == pytest.approx(0.0027, abs=0.0008)


def test_neighboring_rays_are_not_correlated(
    numbers: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> None:
    normals = numbers[1]
    for one, other in ((normals[1:], normals[:-1]), (normals[:, 1:], normals[:, :-1])):
        assert abs((one * other).mean()) < 4 / np.sqrt(one.size)


def test_each_part_of_the_key_counts() -> None:
    keys = [
        effect_key(stream_of(seed, name), frame, effect)
        for seed in (0, 1)
        for name in ("a", "b")
        for frame in (0, 1, 2)
        for effect in (LOSS, NOISE)
    ]
    assert len({int(key) for key in keys}) == len(keys)
    firsts = {drawn(key)[0][0, 0] for key in keys}
    assert len(firsts) == len(keys)
