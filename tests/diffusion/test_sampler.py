import itertools
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from vidsumm.diffusion.sampler import Draws, Final, ddim_sample, draw_noise, sampling_times
from vidsumm.diffusion.schedule import cosine_schedule

SCHEDULE = cosine_schedule()
BOTH_ENDS: list[Final] = ["paper", "official"]


class TestTimes:
    @pytest.mark.parametrize("final", BOTH_ENDS)
    @pytest.mark.parametrize("steps", [1, 2, 3, 7, 10, 100, 333, 999, 1000])
    def test_times_descend_from_the_noisiest(self, steps: int, final: Final) -> None:
        times = sampling_times(steps, 1000, final)
        assert len(times) == steps
        assert times[0] == 999
        assert all(a > b >= 0 for a, b in itertools.pairwise(times))

    @pytest.mark.parametrize("steps", [2, 10, 100, 1000])
    def test_the_papers_times_end_at_zero(self, steps: int) -> None:
        assert sampling_times(steps, 1000, "paper")[-1] == 0

    def test_times_of_ten_steps(self) -> None:
        assert sampling_times(10, 1000, "paper") == [999, 888, 777, 666, 555, 444, 333, 222, 111, 0]
        assert sampling_times(10, 1000, "official") == [999, 899, 799, 699, 599, 499, 399, 299, 199, 99]

    @pytest.mark.parametrize("final", BOTH_ENDS)
    def test_a_thousand_steps_visit_every_time(self, final: Final) -> None:
        assert sampling_times(1000, 1000, final) == list(range(999, -1, -1))

    @pytest.mark.parametrize("final", BOTH_ENDS)
    def test_one_step_is_at_the_noisiest_time(self, final: Final) -> None:
        assert sampling_times(1, 1000, final) == [999]


class TestDraws:
    @given(st.lists(st.integers(0, 2**63 - 1), min_size=1, max_size=6), st.integers(1, 5), st.integers(1, 40))
    def test_a_seed_draws_the_same_numbers_in_any_company(self, seeds: list[int], steps: int, length: int) -> None:
        together = draw_noise(seeds, steps, length)
        assert together.x_T.shape == (len(seeds), length)
        assert together.step_noise.shape == (steps - 1, len(seeds), length)
        for i, seed in enumerate(seeds):
            alone = draw_noise([seed], steps, length)
            assert torch.equal(alone.x_T[0], together.x_T[i])
            assert torch.equal(alone.step_noise[:, 0], together.step_noise[:, i])

    def test_draws_are_standard_normal_and_different_for_each_seed(self) -> None:
        draws = draw_noise([0, 1], 11, 2000)
        every = torch.cat([draws.x_T[None], draws.step_noise])
        assert abs(float(every.mean())) < 0.02
        assert float(every.std()) == pytest.approx(1, abs=0.02)
        assert abs(float((every[:, 0] * every[:, 1]).mean())) < 0.02

    def test_the_global_random_generator_is_not_used(self) -> None:
        before = torch.get_rng_state()
        draw_noise([0], 3, 10)
        assert torch.equal(torch.get_rng_state(), before)


class TestDdim:
    @pytest.mark.parametrize("final", BOTH_ENDS)
    @pytest.mark.parametrize("steps", [1, 2, 10, 100, 1000])
    def test_the_true_prediction_is_returned(self, steps: int, final: Final) -> None:
        truth = torch.linspace(-3, 3, 8).expand(2, 8)
        asked: list[int] = []

        def oracle(u: Tensor, t: int) -> Tensor:
            assert u.shape == truth.shape
            assert torch.isfinite(u).all()
            asked.append(t)
            return truth

        out = ddim_sample(oracle, SCHEDULE, draw_noise([0, 1], steps, 8), steps=steps, final=final)
        assert torch.equal(out, truth)
        assert asked == sampling_times(steps, 1000, final)

    @pytest.mark.parametrize("steps", [2, 10, 50])
    def test_intermediate_states_have_the_marginals_of_the_forward_process(self, steps: int) -> None:
        # eta = 1 with the true u0: u_t is N(sqrt(abar_t) u0, 1 - abar_t) at every time
        truth = 1.5
        states: list[tuple[int, Tensor]] = []

        def oracle(u: Tensor, t: int) -> Tensor:
            states.append((t, u))
            return torch.full_like(u, truth)

        generator = torch.Generator().manual_seed(1)
        noise = torch.randn(steps, 1, 40_000, generator=generator)
        ddim_sample(oracle, SCHEDULE, Draws(noise[0], noise[1:]), steps=steps)
        for t, u in states:
            abar = float(SCHEDULE.alphas_cumprod[t])
            spread = math.sqrt(1 - abar)
            assert float(u.mean()) == pytest.approx(math.sqrt(abar) * truth, abs=0.02 * spread + 1e-5)
            assert float(u.std()) == pytest.approx(spread, rel=0.02)

    @pytest.mark.parametrize("final", BOTH_ENDS)
    def test_a_linear_denoiser_gives_the_closed_form(self, final: Final) -> None:
        # for logits u0 of N(0, s^2) the best prediction is linear in u_t, so the result is a weighted sum of the draws
        steps, spread2 = 10, 0.7
        abar = SCHEDULE.alphas_cumprod

        def gain(t: int) -> float:
            return float(abar[t].sqrt() * spread2 / (abar[t] * spread2 + 1 - abar[t]))

        draws = draw_noise([4, 5], steps, 6)
        out = ddim_sample(lambda u, t: gain(t) * u, SCHEDULE, draws, steps=steps, final=final)
        u = draws.x_T.double()
        times = sampling_times(steps, 1000, final)
        for (t, t_next), noise in zip(itertools.pairwise(times), draws.step_noise.double(), strict=True):
            a, b = float(abar[t]), float(abar[t_next])
            # mean and variance of q(u_t' | u_t, u0), written as the DDPM posterior of the stride
            beta = 1 - a / b
            mean = math.sqrt(b) * beta / (1 - a) * gain(t) * u + math.sqrt(a / b) * (1 - b) / (1 - a) * u
            u = mean + math.sqrt((1 - b) / (1 - a) * beta) * noise
        torch.testing.assert_close(out.double(), gain(times[-1]) * u, rtol=0, atol=3e-6)

    def test_curves_do_not_influence_each_other(self) -> None:
        together = draw_noise([7, 8, 9], 5, 12)
        out = ddim_sample(lambda u, t: torch.tanh(u), SCHEDULE, together, steps=5)
        alone = ddim_sample(lambda u, t: torch.tanh(u), SCHEDULE, draw_noise([8], 5, 12), steps=5)
        torch.testing.assert_close(out[1:2], alone)

    def test_the_last_prediction_may_come_from_another_denoiser(self) -> None:
        draws = draw_noise([0], 4, 5)
        answer = torch.full((1, 5), 2.0)
        out = ddim_sample(lambda u, t: torch.zeros_like(u), SCHEDULE, draws, steps=4, denoise_final=lambda u, t: answer)
        assert torch.equal(out, answer)

    def test_extra_noise_is_ignored(self) -> None:
        draws = draw_noise([0], 10, 5)
        shorter = Draws(draws.x_T, draws.step_noise[:3])
        results = [ddim_sample(lambda u, t: u.sin(), SCHEDULE, d, steps=4) for d in (draws, shorter)]
        assert torch.equal(results[0], results[1])

    @pytest.mark.parametrize("final", BOTH_ENDS)
    @pytest.mark.parametrize("steps", [2, 5, 10, 99, 1000])
    def test_no_variance_is_lost_to_rounding(self, steps: int, final: Final) -> None:
        out = ddim_sample(lambda u, t: u, SCHEDULE, draw_noise([0], steps, 4), steps=steps, final=final)
        assert torch.isfinite(out).all()
