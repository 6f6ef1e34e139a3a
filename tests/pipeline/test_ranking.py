from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.videos import seeded_curves, shots_at, video_info
from vidsumm.config import SelectConfig
from vidsumm.pipeline.analysis import Shots
from vidsumm.pipeline.choice import Choice, ShotBudget, choose, first_seeds, shot_budget
from vidsumm.pipeline.ranking import rank_candidates
from vidsumm.selection.candidates import agreement

INFO = video_info([40] * 60)
STARTS = [0, 8, 20, 30, 45, 52]


def choice_of(samples: int, seed: int, config: SelectConfig) -> tuple[Choice, ShotBudget, Shots]:
    shots = shots_at(INFO, STARTS)
    budget = shot_budget(INFO, shots, config)
    sampler = partial(seeded_curves, length=60)
    return choose(sampler(first_seeds(seed, samples)), sampler, budget, redraws=4, seed=seed), budget, shots


@given(st.integers(1, 8), st.integers(0, 500))
def test_every_kept_draw_is_ranked_once_by_agreement(samples: int, seed: int) -> None:
    choice, budget, shots = choice_of(samples, seed, SelectConfig(ratio=0.4))
    ranked = rank_candidates(choice, budget, shots, INFO.duration_s)
    assert sorted(c.draw_index for c in ranked) == sorted(choice.kept)
    assert all(c.draw is choice.draws[c.draw_index] for c in ranked)
    found = [round(c.agreement, 9) for c in ranked]
    assert found == sorted(found, reverse=True)
    masks = np.stack([c.draw.selection.mask for c in ranked])
    values = np.stack([c.draw.values for c in ranked])
    np.testing.assert_allclose([c.agreement for c in ranked], agreement(masks, values))


@given(st.integers(1, 8), st.integers(0, 500))
def test_overlaps_are_in_order_of_rank(samples: int, seed: int) -> None:
    choice, budget, shots = choice_of(samples, seed, SelectConfig(ratio=0.4))
    ranked = rank_candidates(choice, budget, shots, INFO.duration_s)
    overlaps = np.stack([c.overlap for c in ranked])
    assert overlaps.shape == (len(ranked), len(ranked))
    assert (overlaps.diagonal() == 1).all()
    np.testing.assert_allclose(overlaps, overlaps.T)
    for i, a in enumerate(ranked):
        for j, b in enumerate(ranked):
            both = a.draw.selection.mask & b.draw.selection.mask
            either = a.draw.selection.mask | b.draw.selection.mask
            share = budget.lengths[both].sum() / budget.lengths[either].sum()
            assert overlaps[i, j] == pytest.approx(share)


@given(st.integers(1, 8), st.integers(0, 500))
def test_clips_show_the_chosen_shots_and_nothing_else(samples: int, seed: int) -> None:
    choice, budget, shots = choice_of(samples, seed, SelectConfig(ratio=0.4))
    for candidate in rank_candidates(choice, budget, shots, INFO.duration_s):
        chosen_s = shots.times_s[candidate.draw.selection.mask]
        assert np.diff(candidate.clips_s).sum() == pytest.approx(np.diff(chosen_s).sum())
        assert set(candidate.clips_s[:, 0]) <= set(chosen_s[:, 0])
        assert set(candidate.clips_s[:, 1]) <= set(chosen_s[:, 1])
        assert (candidate.clips_s[1:, 0] > candidate.clips_s[:-1, 1]).all()
        assert np.diff(candidate.clips_s).sum() <= 0.4 * INFO.duration_s + 1e-6
        assert sum(candidate.shares) == pytest.approx(1)
        assert candidate.description
        assert len(candidate.description) <= 90


def test_where_no_shot_fits_one_is_cut_short() -> None:
    choice, budget, shots = choice_of(4, 0, SelectConfig(duration_s=0.2))
    before = shots.times_s.copy()
    for candidate in rank_candidates(choice, budget, shots, INFO.duration_s):
        ((begin, end),) = candidate.clips_s
        assert end - begin == pytest.approx(0.2)
        assert begin in before[:, 0]
    assert np.array_equal(shots.times_s, before)
