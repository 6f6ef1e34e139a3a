from collections.abc import Sequence
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.support.videos import budget_of, even_budget, marked, seeded_curves, shots_at, video_info
from vidsumm.config import SelectConfig
from vidsumm.errors import ConfigError
from vidsumm.pipeline.draws import Drawn, draw_different, draw_seed, first_seeds
from vidsumm.selection.candidates import select


def chosen(samples: int, *, shots: int = 6, capacity: int = 2, redraws: int = 3, seed: int = 0) -> Drawn:
    sampler = partial(seeded_curves, length=shots, levels=5)
    budget = even_budget(shots, capacity)
    return draw_different(sampler(first_seeds(seed, samples)), sampler, budget, redraws=redraws, seed=seed)


class TestSeeds:
    def test_every_draw_has_its_own(self) -> None:
        seeds = [draw_seed(s, sample, attempt) for s in range(3) for sample in range(30) for attempt in range(5)]
        assert len(set(seeds)) == len(seeds)
        assert all(0 <= seed < 2**63 for seed in seeds)

    def test_more_samples_keep_the_first_seeds(self) -> None:
        assert first_seeds(9, 20)[:5] == first_seeds(9, 5) == [draw_seed(9, i, 0) for i in range(5)]

    def test_do_not_change_between_versions(self) -> None:
        assert draw_seed(0, 0, 0) == 1317536309490288386
        assert draw_seed(1, 2, 3) == 5464283449182725445

    def test_the_largest_seed_is_taken(self) -> None:
        assert 0 <= draw_seed(2**63 - 1, 999, 1000) < 2**63


class TestDrawDifferent:
    @given(st.integers(1, 12), st.integers(1, 7), st.integers(1, 7), st.integers(0, 4), st.integers(0, 1000))
    def test_kept_selections_differ_and_fit(
        self, samples: int, shots: int, capacity: int, redraws: int, seed: int
    ) -> None:
        drawn = chosen(samples, shots=shots, capacity=capacity, redraws=redraws, seed=seed)
        kept = [drawn.draws[i] for i in drawn.kept]
        assert 1 <= len(kept) <= samples
        assert len({draw.selection.mask.tobytes() for draw in kept}) == len(kept)
        assert [draw.slot for draw in kept] == sorted({draw.slot for draw in kept})
        assert all(1 <= draw.selection.mask.sum() <= capacity for draw in kept)

    @given(st.integers(1, 12), st.integers(0, 4), st.integers(0, 1000))
    def test_every_draw_can_be_made_again_from_its_seed(self, samples: int, redraws: int, seed: int) -> None:
        for draw in chosen(samples, redraws=redraws, seed=seed).draws:
            assert draw.seed == draw_seed(seed, draw.slot, draw.attempt)
            assert np.array_equal(draw.scores, seeded_curves([draw.seed], length=6, levels=5)[0])
            assert np.array_equal(draw.values, draw.scores.astype(np.float64))
            again = select(draw.values, np.ones(6, np.int64), 2)
            assert np.array_equal(draw.selection.mask, again.mask)

    @given(st.integers(1, 10), st.integers(1, 10), st.integers(0, 4), st.integers(0, 1000))
    def test_more_samples_leave_the_first_as_they_were(self, fewer: int, more: int, redraws: int, seed: int) -> None:
        def settled(drawn: Drawn) -> list[tuple[int, int, bytes]]:
            kept = [drawn.draws[i] for i in drawn.kept]
            return [(d.slot, d.attempt, d.selection.mask.tobytes()) for d in kept if d.slot < fewer]

        first = chosen(fewer, redraws=redraws, seed=seed)
        assert settled(chosen(fewer + more, redraws=redraws, seed=seed)) == settled(first)

    @given(st.integers(1, 12), st.integers(0, 4), st.integers(0, 1000))
    def test_tries_are_bounded_and_end_with_the_first_that_differs(self, samples: int, redraws: int, seed: int) -> None:
        drawn = chosen(samples, redraws=redraws, seed=seed)
        assert drawn.redraws == len(drawn.draws) - samples
        for slot in range(samples):
            attempts = [draw.attempt for draw in drawn.draws if draw.slot == slot]
            assert attempts == list(range(len(attempts)))
            assert len(attempts) <= 1 + redraws
            kept = [i for i in drawn.kept if drawn.draws[i].slot == slot]
            if kept:
                assert drawn.draws[kept[0]].attempt == attempts[-1]
            else:
                assert len(attempts) == 1 + redraws

    @pytest.mark.parametrize("redraws", [0, 4])
    def test_a_model_that_says_always_the_same(self, redraws: int) -> None:
        def same(seeds: Sequence[int]) -> NDArray[np.float32]:
            return np.full((len(seeds), 6), 0.5, np.float32)

        drawn = draw_different(same([0] * 5), same, even_budget(6, 2), redraws=redraws, seed=0)
        assert drawn.kept == (0,)
        assert len(drawn.draws) == 5 + 4 * redraws

    def test_a_budget_for_everything_leaves_one_choice(self) -> None:
        drawn = chosen(4, capacity=6, redraws=2)
        assert drawn.kept == (0,)
        assert drawn.draws[0].selection.mask.all()

    def test_no_redraws_ask_the_model_nothing(self) -> None:
        def refusing(seeds: Sequence[int]) -> NDArray[np.float32]:
            raise AssertionError(seeds)

        curves = np.full((3, 6), 0.5, np.float32)
        assert draw_different(curves, refusing, even_budget(6, 2), redraws=0, seed=0).kept == (0,)


class TestBudget:
    @given(
        st.lists(st.integers(1, 400), min_size=1, max_size=60),
        st.data(),
        st.one_of(
            st.builds(lambda share: {"ratio": share}, st.floats(0.01, 1.0)),
            st.builds(lambda seconds: {"duration_s": seconds}, st.floats(0.01, 30)),
        ),
    )
    def test_what_fits_in_ticks_fits_in_seconds(
        self, intervals_ms: list[int], draw: st.DataObject, wanted: dict[str, float]
    ) -> None:
        info, config = video_info(intervals_ms), SelectConfig(**wanted)
        borders = draw.draw(st.sets(st.integers(0, len(intervals_ms) - 1)))
        shots = shots_at(info, sorted(borders | {0}))
        budget = budget_of(info, marked(shots), config)
        count = len(shots.frames)
        assert budget.lengths.shape == (count,)
        assert (budget.lengths >= 1).all()
        values = np.array(draw.draw(st.lists(st.floats(0.1, 1), min_size=count, max_size=count)))
        selection = select(values, budget.lengths, budget.capacity)
        seconds = float(np.diff(shots.times_s[selection.mask], axis=1).sum())
        # time stamps are rounded: a thousandth of a mean frame is allowed for each shot and for the budget
        slack_s = (1 + selection.mask.sum()) * 1e-3 * budget.tick_s + 1e-9
        if selection.truncated_to is None:
            assert seconds <= max(config.budget_s(info.duration_s), budget.tick_s) + slack_s
        else:
            assert selection.mask.sum() == 1
            assert (
                selection.truncated_to * budget.tick_s <= max(config.budget_s(info.duration_s), budget.tick_s) + slack_s
            )

    def test_a_constant_rate_loses_nothing(self) -> None:
        info = video_info([40] * 100)
        budget = budget_of(info, marked(shots_at(info, [0, 10, 35])), SelectConfig(ratio=0.35))
        assert budget.lengths.tolist() == [10, 25, 65]
        assert budget.capacity == 35
        assert budget.tick_s == pytest.approx(0.04)

    def test_time_stamps_in_whole_milliseconds_lose_nothing(self) -> None:
        # 30000/1001 frames a second as a container of milliseconds stores them: 33, 33, 34, ...
        pts = np.round(np.arange(301) * 1001 / 30).astype(int)
        info = video_info(np.diff(pts).tolist())
        lengths = budget_of(info, marked(shots_at(info, list(range(0, 300, 30)))), SelectConfig()).lengths
        assert ((lengths - 30 >= 0) & (lengths - 30 <= 1)).all()

    def test_the_whole_video_fits_into_the_whole_budget(self) -> None:
        info = video_info([40] * 50)
        budget = budget_of(info, marked(shots_at(info, [0, 20])), SelectConfig(ratio=1.0))
        assert budget.lengths.sum() == budget.capacity == 50

    def test_a_budget_below_a_frame_is_one_frame(self) -> None:
        info = video_info([40] * 50)
        assert budget_of(info, marked(shots_at(info, [0, 20])), SelectConfig(duration_s=0.001)).capacity == 1

    def test_a_budget_above_the_video_is_the_video(self) -> None:
        info = video_info([40] * 50)
        assert budget_of(info, marked(shots_at(info, [0])), SelectConfig(duration_s=3600)).capacity == 50


class TestPins:
    @given(st.integers(1, 12), st.integers(0, 1000))
    def test_pinned_shots_are_in_every_selection_and_banned_ones_in_none(self, samples: int, seed: int) -> None:
        budget = even_budget(8, 4, pinned=(2, 5), banned=(0, 7))
        sampler = partial(seeded_curves, length=8, levels=5)
        drawn = draw_different(sampler(first_seeds(seed, samples)), sampler, budget, redraws=3, seed=seed)
        for draw in drawn.draws:
            assert draw.selection.mask[[2, 5]].all()
            assert not draw.selection.mask[[0, 7]].any()
            assert draw.selection.mask.sum() == 4

    def test_pins_that_fill_the_budget_ask_the_model_nothing_more(self) -> None:
        def refusing(seeds: Sequence[int]) -> NDArray[np.float32]:
            raise AssertionError(seeds)

        curves = seeded_curves([1, 2, 3], length=6)
        drawn = draw_different(curves, refusing, even_budget(6, 2, pinned=(1, 4)), redraws=8, seed=0)
        assert drawn.kept == (0,)
        assert np.flatnonzero(drawn.draws[0].selection.mask).tolist() == [1, 4]

    def test_pins_that_exceed_it_are_refused_with_both_lengths(self) -> None:
        info = video_info([40] * 100)
        shots = marked(shots_at(info, [0, 25, 50]), pinned=(0, 1))
        with pytest.raises(ConfigError, match=r"`keep` last 2\.00 s, but a summary may last 1\.50 s"):
            budget_of(info, shots, SelectConfig(duration_s=1.5))
        assert budget_of(info, shots, SelectConfig(duration_s=2.0)).is_settled
