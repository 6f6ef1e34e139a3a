"""Small layers that encoder and denoisers share.

Shapes: V videos, R curves of each, N samples (sampled frames), D width, H heads.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = [
    "Dropout",
    "MaskedConv1d",
    "attend",
    "attend_curves",
    "attention_received",
    "feedforward",
    "interleave",
    "sine_angles",
    "sine_positions",
    "timestep_features",
]

_QUERIES = 256
"""Queries whose attention weights `attention_received` holds in memory at a time."""


def sine_angles(angle: Tensor, width: int, *, max_period: float = 10000.0) -> Tensor:
    """Returns angles (...) times the frequencies max_period^(-2i / D) of channels 2i and 2i + 1, (..., D)."""
    channel = torch.arange(width, device=angle.device)
    period = max_period ** (2 * (channel // 2).float() / width)
    return angle[..., None] / period


def interleave(even: Tensor, odd: Tensor) -> Tensor:
    """Returns (..., D) with the even channels of one tensor and the odd channels of the other."""
    channel = torch.arange(even.shape[-1], device=even.device)
    return torch.where(channel % 2 == 0, even, odd)


def sine_positions(mask: Tensor, width: int) -> Tensor:
    """Returns sinusoidal positions over the valid samples, scaled to (0, 2 pi] whatever the length, (V, N, D).

    Args:
        mask: (V, N) bool, True at valid samples.
        width: D; even channels hold sines, odd ones cosines.
    """
    index = mask.cumsum(dim=1, dtype=torch.float32)  # (V, N)
    angle = index / (index[:, -1:] + 1e-6) * (2 * math.pi)  # (V, N)
    angles = sine_angles(angle, width)  # (V, N, D)
    return interleave(angles.sin(), angles.cos())


def timestep_features(t: Tensor, width: int, *, max_period: float = 10000.0) -> Tensor:
    """Returns cosines and sines of the times t (...) at geometrically spaced frequencies, (..., width) float32."""
    half = width // 2
    frequency = torch.exp(-math.log(max_period) * torch.arange(half, device=t.device, dtype=torch.float32) / half)
    angle = t.float()[..., None] * frequency
    return torch.cat([angle.cos(), angle.sin()], dim=-1)


def attend(q: Tensor, k: Tensor, v: Tensor, *, heads: int, mask: Tensor | None) -> Tensor:
    """Applies multi-head scaled dot-product attention, (B, L, D).

    Args:
        q: (B, L, D) queries.
        k: (B, N, D) keys.
        v: (B, N, D) values.
        heads: H, divides D.
        mask: (B, N) bool, True at keys that may be attended to; None for all, which fused kernels prefer.
    """
    bias = None if mask is None else mask[:, None, None, :]
    q, k, v = (_split(x, heads) for x in (q, k, v))  # (B, H, L or N, D / H)
    if q.device.type == "cpu":  # attention on a CPU is slower in bfloat16; its backward pass takes twice as long
        with torch.autocast("cpu", enabled=False):
            out = F.scaled_dot_product_attention(q.float(), k.float(), v.float(), attn_mask=bias)
    else:
        out = F.scaled_dot_product_attention(q, k, v, attn_mask=bias)
    return out.transpose(1, 2).flatten(2)  # (B, L, D)


def attend_curves(q: Tensor, k: Tensor, v: Tensor, *, heads: int, mask: Tensor | None) -> Tensor:
    """Attends for the curves of each video: q (V, R, N, D), k and v (V, T, N, D) with T = R or 1, mask (V, N)."""
    if k.shape[1] == 1:  # with shared keys, the curves of a video are one long row of queries
        return attend(q.flatten(1, 2), k[:, 0], v[:, 0], heads=heads, mask=mask).view_as(q)
    valid = None if mask is None else mask.repeat_interleave(q.shape[1], dim=0)
    return attend(q.flatten(0, 1), k.flatten(0, 1), v.flatten(0, 1), heads=heads, mask=valid).view_as(q)


def attention_received(q: Tensor, k: Tensor, *, heads: int, mask: Tensor | None) -> Tensor:
    """Returns what share of a curve's attention each key receives, mean over heads and valid queries, (V, R, N).

    Under uniform attention each of N keys receives 1 / N. Fused kernels do not return attention weights, so they are
    computed here, for a limited number of queries at a time.

    Args:
        q: (V, R, N, D) queries of R curves.
        k: (V, T, N, D) keys, T = R or 1.
        heads: H, divides D.
        mask: (V, N) bool, True at valid samples; the queries and keys of the others do not count.
    """
    queries, keys = _split(q, heads) * (q.shape[-1] // heads) ** -0.5, _split(k, heads)  # (V, R, H, N, D / H)
    asking = torch.ones_like(q[:, :1, :, 0]) if mask is None else mask[:, None].to(q.dtype)  # (V, 1, N)
    received = torch.zeros_like(queries[..., 0])  # (V, R, H, N)
    for begin in range(0, q.shape[-2], _QUERIES):
        some = slice(begin, begin + _QUERIES)
        logits = queries[..., some, :] @ keys.transpose(-1, -2)  # (V, R, H, some, N)
        if mask is not None:
            logits = logits.masked_fill(~mask[:, None, None, None], -math.inf)
        received = received + (asking[:, :, None, None, some] @ logits.softmax(dim=-1)).squeeze(-2)
    return received.mean(dim=2) / asking.sum(dim=-1, keepdim=True)


def _split(x: Tensor, heads: int) -> Tensor:
    """(..., L, D) -> (..., H, L, D / H)."""
    return x.view(*x.shape[:-1], heads, -1).transpose(-3, -2)


def feedforward(width: int, hidden: int, dropout: float) -> nn.Sequential:
    """Returns the two linear layers of a post-norm transformer layer, (..., D) -> (..., D)."""
    return nn.Sequential(nn.Linear(width, hidden), nn.PReLU(), Dropout(dropout), nn.Linear(hidden, width))


class Dropout(nn.Dropout):
    """Dropout by uniform random numbers on the CPU, where PyTorch's Bernoulli numbers take four times as long."""

    def forward(self, x: Tensor) -> Tensor:
        """(...) -> (...)."""
        if not self.training or not self.p or x.device.type != "cpu":
            return super().forward(x)
        kept = torch.rand(x.shape) >= self.p
        return x * kept.to(x.dtype).mul_(1 / (1 - self.p))


class MaskedConv1d(nn.Conv1d):
    """Convolution over time, kernel 3, that reads padded samples as zeros, like those beyond the ends of a video."""

    def __init__(self, width: int) -> None:
        super().__init__(width, width, kernel_size=3, padding=1)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """(V, R, N, D) -> (V, R, N, D); mask (V, N) bool, True at samples that are read, None for all."""
        if mask is not None:
            x = x * mask[:, None, :, None]
        out = super().forward(x.flatten(0, 1).transpose(1, 2))  # (V * R, D, N)
        return out.transpose(1, 2).reshape(x.shape)  # (V, R, N, D)
