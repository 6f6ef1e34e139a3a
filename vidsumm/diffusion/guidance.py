"""Classifier-free and self-attention guidance (paper, supplement B), both in the space of clean logits.

Self-attention guidance calls the network a second time, with a curve that is blurred at the most attended samples, and
moves the prediction away from that second prediction.

Symbols: S curves, N samples; u0 = f~(C(u_t), t, Z), the prediction with classifier-free guidance; s the weight, psi the
threshold, A_t the attention, M_t = 1(A_t > psi), G_sigma the blur.

1. eps = (u_t - sqrt(abar_t) u0) / sqrt(1 - abar_t)                the noise in u_t, given u0 (eq. 3)
2. blurred_t = sqrt(abar_t) (G_sigma * u0) + sqrt(1 - abar_t) eps  the blurred curve, noised again
3. degraded_t = (1 - M_t) u_t + M_t blurred_t                      (eq. 2)
4. u0 + s (u0 - f~(C(degraded_t), t, Z))                           (eq. 1)

This differs from the paper in two points. Its eq. 1 prints the factor (1 + s) without the degraded prediction in the
first term; the source of the method (Hong et al. 2023) writes f(degraded) + (1 + s) (f - f(degraded)), which is step 4.
By the printed equation, the paper's weight is this s minus one. And the curves are combined before the codebook, which
takes scores, not embeddings.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional

from vidsumm.diffusion.schedule import predicted_noise

__all__ = ["blur_attended", "gaussian_blur", "guide", "move_away"]

_REACH = 4
"""The Gaussian is cut off after this many standard deviations."""
_ROUNDING = 1e-4
"""Attention must exceed the threshold by this, so that rounding does not blur samples of equal attention."""


def guide(conditional: Tensor, unconditional: Tensor, weight: float) -> Tensor:
    """Applies classifier-free guidance: (1 + w) u0(Z) - w u0(null), (S, N) clean logits.

    Args:
        conditional: (S, N) prediction given the video.
        unconditional: (S, N) prediction given the null video.
        weight: w; 0 returns the conditional prediction.
    """
    return (1 + weight) * conditional - weight * unconditional


def gaussian_blur(curves: Tensor, sigma: float) -> Tensor:
    """Convolves curves along time with a Gaussian, (S, N), whose weights sum to 1 also at the ends of a curve.

    Args:
        curves: (S, N).
        sigma: standard deviation, in samples.
    """
    reach = min(math.ceil(_REACH * sigma), max(curves.shape[-1] - 1, 0))
    offset = torch.arange(-reach, reach + 1, device=curves.device, dtype=curves.dtype)
    kernel = torch.exp(-0.5 * (offset / sigma) ** 2)[None, None]
    rows = torch.stack([curves, torch.ones_like(curves)])  # (2, S, N)
    blurred = functional.conv1d(rows.flatten(0, 1)[:, None], kernel, padding=reach).view_as(rows)
    return blurred[0] / blurred[1]


def blur_attended(
    u_t: Tensor, u0: Tensor, attention: Tensor, abar: Tensor, *, sigma: float, threshold: float
) -> Tensor:
    """Returns the degraded curves, (S, N): steps 1 to 3 of this module.

    Args:
        u_t: (S, N) noised logits.
        u0: (S, N) the clean logits predicted from them.
        attention: (S, N) A_t, whose mean over samples is 1.
        abar: () float64 abar_t; on the CPU it works with tensors of any device.
        sigma: standard deviation of the blur, in samples.
        threshold: psi; samples of more attention are blurred.
    """
    noise = predicted_noise(u_t, u0, abar)
    blurred = abar.sqrt() * gaussian_blur(u0, sigma) + (1 - abar).sqrt() * noise
    return torch.where(attention > threshold + _ROUNDING, blurred, u_t)


def move_away(predicted: Tensor, degraded: Tensor, weight: float) -> Tensor:
    """Returns u0 + s (u0 - u0 of the degraded curve), (S, N): step 4 of this module."""
    return predicted + weight * (predicted - degraded)
