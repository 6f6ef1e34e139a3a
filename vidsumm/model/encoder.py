"""The condition encoder: frame features -> Z (paper section 3.2 and supplement E)."""

import itertools

import torch
from torch import Tensor, nn

from vidsumm.model.config import ModelConfig
from vidsumm.model.layers import Dropout, attend, attention_received, sine_positions

__all__ = ["ConditionEncoder"]


class InputProjection(nn.Module):
    """LayerNorm, dropout, linear; as many as asked for, a ReLU between them."""

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
    """Post-norm transformer layer; positions join queries and keys, not values."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.heads = config.heads
        self.qkv = nn.Linear(config.width, 3 * config.width)
        self.attention_out = nn.Linear(config.width, config.width)
        self.norm_attention = nn.LayerNorm(config.width)
        self.feedforward = nn.Sequential(
            nn.Linear(config.width, config.feedforward),
            nn.PReLU(),
            Dropout(config.dropout),
            nn.Linear(config.feedforward, config.width),
        )
        self.norm_feedforward = nn.LayerNorm(config.width)
        self.dropout = Dropout(config.dropout)
        nn.init.xavier_uniform_(self.qkv.weight)
        nn.init.zeros_(self.qkv.bias)

    def forward(self, x: Tensor, positions: Tensor, mask: Tensor | None, watch: list[Tensor] | None = None) -> Tensor:
        """(V, N, D), positions (V, N, D), mask (V, N) or None -> (V, N, D); a list is given what tokens receive."""
        weights, biases = self.qkv.weight.chunk(3), self.qkv.bias.chunk(3)
        placed = x + positions
        q, k, v = (nn.functional.linear(y, w, b) for y, w, b in zip((placed, placed, x), weights, biases, strict=True))
        if watch is not None:
            watch.append(attention_received(q[:, None], k[:, None], heads=self.heads, mask=mask)[:, 0])
        # attention weights are not dropped out: fused kernels then apply, and training takes half the time
        attended = self.attention_out(attend(q, k, v, heads=self.heads, mask=mask))
        x = self.norm_attention(x + self.dropout(attended))
        out: Tensor = self.norm_feedforward(x + self.dropout(self.feedforward(x)))
        return out


class ConditionEncoder(nn.Module):
    """Encodes a video once; its result serves every sample and every denoising step."""

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
            features: (V, N, C) float32 frame features.
            mask: (V, N) bool, True at valid frames, which come first; None where all are.
            watch: the last layer's self-attention appends what each frame receives of it, (V, N); see
                `attention_received`.
            null: (C,) features of a frame of the null video, which joins one video without mask: V becomes 2.

        Returns:
            Z (V, N, D), and the positions (V, N, D) that the denoisers use too.
        """
        frames = self.projection(features)
        if null is not None:  # all its frames are one
            frames = torch.cat([frames, self.projection(null[None, None]).expand_as(frames)])
        count = len(frames)
        valid = frames.new_ones(frames.shape[:2], dtype=torch.bool) if mask is None else mask
        positions = sine_positions(valid, self.width)
        x = torch.cat([self.global_token.expand(count, 1, -1), frames], dim=1)
        placed = torch.cat([self.global_position.expand(count, 1, -1), positions], dim=1)
        keys = None if mask is None else torch.cat([mask.new_ones(count, 1), mask], dim=1)
        received: list[Tensor] | None = None if watch is None else []
        for layer in self.layers:
            x = layer(x, placed, keys, received if layer is self.layers[-1] else None)
        if watch is not None:
            watch.extend(tokens[:, 1:] for tokens in received or ())
        return x[:, 1:], positions
