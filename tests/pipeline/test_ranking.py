from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.support.videos import budget_of, make_analysis, marked, scenes, seeded_curves, shots_at, video_info
from vidsumm.config import SelectConfig
from vidsumm.pipeline.draws import Drawn, ShotBudget, draw_different, first_seeds, shot_budget
from vidsumm.pipeline.ranking import Candidate, rank_candidates
from vidsumm.pipeline.reel import Reel
from vidsumm.pipeline.shots import join_shots
from vidsumm.selection.candidates import agreement

INFO = video_info([40] * 60)
SHOTS = shots_at(INFO, [0, 8, 20, 30, 45, 52])
REEL = Reel((make_analysis(INFO, scenes([5])),))


def drawn_of(samples: int, seed: int, config: SelectConfig) -> tuple[Drawn, ShotBudget]:
    budget = budget_of(INFO, marked(SHOTS), config)
    sampler = partial(seeded_curves, length=60)
    return draw_different(sampler(first_seeds(seed, samples)), sampler, budget, redraws=4, seed=seed), budget


def clips_s(candidate: Candidate) -> NDArray[np.float64]:
    return np.array([candidate.timeline.clip_s(clip) for clip in candidate.timeline.clips])


@given(st.integers(1, 8), st.integers(0, 500))
def test_every_kept_draw_is_ranked_once_by_agreement(samples: int, seed: int) -> None:
    drawn, budget = drawn_of(samples, seed, SelectConfig(ratio=0.4))
    ranked = rank_candidates(drawn, budget, REEL)
    assert sorted(c.draw_index for c in ranked) == sorted(drawn.kept)
    assert all(c.draw is drawn.draws[c.draw_index] for c in ranked)
    found = [round(c.agreement, 9) for c in ranked]
    assert found == sorted(found, reverse=True)
    masks = np.stack([c.draw.selection.mask for c in ranked])
    values = np.stack([c.draw.values for c in ranked])
    np.testing.assert_allclose([c.agreement for c in ranked], agreement(masks, values))


@given(st.integers(1, 8), st.integers(0, 500))
def test_overlaps_are_in_order_of_rank(samples: int, seed: int) -> None:
    drawn, budget = drawn_of(samples, seed, SelectConfig(ratio=0.4))
    ranked = rank_candidates(drawn, budget, REEL)
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
    drawn, budget = drawn_of(samples, seed, SelectConfig(ratio=0.4))
    for candidate in rank_candidates(drawn, budget, REEL):
        chosen_s, shown_s = SHOTS.times_s[candidate.draw.selection.mask], clips_s(candidate)
        assert np.diff(shown_s).sum() == pytest.approx(np.diff(chosen_s).sum())
        assert set(shown_s[:, 0].round(6)) <= set(chosen_s[:, 0].round(6))
        assert set(shown_s[:, 1].round(6)) <= set(chosen_s[:, 1].round(6))
        assert (shown_s[1:, 0] > shown_s[:-1, 1]).all()
        assert np.diff(shown_s).sum() <= 0.4 * INFO.duration_s + 1e-6
        assert sum(candidate.shares) == pytest.approx(1)
        assert candidate.description
        assert len(candidate.description) <= 90


def test_where_no_shot_fits_one_is_cut_short() -> None:
    drawn, budget = drawn_of(4, 0, SelectConfig(duration_s=0.2))
    before = SHOTS.times_s.copy()
    for candidate in rank_candidates(drawn, budget, REEL):
        ((begin, end),) = clips_s(candidate)
        assert end - begin == pytest.approx(0.2)
        assert np.isclose(before[:, 0], begin).any()
    assert np.array_equal(SHOTS.times_s, before)


def test_candidates_of_several_videos_name_what_they_favour() -> None:
    reel = Reel(tuple(make_analysis(INFO, scenes([5]), name=f"{name}.mp4") for name in ("day", "night")))
    shots = join_shots([SHOTS, SHOTS], [60, 60])
    limit_s = 0.3 * reel.duration_s
    budget = shot_budget(marked(shots), interval_s=reel.interval_s, limit_s=limit_s)
    curves = np.full((2, 120), 0.1, np.float32)
    curves[0, 60:], curves[1, [0, 1, 65, 66]] = 0.9, 0.9  # one favours the second video, one has a bit of both
    drawn = draw_different(curves, partial(seeded_curves, length=120), budget, redraws=0, seed=0)
    ranked = {c.draw_index: c for c in rank_candidates(drawn, budget, reel)}
    assert ranked[0].description.startswith("only night.mp4, ")
    assert {clip.source for clip in ranked[0].timeline.clips} == {1}
    assert {clip.source for clip in ranked[1].timeline.clips} == {0, 1}
    assert [clip.source for clip in ranked[1].timeline.clips] == sorted(c.source for c in ranked[1].timeline.clips)
    assert float(ranked[1].timeline.duration) <= limit_s + 1e-9
    assert ranked[0].timeline.sources[1].path.name == "night.mp4"
