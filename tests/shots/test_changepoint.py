import numpy as np
import pytest

from tests.support.shot_inputs import noise, scenes
from tests.support.slow_kts import scatter_of, slow_scatter, slow_table
from vidsumm.errors import ConfigError, InputError
from vidsumm.shots.changepoint import kernel_cpd, pelt
from vidsumm.shots.kts import kts
from vidsumm.shots.penalty import charges

LENGTHS = [12, 7, 20, 15, 9, 30, 11, 16]
CUTS = np.cumsum(LENGTHS)[:-1].tolist()


def test_both_find_planted_scenes() -> None:
    features = scenes(4, LENGTHS, dims=48, spread=0.4)
    assert kernel_cpd(features).tolist() == CUTS
    assert pelt(features).tolist() == CUTS


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("penalty", [0.2, 0.6])
def test_kernel_cpd_is_optimal_for_its_own_count(seed: int, penalty: float) -> None:
    """A solution at a price per change point is the best of all with as many; KTS's own may have another number."""
    features = scenes(seed, [3, 6, 2, 5, 8, 4, 7], dims=12, spread=0.7)
    scatter = slow_scatter(features)
    found = kernel_cpd(features, penalty)
    reached = scatter_of(scatter, found.tolist())
    assert reached == pytest.approx(slow_table(scatter, len(found))[0][-1])
    best = kts(features, penalty=penalty).objective
    assert best <= (reached + charges(len(features), penalty)[len(found)]) / len(features) + 1e-12


@pytest.mark.parametrize("seed", range(4))
def test_pelt_minimises_scatter_plus_price(seed: int) -> None:
    features = scenes(seed, [3, 6, 2, 5, 8, 4], dims=12, spread=0.7)
    scatter = slow_scatter(features)
    price = 0.4 / 2 * np.log(10)
    curve, _ = slow_table(scatter, len(features) - 1)
    found = pelt(features, 0.4).tolist()
    assert scatter_of(scatter, found) + price * len(found) == pytest.approx(
        min(j + price * m for m, j in enumerate(curve))
    )


@pytest.mark.parametrize("n", [1, 2, 3, 40])
def test_still_and_very_short_input(n: int) -> None:
    features = np.repeat(noise(1, 1), n, axis=0)
    for found in (kernel_cpd(features), pelt(features)):
        assert found.tolist() == []
        assert found.dtype == np.int64


def test_bad_input_is_refused() -> None:
    broken = np.full((4, 2), np.nan, dtype=np.float32)
    for detect in (kernel_cpd, pelt):
        with pytest.raises(InputError, match="sample 0"):
            detect(broken)
        with pytest.raises(ConfigError, match="`penalty`"):
            detect(noise(0, 4), 0.0)
