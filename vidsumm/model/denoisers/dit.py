"""The AdaLN-Zero transformer denoiser ``dit``, which the paper uses for large data sets (Mr. HiSum).

Shapes: V videos, R curves of each, T times of each (R or 1), N samples, D width.
"""

from typing import cast

from torch import Tensor, nn

from vidsumm.model.config import ModelConfig
from vidsumm.model.denoisers.base import CONDITION_SCALE, TIME_CHANNELS, Denoiser, modulate, time_mlp, zero_linear
from vidsumm.model.encoded import EncodedVideos
from vidsumm.model.layers import attend_curves, attention_received, timestep_features

__all__ = ["DiTBlock", "DiTDenoiser"]


class DiTBlock(nn.Module):
    """Cross-attention from the noised scores to the video, conditioned by AdaLN-Zero on time and position."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        width = config.width
        self.heads = config.heads
        self.norm = nn.LayerNorm(width, eps=1e-6, elementwise_affine=False)
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.attention_out = nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, config.feedforward), nn.ReLU(), nn.Linear(config.feedforward, width))
        self.modulation = nn.Sequential(nn.SiLU(), zero_linear(width, 6 * width))

    def make_context(self, memory: Tensor) -> Tensor:
        """Z (V, N, D) -> (V, N, D), before time and position modulate it."""
        out: Tensor = self.norm(memory)
        return out

    def forward(
        self, x: Tensor, context: Tensor, condition: Tensor, mask: Tensor | None, watch: list[Tensor] | None = None
    ) -> Tensor:
        """Applies the block.

        Args:
            x: (V, R, N, D) hidden states.
            context: (V, 1, N, D) `make_context`.
            condition: (V, T, N or 1, D) embedding of time, and of position where positions modulate too.
            mask: (V, N) bool, True at valid samples; None where all are.
            watch: see `Denoiser.forward`.

        Returns:
            (V, R, N, D).
        """
        shift_a, scale_a, gate_a, shift_m, scale_m, gate_m = self.modulation(condition).chunk(6, dim=-1)
        q = self.query(modulate(self.norm(x), shift_a, scale_a))
        kv = modulate(context, shift_a, scale_a)  # (V, T, N, D)
        k = self.key(kv)
        if watch is not None:
            watch.append(attention_received(q, k, heads=self.heads, mask=mask))
        attended = attend_curves(q, k, self.value(kv), heads=self.heads, mask=mask)
        x = x + gate_a * self.attention_out(attended)
        out: Tensor = x + gate_m * self.mlp(modulate(self.norm(x), shift_m, scale_m))
        return out


class DiTDenoiser(Denoiser):
    """Blocks of AdaLN-Zero cross-attention, and a final modulated linear layer."""

    attends = True

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        width = config.width
        self.modulated_by_position = config.modulation == "time-and-position"
        self.time_mlp = time_mlp(TIME_CHANNELS, width)
        self.blocks = nn.ModuleList(DiTBlock(config) for _ in range(config.denoiser_layers))
        self.final_norm = nn.LayerNorm(width, eps=1e-6, elementwise_affine=False)
        self.final_modulation = nn.Sequential(nn.SiLU(), zero_linear(width, 2 * width))
        self.final_linear = zero_linear(width, width)

    def contexts(self, memory: Tensor) -> list[Tensor]:
        """Returns the context (V, N, D) of each block."""
        return [cast("DiTBlock", block).make_context(memory) for block in self.blocks]

    def forward(self, query: Tensor, t: Tensor, videos: EncodedVideos, watch: list[Tensor] | None = None) -> Tensor:
        """See `Denoiser.forward`."""
        positions = videos.positions[:, None]  # (V, 1, N, D)
        time = CONDITION_SCALE * self.time_mlp(timestep_features(t, TIME_CHANNELS))[:, :, None]  # (V, T, 1, D)
        x = query + positions
        condition = time + positions if self.modulated_by_position else time  # (V, T, N or 1, D)
        for block, context in zip(self.blocks, videos.contexts, strict=True):
            x = block(x, context[:, None], condition, videos.mask, watch if block is self.blocks[-1] else None)
        shift, scale = self.final_modulation(time).chunk(2, dim=-1)
        out: Tensor = self.final_linear(modulate(self.final_norm(x), shift, scale))
        return out
