"""The condition encoder: features of the samples -> Z (paper section 3.2 and supplement E).

Shapes: V videos, N samples (sampled frames), C channels of the features, D width.
"""

import itertools

import torch
from torch import Tensor, nn

from vidsumm.model.config import ModelConfig
from vidsumm.model.layers import Dropout, attend, attention_received, feedforward, sine_positions

__all__ = ["ConditionEncoder", "EncoderLayer", "InputProjection"]


class InputProjection(nn.Module):
    """`input_layers` times LayerNorm, dropout and a linear layer, with a ReLU in between."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        widths = [config.feature_dim] + [config.width] * config.input_layers
        self.norms = nn.ModuleList(nn.LayerNorm(w) for w in widths[:-1])
        self.linears = nn.ModuleList(nn.Linear(a, b) for a, b in itertools.pairwise(widths))
        self.dropout = Dropout(config.input_dropout)

    def forward(self, x: Tensor) -> Tensor:
        """(V, N, C) -> (V, N, D)."""
        for i, (norm, linear) in enumerate(zip(self.norms, self.linears, strict=True)):
            x = linear(self.dropout(norm(x)))
            if i + 1 < len(self.linears):
                x = torch.relu(x)
        return x


class EncoderLayer(nn.Module):
    """Post-norm transformer layer; positions are added to queries and keys, not to values."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.heads = config.heads
        self.qkv = nn.Linear(config.width, 3 * config.width)
        self.attention_out = nn.Linear(config.width, config.width)
        self.norm_attention = nn.LayerNorm(config.width)
        self.feedforward = feedforward(config.width, config.feedforward, config.dropout)
        self.norm_feedforward = nn.LayerNorm(config.width)
        self.dropout = Dropout(config.dropout)
        nn.init.xavier_uniform_(self.qkv.weight)
        nn.init.zeros_(self.qkv.bias)

    def forward(self, x: Tensor, positions: Tensor, mask: Tensor | None, watch: list[Tensor] | None = None) -> Tensor:
        """Applies the layer.

        Args:
            x: (V, N, D) tokens.
            positions: (V, N, D).
            mask: (V, N) bool, True at valid tokens; None where all are.
            watch: the share of attention that each token receives is appended to it, (V, N); None computes nothing.

        Returns:
            (V, N, D).
        """
        weights, biases = self.qkv.weight.chunk(3), self.qkv.bias.chunk(3)
        placed = x + positions
        q, k, v = (nn.functional.linear(y, w, b) for y, w, b in zip((placed, placed, x), weights, biases, strict=True))
        if watch is not None:
            watch.append(attention_received(q[:, None], k[:, None], heads=self.heads, mask=mask)[:, 0])
        # without dropout on the attention weights fused kernels apply, and training takes half the time
        attended = self.attention_out(attend(q, k, v, heads=self.heads, mask=mask))
        x = self.norm_attention(x + self.dropout(attended))
        out: Tensor = self.norm_feedforward(x + self.dropout(self.feedforward(x)))
        return out


class ConditionEncoder(nn.Module):
    """Encodes a video once for all curves and all denoising steps."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.width = config.width
        self.projection = InputProjection(config)
        self.global_token = nn.Parameter(torch.randn(config.width))
        self.global_position = nn.Parameter(torch.randn(config.width))
        self.layers = nn.ModuleList(EncoderLayer(config) for _ in range(config.encoder_layers))

    def forward(
        self,
        features: Tensor,
        mask: Tensor | None,
        watch: list[Tensor] | None = None,
        *,
        null: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Encodes a padded batch of videos.

        Args:
            features: (V, N, C) float32.
            mask: (V, N) bool, True at valid samples, which come first; None where all are.
            watch: the last self-attention appends to this list what share of it each sample receives, (V, N), see
                `attention_received`. Nothing is computed for it where it is None.
            null: (C,) features of the null video, which is encoded beside a single video without mask: V becomes 2.

        Returns:
            Z (V, N, D), and the positions (V, N, D) that the denoisers use too.
        """
        tokens = self.projection(features)
        if null is not None:  # all its samples are the same: one is projected for all
            tokens = torch.cat([tokens, self.projection(null[None, None]).expand_as(tokens)])
        count = len(tokens)
        valid = tokens.new_ones(tokens.shape[:2], dtype=torch.bool) if mask is None else mask
        positions = sine_positions(valid, self.width)
        x = torch.cat([self.global_token.expand(count, 1, -1), tokens], dim=1)  # (V, 1 + N, D)
        placed = torch.cat([self.global_position.expand(count, 1, -1), positions], dim=1)
        keys = None if mask is None else torch.cat([mask.new_ones(count, 1), mask], dim=1)
        received: list[Tensor] | None = None if watch is None else []
        for layer in self.layers:
            x = layer(x, placed, keys, received if layer is self.layers[-1] else None)
        if watch is not None:
            watch.extend(share[:, 1:] for share in received or ())  # without the global token
        return x[:, 1:], positions
