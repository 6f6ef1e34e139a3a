"""Classifier-free and self-attention guidance (paper, supplement B), both in the space of clean logits.

Self-attention guidance asks the network a second time, about a curve whose most attended frames were blurred, and moves
away from that answer. Symbols: u0 = f~(C(u_t), t, Z), the prediction, classifier-free guidance included; s the weight,
psi the threshold, A_t the attention, M_t = 1(A_t > psi), G_sigma the blur.

1. eps = (u_t - sqrt(abar_t) u0) / sqrt(1 - abar_t)               the noise that u0 leaves in u_t (eq. 3)
2. blurred_t = sqrt(abar_t) (G_sigma * u0) + sqrt(1 - abar_t) eps  blurred and noised again
3. degraded_t = (1 - M_t) u_t + M_t blurred_t                      eq. 2
4. u0 + s (u0 - f~(C(degraded_t), t, Z))                           eq. 1

Where the paper says less or something else: eq. 1 prints (1 + s), with the degraded prediction lost on its first term;
its source (Hong et al. 2023) writes f(degraded) + (1 + s) (f - f(degraded)), which is step 4. Taken as printed, the
paper's weight is this s less one. The curves are combined before the codebook, which takes numbers, not embeddings.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional

from vidsumm.diffusion.schedule import predicted_noise

__all__ = ["blur_attended", "gaussian_blur", "guide", "move_away"]

_REACH = 4
"""The Gaussian ends after this many standard deviations."""
_EVEN = 1e-4
"""Attention this little above the threshold is rounding: where it is uniform, no frame is attended more than others."""


def guide(conditional: Tensor, unconditional: Tensor, weight: float) -> Tensor:
    """(1 + w) u0(Z) - w u0(null), in the space of clean logits.

    Args:
        conditional: (S, N) prediction given the video.
        unconditional: (S, N) prediction given the null video.
        weight: w; 0 leaves the conditional prediction as it is.
    """
    return (1 + weight) * conditional - weight * unconditional


def gaussian_blur(curves: Tensor, sigma: float) -> Tensor:
    """Curves convolved along time with a Gaussian, (S, N); at the ends the frames that exist share its weight.

    Args:
        curves: (S, N).
        sigma: standard deviation, frames.
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
    """The degraded curve: steps 1 to 3 above, (S, N).

    Args:
        u_t: (S, N) noised logits.
        u0: (S, N) the clean logits predicted from them.
        attention: (S, N) A_t, 1 being the mean frame's.
        abar: () float64 abar_t; on the CPU it serves tensors of any device.
        sigma: of the blur, frames.
        threshold: psi; frames above it are blurred.
    """
    noise = predicted_noise(u_t, u0, abar)
    blurred = abar.sqrt() * gaussian_blur(u0, sigma) + (1 - abar).sqrt() * noise
    return torch.where(attention > threshold + _EVEN, blurred, u_t)


def move_away(predicted: Tensor, degraded: Tensor, weight: float) -> Tensor:
    """u0 + s (u0 - u0 of the degraded curve), step 4 above, (S, N)."""
    return predicted + weight * (predicted - degraded)
