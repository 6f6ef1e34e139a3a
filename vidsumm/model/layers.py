"""Small layers that encoder and denoisers share.

Shapes: V videos, R score curves of a video, N frames, D width, H heads.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["MaskedConv1d", "attend", "sine_positions", "timestep_features"]


def sine_positions(mask: Tensor, width: int, *, max_period: float = 10000.0) -> Tensor:
    """Sinusoidal positions over the valid frames, scaled to (0, 2 pi] whatever the length, (V, N, D) float32.

    Args:
        mask: (V, N) bool, True at valid frames.
        width: D; even channels hold sines, odd ones cosines.
        max_period: the temperature of the frequencies.
    """
    index = mask.cumsum(dim=1, dtype=torch.float32)
    angle = index / (index[:, -1:] + 1e-6) * (2 * math.pi)  # (V, N)
    channel = torch.arange(width, device=mask.device)
    period = max_period ** (2 * (channel // 2).float() / width)
    angles = angle[..., None] / period  # (V, N, D)
    return torch.where(channel % 2 == 0, angles.sin(), angles.cos())


def timestep_features(t: Tensor, width: int, *, max_period: float = 10000.0) -> Tensor:
    """cos and sin of t at geometrically spaced frequencies, (*t.shape, width) float32."""
    half = width // 2
    frequency = torch.exp(-math.log(max_period) * torch.arange(half, device=t.device, dtype=torch.float32) / half)
    angle = t.float()[..., None] * frequency
    return torch.cat([angle.cos(), angle.sin()], dim=-1)


def attend(q: Tensor, k: Tensor, v: Tensor, *, heads: int, mask: Tensor | None) -> Tensor:
    """Multi-head scaled dot-product attention, (B, L, D).

    Args:
        q: (B, L, D) queries.
        k: (B, N, D) keys.
        v: (B, N, D) values.
        heads: H, divides D.
        mask: (B, N) bool, True at keys that may be attended to; None for all, which fused kernels prefer.
    """

    def split(x: Tensor) -> Tensor:
        return x.view(*x.shape[:2], heads, -1).transpose(1, 2)  # (B, H, L, D / H)

    bias = None if mask is None else mask[:, None, None, :]
    out = F.scaled_dot_product_attention(split(q), split(k), split(v), attn_mask=bias)
    return out.transpose(1, 2).flatten(2)


class MaskedConv1d(nn.Conv1d):
    """Convolution over time, kernel 3, in which padded frames count as the zeros beyond the video's ends."""

    def __init__(self, width: int) -> None:
        super().__init__(width, width, kernel_size=3, padding=1)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """(V, R, N, D) -> (V, R, N, D); mask (V, N) bool."""
        if mask is not None:
            x = x * mask[:, None, :, None]
        out = super().forward(x.flatten(0, 1).transpose(1, 2))  # (V * R, D, N)
        return out.transpose(1, 2).reshape(x.shape)
