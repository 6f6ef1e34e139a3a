import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from vidsumm.diffusion.schedule import EPSILON, NUM_STEPS, cosine_schedule, q_sample, to_logit, to_score


@pytest.mark.parametrize("steps", [1, 2, 10, NUM_STEPS])
def test_the_signal_falls_strictly(steps: int) -> None:
    schedule = cosine_schedule(steps)
    abar = schedule.alphas_cumprod
    assert schedule.steps == steps == len(abar)
    assert abar.dtype == torch.float64
    assert ((abar > 0) & (abar < 1)).all()
    assert (abar.diff() < 0).all()


def test_values_follow_the_cosine() -> None:
    # without the limit on beta, the product of 1 - beta is f(t + 1) / f(0)
    def f(t: int) -> float:
        return math.cos((t / 1000 + 0.008) / 1.008 * math.pi / 2) ** 2

    expected = torch.tensor([f(t + 1) / f(0) for t in range(999)], dtype=torch.float64)
    abar = cosine_schedule().alphas_cumprod
    torch.testing.assert_close(abar[:999], expected, rtol=1e-12, atol=0)
    assert float(abar[0]) == pytest.approx(0.9999587, abs=1e-7)


def test_the_last_beta_is_limited() -> None:
    abar = cosine_schedule().alphas_cumprod
    betas = 1 - abar[1:] / abar[:-1]
    assert float(betas[-1]) == pytest.approx(0.999, rel=1e-6)
    assert (betas[:-1] < betas[-1]).all()
    assert float(cosine_schedule(max_beta=0.5).alphas_cumprod[-1]) > float(abar[-1])


def test_the_forward_process_keeps_unit_variance() -> None:
    generator = torch.Generator().manual_seed(0)
    u0, noise = torch.randn(2, 5, 20_000, generator=generator)
    t = torch.tensor([0, 100, 500, 900, 999])
    u_t = q_sample(cosine_schedule(), u0, t, noise)
    torch.testing.assert_close(u_t.var(dim=1), torch.ones(5), rtol=0.05, atol=0)
    torch.testing.assert_close(u_t[0], u0[0], rtol=0, atol=0.05)
    torch.testing.assert_close(u_t[4], noise[4], rtol=0, atol=1e-3)


@given(st.integers(0, NUM_STEPS - 1), st.floats(-4, 4), st.floats(-4, 4))
def test_the_forward_process_is_the_weighted_sum(t: int, u0: float, noise: float) -> None:
    schedule = cosine_schedule()
    abar = float(schedule.alphas_cumprod[t])
    u_t = q_sample(schedule, torch.tensor([[u0]]), torch.tensor([t]), torch.tensor([[noise]]))
    assert u_t.shape == (1, 1)
    assert float(u_t) == pytest.approx(math.sqrt(abar) * u0 + math.sqrt(1 - abar) * noise, abs=1e-5)


@given(st.lists(st.floats(EPSILON, 1 - EPSILON), min_size=1, max_size=20), st.sampled_from([0.5, 1.0, 2.0]))
def test_logit_and_score_are_inverse(values: list[float], temperature: float) -> None:
    score = torch.tensor(values)
    torch.testing.assert_close(to_score(to_logit(score, temperature), temperature), score, rtol=0, atol=1e-6)


@given(st.floats(-20, 20), st.sampled_from([1.0, 2.0]))
def test_scores_lie_between_zero_and_one_and_logits_are_bounded(value: float, temperature: float) -> None:
    score = to_score(torch.tensor(value), temperature)
    assert 0 <= float(score) <= 1
    bound = -math.log(EPSILON) / temperature  # of the odds EPSILON to 1
    assert abs(float(to_logit(score, temperature))) <= bound + 1e-4


def test_scores_are_clamped_to_epsilon() -> None:
    scores = torch.tensor([0.0, 0.5, 1.0])
    logits = to_logit(scores, 1.0)
    assert logits.tolist() == pytest.approx([math.log(EPSILON), 0.0, -math.log(EPSILON)], abs=1e-6)
    torch.testing.assert_close(to_logit(scores, 2.0), logits / 2)
