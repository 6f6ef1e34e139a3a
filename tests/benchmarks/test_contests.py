"""The rivals come to our own results, so that times can be compared."""

from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from benchmarks.measuring import arithmetic
from benchmarks.measuring.arithmetic import curve_contests, invented_features, kts_contests, selection_contests
from benchmarks.measuring.contest import run_contest
from benchmarks.measuring.media import cut_contest, decode_whole
from benchmarks.measuring.rivals import one_curve_at_a_time, table_knapsack, table_kts
from tests.support.media import write_clip
from tests.support.networks import CHANNELS, small_model
from vidsumm.config import CutConfig
from vidsumm.model.sampling import SamplingOptions, sample_curves
from vidsumm.selection.knapsack import solve
from vidsumm.shots.kts import kts
from vidsumm.video.probe import probe

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_table_of_kts_finds_the_same_shots(seed: int) -> None:
    features = invented_features(150, seed)
    assert np.linalg.norm(features, axis=1) == pytest.approx(1, abs=1e-5)
    expected = kts(features).change_points
    assert len(expected) > 0
    assert np.array_equal(table_kts(features, 149), expected)


def test_the_table_of_the_knapsack_is_as_good() -> None:
    rng = np.random.default_rng(3)
    for _ in range(20):
        values, weights = rng.random(12), rng.integers(1, 30, 12)
        chosen = table_knapsack(values.tolist(), weights.tolist(), 60)
        assert np.array_equal(solve(values, weights, 60), chosen)


def test_kts_contests_agree() -> None:
    results = [run_contest(contest, 1) for contest in kts_contests(200, target=0.1)]
    assert [result.rival for result in results] == ["ruptures.KernelCPD, told the count", "the table in NumPy"]


def test_selection_contests_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arithmetic, "_SHOTS", 8)
    monkeypatch.setattr(arithmetic, "_HOUR_FRAMES", 400)
    stages = [run_contest(contest, 1).stage for contest in selection_contests()]
    assert stages == ["knapsack, 8 shots, 400 frames", "knapsacks of CIS and WIR, 8 shots"]


def test_one_curve_at_a_time_gives_the_same_curves() -> None:
    model = small_model()
    features = np.random.default_rng(0).standard_normal((30, CHANNELS)).astype(np.float32)
    [contest] = islice(curve_contests(model, features, SamplingOptions()), 1)
    assert run_contest(contest, 1).stage == "1 curve, 30 frames, 10 steps, guidance"
    seeds = [0, 1, 2]
    together = sample_curves(model, features, seeds, SamplingOptions(steps=10, guidance=0.5))
    apart = partial(one_curve_at_a_time, model, features, seeds)
    assert apart(SamplingOptions(steps=10, guidance=0.5)) == pytest.approx(together, abs=1e-5)


def test_separate_cuts_and_ours(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", seconds=6, size=(64, 48), fps=10)
    info = probe(clip.path)
    decode_whole(info)
    result = run_contest(cut_contest(info, [[(0.0, 1.0)], [(0.5, 1.5), (3.0, 4.0)]], CutConfig()), 1)
    assert result.stage == "cut, 2 summaries"
    assert result.seconds > 0 < result.other_s
