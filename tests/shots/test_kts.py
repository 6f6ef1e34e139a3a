from contextlib import AbstractContextManager
from unittest.mock import patch

import numpy as np
import pytest
import ruptures
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from benchmarks.measuring.arithmetic import invented_features
from tests.support.places import REFERENCE
from tests.support.shot_inputs import noise, scenes
from tests.support.slow_kts import scatter_of, slow_kts, slow_scatter, slow_table
from vidsumm.errors import ConfigError, InputError
from vidsumm.shots.dynamic import count_table
from vidsumm.shots.kts import kts
from vidsumm.shots.scatter import _quanta, segment_scatter

RECORDED = REFERENCE / "kts.npz"
SEEDS = st.integers(0, 10_000)
BLOCKS = st.sampled_from([1, 3, 8, 256])


def in_blocks(size: int) -> AbstractContextManager[object]:
    """Blocks so small that short sequences have many of them."""
    return patch("vidsumm.shots.scatter._BLOCK_SAMPLES", size)


def best_cuts(features: NDArray[np.floating], count: int) -> list[int]:
    """The best `count` change points, by the table that settles ties."""
    table = count_table(segment_scatter(features), count, price=0.0, limit=np.inf)
    found: list[int] = table.change_points(count).tolist()
    return found


@settings(deadline=None, max_examples=50)
@given(seed=SEEDS, n=st.integers(1, 24), penalty=st.floats(0.01, 3), size=BLOCKS, data=st.data())
def test_penalised_equals_the_table(seed: int, n: int, penalty: float, size: int, data: st.DataObject) -> None:
    features = noise(seed, n)
    cap = data.draw(st.integers(0, n + 1))
    with in_blocks(size):
        found = kts(features, penalty=penalty, max_count=cap)
    objective, change_points = slow_kts(slow_scatter(features), penalty, min(cap, n - 1))
    assert found.change_points.tolist() == change_points
    assert found.objective == pytest.approx(objective, rel=1e-9)
    assert found.change_points.dtype == np.int64


@settings(deadline=None, max_examples=25)
@given(seed=SEEDS, n=st.integers(1, 16), size=BLOCKS)
def test_every_fixed_count_equals_the_table(seed: int, n: int, size: int) -> None:
    features = noise(seed, n)
    curve, paths = slow_table(slow_scatter(features), n - 1)
    for count in range(n):
        with in_blocks(size):
            table = count_table(scatter := segment_scatter(features), count, price=0.0, limit=np.inf)
        assert table.change_points(count).tolist() == paths[count]
        assert table.optima[count] * scatter.quantum == pytest.approx(curve[count], rel=1e-9, abs=1e-12)


@settings(deadline=None, max_examples=40)
@given(
    pattern=st.lists(st.integers(0, 2), min_size=1, max_size=18),
    penalty=st.sampled_from([0.05, 0.3, 1.0]),
    size=BLOCKS,
    data=st.data(),
)
def test_repeated_frames_reach_the_same_optimum(
    pattern: list[int], penalty: float, size: int, data: st.DataObject
) -> None:
    """Few distinct frames: many segmentations tie, the optimum itself must not suffer."""
    features = noise(7, 3)[pattern]
    n = len(features)
    count = data.draw(st.integers(0, n - 1))
    scatter = slow_scatter(features)
    with in_blocks(size):
        fixed, free = best_cuts(features, count), kts(features, penalty=penalty)
    assert len(fixed) == count
    assert (np.diff(fixed, prepend=0, append=n) > 0).all()
    assert scatter_of(scatter, fixed) == pytest.approx(slow_table(scatter, count)[0][-1], abs=1e-9)
    assert free.objective == pytest.approx(slow_kts(scatter, penalty, n - 1)[0], abs=1e-9)


@settings(deadline=None, max_examples=20)
@given(
    seed=SEEDS, lengths=st.lists(st.integers(1, 30), min_size=2, max_size=20), spread=st.sampled_from([0.0, 0.3, 1.5])
)
def test_looking_back_less_far_loses_nothing(seed: int, lengths: list[int], spread: float) -> None:
    features = scenes(seed, lengths, spread=spread)
    count = len(features) // 3
    with in_blocks(4):
        free, fixed = kts(features, penalty=0.2), best_cuts(features, count)
    whole = kts(features, penalty=0.2)
    assert free.change_points.tolist() == whole.change_points.tolist()
    assert fixed == best_cuts(features, count)
    assert free.scatter == pytest.approx(whole.scatter, rel=1e-9, abs=1e-9)


def test_only_scatters_that_can_matter_are_made() -> None:
    made: list[int] = []

    def counted(
        energy: NDArray[np.float64], mutual: NDArray[np.float64], lengths: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        values = _quanta(energy, mutual, lengths)
        made.append(values.size)
        return values

    wandering = invented_features(3000)
    with in_blocks(64), patch("vidsumm.shots.scatter._quanta", counted):
        found = kts(wandering)
    assert 50 < len(found.change_points) < 150
    assert sum(made) < 3000**2 / 2 / 5


@pytest.mark.parametrize("lengths", [[9], [4, 5], [3, 1, 6], [2, 2, 2, 2], [1, 7, 1]])
def test_ties_prefer_the_earliest_last_change_point(lengths: list[int]) -> None:
    """Still scenes: beyond the true cuts every further one is free, wherever it lies."""
    features = scenes(3, lengths, spread=0.0)
    n = len(features)
    _, paths = slow_table(slow_scatter(features, unit=2.0**-30), n - 1)
    for count in range(len(lengths) - 1, n):
        assert best_cuts(features, count) == paths[count]


def test_still_video_is_one_shot() -> None:
    features = np.repeat(noise(0, 1, 512), 200, axis=0)
    found = kts(features, penalty=1e-3)
    assert found.change_points.tolist() == []
    assert (found.scatter, found.objective) == (0.0, 0.0)
    assert kts(np.zeros((5, 3), dtype=np.float32)).change_points.tolist() == []


def test_still_scenes_are_found_exactly() -> None:
    lengths = [30, 1, 50, 2, 40, 77]
    found = kts(scenes(1, lengths, dims=64, spread=0.0), penalty=0.1)
    assert found.change_points.tolist() == np.cumsum(lengths)[:-1].tolist()
    assert found.scatter == 0.0


def test_one_and_two_samples() -> None:
    two = np.eye(2, 4, dtype=np.float32)
    assert kts(two[:1]).change_points.tolist() == []
    assert kts(two, penalty=0.1).change_points.tolist() == [1]  # gains 1, costs 0.1 / 2 * (log 2 + 1)
    assert kts(two, penalty=2.0).change_points.tolist() == []


def test_golden_vector() -> None:
    """Recorded once from the slow table: 40 rows of fixed trigonometry that jump every nine."""
    sample = np.arange(40)[:, None]
    features = np.cos(sample * np.array([0.05, 0.11, 0.02, 0.07]) + 1.9 * (sample // 9) * np.array([1, 2, 3, 5]))
    features = (features / np.linalg.norm(features, axis=1, keepdims=True)).astype(np.float32)
    free = kts(features, penalty=0.3)
    assert free.change_points.tolist() == [9, 18, 23, 27, 36]
    assert free.objective == pytest.approx(0.07886513089585657)
    assert best_cuts(features, 7) == [9, 13, 18, 23, 27, 31, 36]


@pytest.mark.parametrize("cap", [0, 1, 2, 5, 8, 12, 17])
def test_max_count_below_the_free_optimum(cap: int) -> None:
    features = scenes(11, [3, 2, 4, 1, 5, 3, 2, 6, 1, 2, 4, 3, 2, 2], spread=0.6)
    _, change_points = slow_kts(slow_scatter(features), 0.05, cap)
    assert kts(features, penalty=0.05, max_count=cap).change_points.tolist() == change_points


def test_vertices_only_stops_before_flicker() -> None:
    """Three scenes, two of which alternate between frames: cutting them pays only if done at every sample."""
    frames = np.eye(6, 32)
    scene = [frames[[0, 1]], frames[[2, 3]], frames[[4]]]
    features = np.concatenate([np.tile(pair, (20 if len(pair) == 2 else 40, 1)) for pair in scene]).astype(np.float32)
    assert kts(features, penalty=0.5, max_count=30, vertices_only=True).change_points.tolist() == [40, 80]
    assert len(kts(features, penalty=0.01, max_count=30).change_points) == 30
    assert len(kts(features, penalty=0.01, max_count=30, vertices_only=True).change_points) == 2


@pytest.mark.parametrize("count", [0, 3, 11, 40, 90, 150])
def test_same_boundaries_as_ruptures(count: int) -> None:
    features = scenes(5, [12] * 16, dims=64, spread=0.9)
    found = best_cuts(features, count)
    if count:
        peer = ruptures.KernelCPD(kernel="linear", min_size=1).fit(features).predict(n_bkps=count)
        assert found == peer[:-1]
    assert len(found) == count


def test_a_common_offset_changes_nothing() -> None:
    features = scenes(9, [20, 15, 30, 10], dims=32, spread=0.5)
    assert kts(features + 4).change_points.tolist() == kts(features).change_points.tolist() == [20, 35, 65]


def test_features_are_left_alone() -> None:
    features = noise(2, 30).astype(np.float64)
    before = features.copy()
    kts(features)
    assert (features == before).all()


@pytest.mark.parametrize("penalty", [0.0, -1.0, float("nan"), float("inf")])
def test_bad_penalty_is_refused(penalty: float) -> None:
    with pytest.raises(ConfigError, match="`penalty`"):
        kts(noise(0, 5), penalty=penalty)


def test_a_negative_count_is_refused() -> None:
    with pytest.raises(ConfigError, match="-1 change points"):
        kts(noise(0, 5), max_count=-1)


@pytest.mark.parametrize("shape", [(0, 4), (4, 0), (4,)])
def test_bad_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="shape"):
        kts(np.zeros(shape, dtype=np.float32))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_broken_features_are_refused(value: float) -> None:
    features = noise(0, 6)
    features[4, 1] = value
    with pytest.raises(InputError, match="sample 4"):
        kts(features)


@pytest.mark.skipif(not RECORDED.exists(), reason="recorded vectors are not here: set VIDSUMM_DATA")
@pytest.mark.parametrize("case", range(5))
def test_recorded_vectors(case: int) -> None:
    with np.load(RECORDED) as recorded:
        known = {key.split("/")[1]: recorded[key] for key in recorded.files if key.startswith(f"{case}/")}
    features, most = known["features"], int(known["max_ncp"])
    free = kts(features, penalty=float(known["vmax"]), max_count=most)
    assert free.change_points.tolist() == known["change_points"].tolist()
    assert best_cuts(features, int(known["fixed_ncp"])) == known["fixed_change_points"].tolist()
    scatter = segment_scatter(features)
    curve = count_table(scatter, most, price=0.0, limit=np.inf).optima * scatter.quantum
    np.testing.assert_allclose(curve, known["objective"], rtol=1e-7)  # recorded from a float32 Gram matrix
