"""Draws importance curves of a video. It is encoded once; each step computes both guidance branches in one batch.

Shapes: S curves, N samples (sampled frames), C channels of the features.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vidsumm.diffusion.guidance import blur_attended, guide, move_away
from vidsumm.diffusion.sampler import Draws, Final, ddim_sample, draw_noise
from vidsumm.diffusion.schedule import cosine_schedule, to_score
from vidsumm.errors import ConfigError
from vidsumm.model.fused import FusedLatentMLP
from vidsumm.model.summdiff import SummDiff

__all__ = ["CurveSampler", "SamplingOptions", "curves_at_a_time", "sample_curves"]

_GPU_CURVES = 5
"""The default number of curves of a run: small batches leave a GPU idle."""


def _ignore() -> None:
    """Does nothing before a step."""


def curves_at_a_time(device: torch.device) -> int:
    """Returns how many curves to denoise at a time. On a CPU, one curve fills the caches and keeps all cores busy."""
    return 1 if device.type == "cpu" else _GPU_CURVES


@dataclass(frozen=True)
class SamplingOptions:
    """How curves are drawn."""

    steps: int = 10
    """Denoising steps."""
    guidance: float = 0.0
    """Weight w of classifier-free guidance; 0 computes only the conditional branch."""
    final: Final = "paper"
    """Where the last prediction is made, see `vidsumm.diffusion.sampler`."""
    guide_final: bool = True
    """Whether guidance applies to the last prediction (paper: yes, official code: no)."""
    attention_guidance: float = 0.0
    """Weight s of self-attention guidance (`vidsumm.diffusion.guidance`); 0 leaves it out, anything else calls the
    network twice in each step."""
    attention_blur: float = 2.0
    """Standard deviation of its blur along time, in samples; 2 samples are a second at 2 fps."""
    attention_threshold: float = 1.0
    """psi; samples that receive more attention than this are blurred. Uniform attention is 1."""

    def __post_init__(self) -> None:
        checks = {
            "steps": self.steps >= 1,
            "guidance": 0 <= self.guidance < math.inf,
            "final": self.final in get_args(Final),
            "attention_guidance": 0 <= self.attention_guidance < math.inf,
            "attention_blur": 0 < self.attention_blur < math.inf,
            "attention_threshold": 0 <= self.attention_threshold < math.inf,
        }
        for name, ok in checks.items():
            if not ok:
                raise ConfigError(f"sampling option {name}: {getattr(self, name)!r} is not allowed")


class CurveSampler:
    """Draws curves of one video, which is encoded only once.

    Args:
        model: the network; it is put into evaluation mode.
        features: (N, C) float32 features of the video.
        options: steps and guidance.
        batch: curves denoised at a time, by default as many as suit the device.
    """

    def __init__(
        self, model: SummDiff, features: NDArray[np.float32], options: SamplingOptions, *, batch: int | None = None
    ) -> None:
        self.model = model.eval()
        self.options = options
        self.device = model.null_features.device
        self.batch = batch or curves_at_a_time(self.device)
        self.schedule = cosine_schedule()
        self.length = len(features)
        self._on_step: Callable[[], None] = _ignore
        with torch.inference_mode():
            video = torch.tensor(features, dtype=torch.float32, device=self.device)[None]  # (1, N, C)
            needs_attention = options.attention_guidance > 0 and not model.attends
            encode = model.encode_with_null if options.guidance > 0 else model.encode
            self.encoded = encode(video, attention=needs_attention)
            applies = FusedLatentMLP.applies(model, self.encoded)
            self.fused = FusedLatentMLP(model, self.encoded) if applies else None

    def sample(self, seeds: Sequence[int], *, on_step: Callable[[], None] = _ignore) -> NDArray[np.float32]:
        """Draws a curve for each seed, (S, N) float32 in (0, 1); more seeds leave the first curves the same bit by bit.

        For that, all batches have the same shape, and one that is not full is filled up: the shape decides how sums are
        rounded, and a rounding error can move a noised score to another level of the codebook.

        Args:
            seeds: the seeds.
            on_step: called before each denoising step; what it raises ends the work.
        """
        self._on_step = on_step
        return np.concatenate([self._sample_batch(seeds[i : i + self.batch]) for i in range(0, len(seeds), self.batch)])

    def _sample_batch(self, seeds: Sequence[int]) -> NDArray[np.float32]:
        full = [*seeds] + [seeds[-1]] * (self.batch - len(seeds))
        return self.replay(draw_noise(full, self.options.steps, self.length))[: len(seeds)]

    def replay(self, draws: Draws) -> NDArray[np.float32]:
        """Draws curves from given random numbers, (S, N) float32."""
        with torch.inference_mode():
            logits = ddim_sample(
                self._guided_by_attention if self.options.attention_guidance > 0 else self._apply_guidance,
                self.schedule,
                draws.to(self.device),
                steps=self.options.steps,
                final=self.options.final,
                denoise_final=None if self.options.guide_final else self._conditional,
            )
            scores: NDArray[np.float32] = to_score(logits, self.model.config.temperature).cpu().numpy()
            return scores

    def _apply_guidance(self, u_t: Tensor, t: int) -> Tensor:
        if self.options.guidance <= 0:
            return self._conditional(u_t, t)
        both = self._ask(u_t, t, 2)
        return guide(both[0], both[1], self.options.guidance)

    def _conditional(self, u_t: Tensor, t: int) -> Tensor:
        return self._ask(u_t, t, 1)[0]

    def _ask(self, u_t: Tensor, t: int, branches: int) -> Tensor:
        """Predicts u0 (branches, S, N) from u_t (S, N), for the first guidance branches: conditional, unconditional."""
        self._on_step()
        if self.fused is not None:
            return self.fused.denoise(u_t, t, branches)
        videos = self.encoded[:branches]
        return self.model.denoise(u_t.expand(branches, -1, -1), self._times(branches, t), videos)

    def _guided_by_attention(self, u_t: Tensor, t: int) -> Tensor:
        options, branches = self.options, len(self.encoded.memory)
        answers, attention = self.model.denoise_attended(
            u_t.expand(branches, -1, -1), self._times(branches, t), self.encoded
        )
        u0 = answers[0] if branches == 1 else guide(answers[0], answers[1], options.guidance)
        degraded = blur_attended(
            u_t,
            u0,
            attention[0],  # of the conditional branch
            self.schedule.alphas_cumprod[t],
            sigma=options.attention_blur,
            threshold=options.attention_threshold,
        )
        return move_away(u0, self._apply_guidance(degraded, t), options.attention_guidance)

    def _times(self, branches: int, t: int) -> Tensor:
        return torch.full((branches, 1), t, device=self.device)


def sample_curves(
    model: SummDiff, features: NDArray[np.float32], seeds: Sequence[int], options: SamplingOptions
) -> NDArray[np.float32]:
    """Draws curves of one video, (S, N) float32 in (0, 1), one for each seed; see `CurveSampler`."""
    return CurveSampler(model, features, options).sample(seeds)
