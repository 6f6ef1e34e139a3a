"""Classifier-free guidance (paper, supplement B)."""

from torch import Tensor

__all__ = ["guide"]


def guide(conditional: Tensor, unconditional: Tensor, weight: float) -> Tensor:
    """(1 + w) u0(Z) - w u0(null), in the space of clean logits.

    Args:
        conditional: (S, N) prediction given the video.
        unconditional: (S, N) prediction given the null video.
        weight: w; 0 leaves the conditional prediction as it is.
    """
    return (1 + weight) * conditional - weight * unconditional
