"""The plain transformer decoder ``decoder`` (paper, "the simplest way"; table 5, "Video Importance Denoiser").

Shapes: V videos, R curves of each, T times of each (R or 1), N samples, D width.
"""

from typing import cast

import torch
from torch import Tensor, nn

from vidsumm.model.config import ModelConfig
from vidsumm.model.denoisers.base import CONDITION_SCALE, TIME_CHANNELS, Denoiser, time_mlp
from vidsumm.model.encoded import EncodedVideos
from vidsumm.model.layers import Dropout, attend_curves, attention_received, feedforward, timestep_features

__all__ = ["DecoderDenoiser", "DecoderLayer"]


class DecoderLayer(nn.Module):
    """Post-norm cross-attention. Its keys depend on neither time nor curve, so all curves of a video share them."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        width = config.width
        self.heads = config.heads
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.attention_out = nn.Linear(width, width)
        self.norm_attention = nn.LayerNorm(width)
        self.feedforward = feedforward(width, config.feedforward, config.dropout)
        self.norm_feedforward = nn.LayerNorm(width)
        self.dropout = Dropout(config.dropout)

    def make_context(self, memory: Tensor) -> Tensor:
        """Z (V, N, D) -> keys and values (V, N, 2 D)."""
        return torch.cat([self.key(memory), self.value(memory)], dim=-1)

    def forward(
        self,
        x: Tensor,
        context: Tensor,
        positions: Tensor | None,
        mask: Tensor | None,
        watch: list[Tensor] | None = None,
    ) -> Tensor:
        """Applies the layer.

        Args:
            x: (V, R, N, D) hidden states.
            context: (V, 1, N, 2 D) `make_context`.
            positions: (V, 1, N, D) added to the queries; None adds nothing.
            mask: (V, N) bool, True at valid samples; None where all are.
            watch: see `Denoiser.forward`.

        Returns:
            (V, R, N, D).
        """
        q, (k, v) = self.query(x), context.chunk(2, dim=-1)
        if positions is not None:
            q = q + positions
        if watch is not None:
            watch.append(attention_received(q, k, heads=self.heads, mask=mask))
        attended = self.attention_out(attend_curves(q, k, v, heads=self.heads, mask=mask))
        x = self.norm_attention(x + self.dropout(attended))
        out: Tensor = self.norm_feedforward(x + self.dropout(self.feedforward(x)))
        return out


class DecoderDenoiser(Denoiser):
    """Decoder layers over the sum of query and time.

    As in the official code, the time is added to the query once, and positions only to the queries of the first layer.
    """

    attends = True

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.time_mlp = time_mlp(TIME_CHANNELS, config.width)
        self.layers = nn.ModuleList(DecoderLayer(config) for _ in range(config.denoiser_layers))

    def contexts(self, memory: Tensor) -> list[Tensor]:
        """Returns keys and values (V, N, 2 D) for each layer."""
        return [cast("DecoderLayer", layer).make_context(memory) for layer in self.layers]

    def forward(self, query: Tensor, t: Tensor, videos: EncodedVideos, watch: list[Tensor] | None = None) -> Tensor:
        """See `Denoiser.forward`."""
        time = self.time_mlp(timestep_features(t, TIME_CHANNELS))[:, :, None]  # (V, T, 1, D)
        x: Tensor = query + CONDITION_SCALE * time
        for layer, context in zip(self.layers, videos.contexts, strict=True):
            positions = videos.positions[:, None] if layer is self.layers[0] else None
            x = layer(x, context[:, None], positions, videos.mask, watch if layer is self.layers[-1] else None)
        return x
