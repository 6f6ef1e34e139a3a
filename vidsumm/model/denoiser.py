"""The two denoisers f(C(u_t), t, Z) -> hidden states, from which a head reads the clean logit (paper section 3.2).

Shapes: V videos, R curves of each, N frames, D width. Times are (V, T) with T = R, or T = 1 where all curves of a video
share theirs, as they do in sampling: what depends on the time alone is then computed once for all curves.
"""

from torch import Tensor, nn

from vidsumm.model.config import ModelConfig
from vidsumm.model.layers import MaskedConv1d, attend, timestep_features

__all__ = ["DiTDenoiser", "LatentMLPDenoiser", "build_denoiser"]

_TIME_CHANNELS = 256
_CONDITION_SCALE = 0.1  # weight of the time embedding beside the positions (official)


def _zero(linear: nn.Linear) -> nn.Linear:
    nn.init.zeros_(linear.weight)
    nn.init.zeros_(linear.bias)
    return linear


def _modulate(x: Tensor, shift: Tensor, scale: Tensor) -> Tensor:
    return x * (1 + scale) + shift


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
        self.modulation = nn.Sequential(nn.SiLU(), _zero(nn.Linear(width, 6 * width)))

    def forward(self, x: Tensor, memory: Tensor, condition: Tensor, mask: Tensor | None) -> Tensor:
        """x (V, R, N, D), memory (V, 1, N, D), condition (V, T, N, D), mask (V, N) or None -> (V, R, N, D)."""
        shift_a, scale_a, gate_a, shift_m, scale_m, gate_m = self.modulation(condition).chunk(6, dim=-1)
        q = self.query(_modulate(self.norm(x), shift_a, scale_a))
        kv = _modulate(self.norm(memory), shift_a, scale_a)  # (V, T, N, D)
        attended = self._cross_attention(q, self.key(kv), self.value(kv), mask)
        x = x + gate_a * self.attention_out(attended)
        out: Tensor = x + gate_m * self.mlp(_modulate(self.norm(x), shift_m, scale_m))
        return out

    def _cross_attention(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
        if k.shape[1] == 1:  # shared keys: the curves of a video are one long row of queries
            out = attend(q.flatten(1, 2), k[:, 0], v[:, 0], heads=self.heads, mask=mask)
            return out.view_as(q)
        valid = None if mask is None else mask.repeat_interleave(q.shape[1], dim=0)
        out = attend(q.flatten(0, 1), k.flatten(0, 1), v.flatten(0, 1), heads=self.heads, mask=valid)
        return out.view_as(q)


class DiTDenoiser(nn.Module):
    """AdaLN-Zero transformer denoiser, the paper's for large data (Mr. HiSum)."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        width = config.width
        self.time_mlp = nn.Sequential(nn.Linear(_TIME_CHANNELS, width), nn.SiLU(), nn.Linear(width, width))
        self.blocks = nn.ModuleList(DiTBlock(config) for _ in range(config.denoiser_layers))
        self.final_norm = nn.LayerNorm(width, eps=1e-6, elementwise_affine=False)
        self.final_modulation = nn.Sequential(nn.SiLU(), _zero(nn.Linear(width, 2 * width)))
        self.final_linear = _zero(nn.Linear(width, width))

    def forward(self, query: Tensor, t: Tensor, memory: Tensor, positions: Tensor, mask: Tensor | None) -> Tensor:
        """query (V, R, N, D), t (V, T), memory and positions (V, N, D), mask (V, N) or None -> (V, R, N, D)."""
        time = _CONDITION_SCALE * self.time_mlp(timestep_features(t, _TIME_CHANNELS))[:, :, None]  # (V, T, 1, D)
        x = query + positions[:, None]
        condition = time + positions[:, None]  # (V, T, N, D)
        for block in self.blocks:
            x = block(x, memory[:, None], condition, mask)
        shift, scale = self.final_modulation(time).chunk(2, dim=-1)
        out: Tensor = self.final_linear(_modulate(self.final_norm(x), shift, scale))
        return out


class LatentMLPBlock(nn.Module):
    """Residual block over frames: time and video join by addition, a convolution mixes neighbours."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        width = config.width
        self.input = nn.Sequential(nn.LayerNorm(width), nn.SiLU(), nn.Linear(width, width))
        self.time = nn.Sequential(nn.SiLU(), nn.Linear(width, width))
        self.context = nn.Sequential(nn.SiLU(), nn.Linear(width, width))
        self.conv = MaskedConv1d(width)
        self.output = nn.Sequential(
            nn.LayerNorm(width), nn.SiLU(), nn.Dropout(config.dropout), _zero(nn.Linear(width, width))
        )

    def forward(self, x: Tensor, time: Tensor, memory: Tensor, mask: Tensor | None) -> Tensor:
        """x (V, R, N, D), time (V, T, 1, D), memory (V, 1, N, D), mask (V, N) or None -> (V, R, N, D)."""
        h = self.input(x) + self.time(time) + self.context(memory)
        out: Tensor = x + self.output(self.conv(h, mask))
        return out


class LatentMLPDenoiser(nn.Module):
    """Convolution and MLP blocks, the paper's choice where videos are few (SumMe, TVSum; supplement E)."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        width = config.width
        self.width = width
        self.time_mlp = nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width))
        self.input = nn.Linear(width, width)
        self.conv = MaskedConv1d(width)
        self.blocks = nn.ModuleList(LatentMLPBlock(config) for _ in range(config.denoiser_layers))
        self.output = nn.Sequential(nn.LayerNorm(width, eps=1e-6), nn.SiLU(), _zero(nn.Linear(width, width)))

    def forward(self, query: Tensor, t: Tensor, memory: Tensor, positions: Tensor, mask: Tensor | None) -> Tensor:
        """query (V, R, N, D), t (V, T), memory and positions (V, N, D), mask (V, N) or None -> (V, R, N, D)."""
        time = self.time_mlp(timestep_features(t, self.width))[:, :, None]  # (V, T, 1, D)
        x = self.conv(self.input(query + positions[:, None]), mask)
        for block in self.blocks:
            x = block(x, time, memory[:, None], mask)
        out: Tensor = self.output(x)
        return out


def build_denoiser(config: ModelConfig) -> nn.Module:
    """The denoiser a configuration asks for."""
    kinds: dict[str, type[nn.Module]] = {"dit": DiTDenoiser, "latent-mlp": LatentMLPDenoiser}
    return kinds[config.denoiser](config)
