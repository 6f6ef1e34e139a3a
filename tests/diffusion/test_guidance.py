import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter1d

from vidsumm.diffusion.guidance import blur_attended, gaussian_blur, guide, move_away
from vidsumm.diffusion.schedule import cosine_schedule

LOGIT = st.floats(-8, 8, width=32)


def test_a_weight_of_zero_gives_the_conditional_prediction() -> None:
    conditional, unconditional = torch.randn(2, 3, 5)
    assert torch.equal(guide(conditional, unconditional, 0.0), conditional)


@given(LOGIT, LOGIT, st.floats(0, 20))
def test_it_moves_away_from_the_unconditional_one(conditional: float, unconditional: float, weight: float) -> None:
    guided = float(guide(torch.tensor([[conditional]]), torch.tensor([[unconditional]]), weight))
    moved = conditional + weight * (conditional - unconditional)
    assert abs(guided - moved) <= 1e-3


@given(LOGIT, st.floats(0, 20))
def test_equal_branches_are_not_changed(logit: float, weight: float) -> None:
    both = torch.tensor([[logit]])
    assert abs(float(guide(both, both, weight)) - logit) <= 1e-4


class TestBlur:
    @given(LOGIT, st.integers(1, 40), st.floats(0.3, 20))
    def test_it_keeps_constants(self, value: float, length: int, sigma: float) -> None:
        blurred = gaussian_blur(torch.full((2, length), value), sigma)
        torch.testing.assert_close(blurred, torch.full((2, length), value), rtol=0, atol=1e-5)

    @pytest.mark.parametrize("sigma", [0.7, 2.0, 5.0])
    def test_it_is_a_gaussian_away_from_the_ends(self, sigma: float) -> None:
        curve = torch.randn(1, 200, generator=torch.Generator().manual_seed(0))
        expected = gaussian_filter1d(curve[0].numpy(), sigma, truncate=4)
        np.testing.assert_allclose(gaussian_blur(curve, sigma)[0, 25:-25], expected[25:-25], rtol=0, atol=1e-5)

    def test_it_spreads_by_sigma(self) -> None:
        peak = torch.zeros(1, 101)
        peak[0, 50] = 1.0
        blurred = gaussian_blur(peak, 3.0)[0].double()
        offset = torch.arange(101) - 50
        assert float(blurred.sum()) == pytest.approx(1, abs=1e-4)
        assert math.sqrt(float((blurred * offset**2).sum())) == pytest.approx(3, abs=0.02)

    def test_ends_are_means_of_the_samples_that_exist(self) -> None:
        blurred = gaussian_blur(torch.tensor([[1.0, 0.0]]), 1.0)[0]
        near = math.exp(-0.5)
        assert blurred.tolist() == pytest.approx([1 / (1 + near), near / (1 + near)])

    def test_curves_do_not_influence_each_other(self) -> None:
        curves = torch.randn(3, 30)
        torch.testing.assert_close(gaussian_blur(curves, 2.0)[1:2], gaussian_blur(curves[1:2], 2.0))


class TestAttended:
    ABAR = cosine_schedule().alphas_cumprod[600]

    def degraded(self, attention: torch.Tensor, threshold: float = 1.0) -> tuple[torch.Tensor, torch.Tensor]:
        """A noised curve, and the degraded one."""
        u_t, u0 = torch.randn(2, 2, 12, generator=torch.Generator().manual_seed(1))
        return u_t, blur_attended(u_t, u0, attention, self.ABAR, sigma=2.0, threshold=threshold)

    def test_only_samples_above_the_threshold_change(self) -> None:
        attention = torch.full((2, 12), 0.5)
        attention[0, 3], attention[1, 7:9] = 2.0, 1.5
        u_t, degraded = self.degraded(attention)
        assert torch.equal(degraded != u_t, attention > 1)
        assert torch.equal(self.degraded(attention, threshold=1.8)[1] != u_t, attention > 1.8)

    def test_uniform_attention_changes_nothing(self) -> None:
        for attention in (torch.ones(2, 12), torch.softmax(torch.full((2, 12), 0.3), dim=-1) * 12):
            u_t, degraded = self.degraded(attention)
            assert torch.equal(degraded, u_t)

    def test_a_curve_with_a_flat_prediction_does_not_change(self) -> None:
        # a constant is its own blur, and the same noise is added again
        u_t = torch.randn(2, 12)
        degraded = blur_attended(
            u_t, torch.full((2, 12), 0.7), torch.full((2, 12), 9.0), self.ABAR, sigma=2.0, threshold=1.0
        )
        torch.testing.assert_close(degraded, u_t, rtol=0, atol=1e-5)

    def test_the_blur_is_of_the_clean_curve(self) -> None:
        u_t, u0 = torch.randn(2, 1, 12)
        degraded = blur_attended(u_t, u0, torch.full((1, 12), 9.0), self.ABAR, sigma=2.0, threshold=1.0)
        torch.testing.assert_close(degraded - u_t, self.ABAR.sqrt().float() * (gaussian_blur(u0, 2.0) - u0))


@given(LOGIT, LOGIT, st.floats(0, 20))
def test_it_moves_away_from_the_degraded_prediction(predicted: float, degraded: float, weight: float) -> None:
    moved = float(move_away(torch.tensor([[predicted]]), torch.tensor([[degraded]]), weight))
    # the weights of the source: f(degraded) + (1 + s) (f - f(degraded))
    assert abs(moved - (degraded + (1 + weight) * (predicted - degraded))) <= 1e-3
