"""The cosine noise schedule and the logit space in which scores are noised (paper section 3.1)."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = [
    "EPSILON",
    "NUM_STEPS",
    "Schedule",
    "cosine_schedule",
    "predicted_noise",
    "q_sample",
    "to_logit",
    "to_score",
]

NUM_STEPS = 1000
"""T, the number of diffusion steps."""
EPSILON = 1e-3
"""Scores s are clamped so that neither s nor 1 - s is below this before the logit (paper, supplement E)."""


@dataclass(frozen=True)
class Schedule:
    """A noise schedule, by its cumulative products.

    Symbols: abar_t is `alphas_cumprod[t]`, the share of the clean signal's variance that is left at time t.
    """

    alphas_cumprod: Tensor
    """(T,) float64, strictly decreasing, in (0, 1). The sampler takes differences of nearly equal products, which would
    lose half their digits in float32, enough to move a noised score to another level of the codebook."""

    def to(self, device: torch.device) -> "Schedule":
        """Returns the same schedule on another device."""
        return Schedule(self.alphas_cumprod.to(device))

    @property
    def steps(self) -> int:
        """T, the number of diffusion steps."""
        return len(self.alphas_cumprod)


def cosine_schedule(steps: int = NUM_STEPS, *, offset: float = 0.008, max_beta: float = 0.999) -> Schedule:
    """Returns the cosine schedule of Nichol and Dhariwal (2021), eq. 17, as the paper uses it.

    f(t) = cos^2((t / T + s) / (1 + s) * pi / 2), beta_t = min(1 - f(t + 1) / f(t), max_beta).

    Args:
        steps: T.
        offset: s, which keeps the first betas from vanishing.
        max_beta: largest beta, which avoids the singularity at T.
    """
    grid = torch.linspace(0, steps, steps + 1, dtype=torch.float64)
    level = torch.cos((grid / steps + offset) / (1 + offset) * math.pi / 2) ** 2
    level = level / level[0]
    betas = (1 - level[1:] / level[:-1]).clamp(0, max_beta)
    return Schedule(torch.cumprod(1 - betas, dim=0))


def to_logit(score: Tensor, temperature: float) -> Tensor:
    """Returns u = log(s / (1 - s)) / temperature, with s and 1 - s clamped to at least EPSILON, so that u is finite."""
    s = score.clamp(min=EPSILON)
    rest = (1 - score).clamp(min=EPSILON)
    return torch.log(s / rest) / temperature


def to_score(logit: Tensor, temperature: float) -> Tensor:
    """Returns s = sigmoid(temperature * u), the inverse of `to_logit` between EPSILON and 1 - EPSILON."""
    return torch.sigmoid(temperature * logit)


def q_sample(schedule: Schedule, u0: Tensor, t: Tensor, noise: Tensor) -> Tensor:
    """Adds noise (the forward process): u_t = sqrt(abar_t) u_0 + sqrt(1 - abar_t) noise.

    Args:
        schedule: the noise schedule.
        u0: (B, N) clean logits.
        t: (B,) int64 in 0..T-1.
        noise: (B, N) standard normal.
    """
    abar = schedule.alphas_cumprod[t][:, None]  # (B, 1)
    return abar.sqrt().to(u0.dtype) * u0 + (1 - abar).sqrt().to(u0.dtype) * noise


def predicted_noise(u_t: Tensor, u0: Tensor, abar: Tensor) -> Tensor:
    """Returns eps = (u_t - sqrt(abar) u0) / sqrt(1 - abar), the noise in u_t given a predicted u0, (S, N).

    Args:
        u_t: (S, N) noised logits.
        u0: (S, N) predicted clean logits.
        abar: () float64 abar_t; on the CPU it works with tensors of any device.
    """
    return ((1 / abar).sqrt() * u_t - u0) / (1 / abar - 1).sqrt()
