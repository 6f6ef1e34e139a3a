import math
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.shot_inputs import noise, scenes
from tests.support.slow_kts import slow_scatter
from vidsumm.shots.scatter import prefix_sums, segment_scatter


@settings(deadline=None, max_examples=25)
@given(
    seed=st.integers(0, 999),
    n=st.integers(1, 25),
    scale=st.sampled_from([1e-3, 1.0, 300.0]),
    size=st.sampled_from([1, 4, 7, 256]),
)
def test_equals_the_definition(seed: int, n: int, scale: float, size: int) -> None:
    features = scale * noise(seed, n)
    with patch("vidsumm.shots.scatter._BLOCK_SAMPLES", size):
        scatter, truth = segment_scatter(features), slow_scatter(features)
    for end in range(1, n + 1):
        found = scatter.row(end) * scatter.quantum
        assert found == pytest.approx([truth[start][end] for start in range(end)], abs=1e-12 * n * scale**2)
        assert (scatter.row(end) == np.rint(scatter.row(end))).all()


def test_rows_beyond_one_block_of_the_gram_matrix() -> None:
    features = scenes(2, [150, 220, 180], dims=24, spread=0.5)
    scatter = segment_scatter(features)
    starts, ends = np.array([0, 10, 255, 256, 511, 540]), np.array([550, 300, 257, 513, 513, 541])
    truth = [
        ((features[s:t].astype(float) - features[s:t].mean(0, float)) ** 2).sum()
        for s, t in zip(starts, ends, strict=True)
    ]
    assert scatter.between(starts, ends) * scatter.quantum == pytest.approx(truth, abs=1e-9)
    assert scatter.total == scatter.between(starts[:1], ends[:1])[0]


def test_a_value_is_the_same_whenever_it_is_asked_for() -> None:
    features = scenes(6, [150, 220, 330], dims=24, spread=0.5)
    scatter, other = segment_scatter(features), segment_scatter(features)
    starts = np.array([650, 300, 20, 530])
    ends = np.array([700, 690, 680, 540])
    late = np.array([other.between(starts[i : i + 1], ends[i : i + 1])[0] for i in (2, 1, 3, 0)])[[3, 1, 0, 2]]
    assert scatter.between(starts, ends).tolist() == late.tolist()
    assert scatter.row(700)[650] == scatter.row(700, 650)[0] == late[0]
    assert scatter.total == scatter.row(700)[0]


def test_still_samples_have_no_scatter_however_long() -> None:
    scatter = segment_scatter(np.repeat(noise(0, 1, 128), 900, axis=0))
    assert not scatter.row(900).any()


@given(scale=st.floats(1e-10, 1e10))
def test_quantum_is_a_power_of_four_near_the_last_bit_of_float32(scale: float) -> None:
    features = (scale * noise(0, 8)).astype(np.float32)
    quantum = segment_scatter(features).quantum
    energy = float((features.astype(np.float64) ** 2).sum())
    assert math.log(quantum, 4) == pytest.approx(round(math.log(quantum, 4)))
    assert energy * 2.0**-46 <= quantum <= 4 * energy * 2.0**-46


def test_prefix_sums() -> None:
    assert prefix_sums(np.array([[1, 2], [3, 4]], dtype=np.float32)).tolist() == [[0, 0], [1, 2], [4, 6]]
