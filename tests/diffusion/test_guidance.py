import torch
from hypothesis import given
from hypothesis import strategies as st

from vidsumm.diffusion.guidance import guide

LOGIT = st.floats(-8, 8, width=32)


def test_no_weight_leaves_the_conditional_prediction() -> None:
    conditional, unconditional = torch.randn(2, 3, 5)
    assert torch.equal(guide(conditional, unconditional, 0.0), conditional)


@given(LOGIT, LOGIT, st.floats(0, 20))
def test_moves_away_from_the_unconditional_prediction(conditional: float, unconditional: float, weight: float) -> None:
    guided = float(guide(torch.tensor([[conditional]]), torch.tensor([[unconditional]]), weight))
    moved = conditional + weight * (conditional - unconditional)
    assert abs(guided - moved) <= 1e-3


@given(LOGIT, st.floats(0, 20))
def test_equal_branches_are_left_alone(logit: float, weight: float) -> None:
    both = torch.tensor([[logit]])
    assert abs(float(guide(both, both, weight)) - logit) <= 1e-4
