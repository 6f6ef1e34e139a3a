"""DDIM sampling of importance logits (paper section 3.2, "Inference").

All random numbers are arguments, so that recorded ones can be replayed. Shapes: S curves, N samples (sampled frames).
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from vidsumm.diffusion.schedule import Schedule, predicted_noise

__all__ = ["Denoiser", "Draws", "Final", "ddim_sample", "draw_noise", "sampling_times"]

Final = Literal["paper", "official"]
"""Where the last prediction is made: at the time of least noise (paper), or one stride before it (official code)."""

Denoiser = Callable[[Tensor, int], Tensor]
"""(u_t (S, N), t) -> predicted clean logits u0 (S, N)."""


@dataclass(frozen=True)
class Draws:
    """All random numbers that S curves are drawn from."""

    x_T: Tensor  # noqa: N815  (the literature's name)
    """(S, N) standard normal, the start."""
    step_noise: Tensor
    """(steps - 1 or more, S, N) standard normal, one slice for each step except the last."""

    def to(self, device: torch.device) -> "Draws":
        """Returns the same draws on another device."""
        return Draws(self.x_T.to(device), self.step_noise.to(device))


def draw_noise(seeds: Sequence[int], steps: int, length: int) -> Draws:
    """Draws the random numbers of each seed from a generator of its own, so that no curve depends on the others.

    Args:
        seeds: (S,) one for each curve.
        steps: denoising steps.
        length: N.

    Returns:
        The draws, on the CPU.
    """
    rows = [torch.randn(steps, length, generator=torch.Generator().manual_seed(seed)) for seed in seeds]
    noise = torch.stack(rows, dim=1)  # (steps, S, N)
    return Draws(noise[0], noise[1:])


def sampling_times(steps: int, total: int, final: Final) -> list[int]:
    """Returns the times at which the denoiser is called, descending from total - 1.

    Times count from 0 here: the paper's T is total - 1, and its last step t = 1 is 0.

    Args:
        steps: number of times.
        total: T of the noise schedule.
        final: ``"paper"`` spreads them evenly down to 0, where the prediction "is directly used" (section 3.2), with
            guidance. ``"official"`` is linspace(0, total - 1, steps + 1), rounded down, without its 0: for ten steps
            999, 899, ..., 99.
    """
    if final == "paper":
        grid = torch.linspace(0, total - 1, steps) if steps > 1 else torch.tensor([total - 1.0])
    else:
        grid = torch.linspace(0, total - 1, steps + 1)[1:]
    return [int(t) for t in reversed(grid.to(torch.int64))]


def ddim_sample(
    denoise: Denoiser,
    schedule: Schedule,
    draws: Draws,
    *,
    steps: int,
    final: Final = "paper",
    denoise_final: Denoiser | None = None,
) -> Tensor:
    """Denoises `draws.x_T` into clean logits, (S, N).

    For consecutive times (t, t') of `sampling_times`, with abar = abar_t and abar' = abar_t':

    1. u0 = denoise(u_t, t)
    2. eps = (u_t - sqrt(abar) u0) / sqrt(1 - abar)
    3. sigma^2 = (1 - abar') / (1 - abar) * (1 - abar / abar')   (eta = 1, the DDPM reverse process)
    4. u_t' = sqrt(abar') u0 + sqrt(1 - abar' - sigma^2) eps + sigma * noise

    The prediction at the last time is the result; no noise is added to it.

    Args:
        denoise: predicts u0; called once for each step, with all curves.
        schedule: the noise schedule; on the CPU it works with tensors of any device, without waiting for a GPU.
        draws: start and step noise, on the device of the denoiser.
        steps: how often the denoiser is called.
        final: see `sampling_times`.
        denoise_final: called at the last time instead of `denoise` (the official code leaves guidance out there).
    """
    times = sampling_times(steps, schedule.steps, final)
    u = draws.x_T
    for i, (t, t_next) in enumerate(itertools.pairwise(times)):
        u = _step(schedule, u, denoise(u, t), (t, t_next), draws.step_noise[i])
    return (denoise_final or denoise)(u, times[-1])


def _step(schedule: Schedule, u: Tensor, u0: Tensor, times: tuple[int, int], noise: Tensor) -> Tensor:
    abar, abar_next = schedule.alphas_cumprod[times[0]], schedule.alphas_cumprod[times[1]]
    eps = predicted_noise(u, u0, abar)
    sigma2 = (1 - abar / abar_next) * (1 - abar_next) / (1 - abar)
    return abar_next.sqrt() * u0 + (1 - abar_next - sigma2).sqrt() * eps + sigma2.sqrt() * noise
