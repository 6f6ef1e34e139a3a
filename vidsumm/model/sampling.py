"""Draws importance curves of a video: encode once, then all samples and both guidance branches in one batch a step."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vidsumm.diffusion.guidance import guide
from vidsumm.diffusion.sampler import Draws, Final, ddim_sample, draw_noise
from vidsumm.diffusion.schedule import cosine_schedule, to_score
from vidsumm.model.summdiff import EncodedVideos, SummDiff

__all__ = ["CurveSampler", "SamplingOptions", "sample_curves"]


@dataclass(frozen=True)
class SamplingOptions:
    """How curves are drawn."""

    steps: int = 10
    guidance: float = 0.0
    """w of classifier-free guidance; 0 asks the network for the conditional branch only."""
    final: Final = "paper"
    guide_final: bool = True
    """Whether guidance applies to the returned prediction (paper: yes, official code: no)."""


class CurveSampler:
    """A video encoded for sampling; asking it for more curves costs only the denoiser.

    Args:
        model: the network; put into evaluation mode.
        features: (N, C) float32 features of the video.
        options: steps and guidance.
        max_batch: curves denoised at a time, bounds memory.
    """

    def __init__(
        self, model: SummDiff, features: NDArray[np.float32], options: SamplingOptions, *, max_batch: int = 64
    ) -> None:
        self.model = model.eval()
        self.options = options
        self.max_batch = max_batch
        self.device = model.null_features.device
        self.schedule = cosine_schedule().to(self.device)
        self.length = len(features)
        with torch.inference_mode():
            video = torch.tensor(features, dtype=torch.float32, device=self.device)[None]  # (1, N, C)
            branches = [video, model.null_like(video)] if options.guidance > 0 else [video]
            self.encoded = model.encode(torch.cat(branches))

    def sample(self, seeds: Sequence[int]) -> NDArray[np.float32]:
        """One curve for each seed, (S, N) float32 in (0, 1); a seed gives the same curve whatever its neighbours."""
        parts = [
            self.replay(draw_noise(seeds[i : i + self.max_batch], self.options.steps, self.length))
            for i in range(0, len(seeds), self.max_batch)
        ]
        return np.concatenate(parts)

    def replay(self, draws: Draws) -> NDArray[np.float32]:
        """Curves from given draws, (S, N) float32."""
        with torch.inference_mode():
            logits = ddim_sample(
                self._guided,
                self.schedule,
                draws.to(self.device),
                steps=self.options.steps,
                final=self.options.final,
                denoise_final=None if self.options.guide_final else self._conditional,
            )
            scores: NDArray[np.float32] = to_score(logits, self.model.config.temperature).cpu().numpy()
            return scores

    def _guided(self, u_t: Tensor, t: int) -> Tensor:
        if self.options.guidance <= 0:
            return self._conditional(u_t, t)
        time = torch.full((2, 1), t, device=self.device)
        both = self.model.denoise(u_t.expand(2, -1, -1), time, self.encoded)  # (2, S, N)
        return guide(both[0], both[1], self.options.guidance)

    def _conditional(self, u_t: Tensor, t: int) -> Tensor:
        first = EncodedVideos(self.encoded.memory[:1], self.encoded.positions[:1], self.encoded.mask[:1])
        return self.model.denoise(u_t[None], torch.full((1, 1), t, device=self.device), first)[0]


def sample_curves(
    model: SummDiff, features: NDArray[np.float32], seeds: Sequence[int], options: SamplingOptions
) -> NDArray[np.float32]:
    """Curves of one video, (S, N) float32 in (0, 1): `CurveSampler` for a single call."""
    return CurveSampler(model, features, options).sample(seeds)
