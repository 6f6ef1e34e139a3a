"""The denoisers f(C(u_t), t, Z) -> hidden states, from which a head reads the clean logit (paper section 3.2).

Shapes: V videos, R curves of each, N frames, D width. Times are (V, T) with T = R, or T = 1 where all curves of a video
share theirs, as they do in sampling: what depends on the time alone is then computed once for all curves.

Where a list is handed in as `watch`, the last cross-attention appends what each frame receives of it (V, R, N), see
`attention_received`. Nothing is computed for it otherwise.
"""

from collections.abc import Iterable, Sequence
from typing import ClassVar, Protocol, cast

import torch
from torch import Tensor, nn

from vidsumm.model.config import DenoiserName, ModelConfig
from vidsumm.model.layers import Dropout, MaskedConv1d, attend_curves, attention_received, timestep_features

__all__ = ["DecoderDenoiser", "Denoiser", "DiTDenoiser", "LatentMLPDenoiser", "build_denoiser"]

_TIME_CHANNELS = 256
_CONDITION_SCALE = 0.1  # weight of the time embedding beside the positions (official)


def _zero(linear: nn.Linear) -> nn.Linear:
    nn.init.zeros_(linear.weight)
    nn.init.zeros_(linear.bias)
    return linear


def _taken(layers: Iterable[nn.Module], memory: Tensor) -> list[Tensor]:
    return [cast("_Layer", layer).take(memory) for layer in layers]


class _Layer(Protocol):
    """One that looks at the video."""

    def take(self, memory: Tensor) -> Tensor:
        """What it takes of Z."""
        ...


def _modulate(x: Tensor, shift: Tensor, scale: Tensor) -> Tensor:
    return x * (1 + scale) + shift


class Denoiser(nn.Module):
    """What all denoisers have in common: how they are asked."""

    attends: ClassVar[bool]
    """Whether there is a cross-attention to watch."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.width = config.width

    def contexts(self, memory: Tensor) -> list[Tensor]:
        """What the layers take of the videos Z (V, N, D) whatever the time and the scores: one (V, N, ...) for each."""
        raise NotImplementedError

    def forward(
        self,
        query: Tensor,
        t: Tensor,
        contexts: Sequence[Tensor],
        positions: Tensor,
        mask: Tensor | None,
        *,
        watch: list[Tensor] | None = None,
    ) -> Tensor:
        """query (V, R, N, D), t (V, T), `contexts`, positions (V, N, D), mask (V, N) or None -> (V, R, N, D)."""
        raise NotImplementedError


def _time_mlp(width: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(_TIME_CHANNELS, width), nn.SiLU(), nn.Linear(width, width))


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

    def take(self, memory: Tensor) -> Tensor:
        """(V, N, D) -> (V, N, D), before time and position modulate it."""
        out: Tensor = self.norm(memory)
        return out

    def forward(
        self, x: Tensor, context: Tensor, condition: Tensor, mask: Tensor | None, *, watch: list[Tensor] | None = None
    ) -> Tensor:
        """x (V, R, N, D), `take` (V, 1, N, D), condition (V, T, N or 1, D), mask (V, N) or None -> (V, R, N, D)."""
        shift_a, scale_a, gate_a, shift_m, scale_m, gate_m = self.modulation(condition).chunk(6, dim=-1)
        q = self.query(_modulate(self.norm(x), shift_a, scale_a))
        kv = _modulate(context, shift_a, scale_a)  # (V, T, N, D)
        k = self.key(kv)
        if watch is not None:
            watch.append(attention_received(q, k, heads=self.heads, mask=mask))
        attended = attend_curves(q, k, self.value(kv), heads=self.heads, mask=mask)
        x = x + gate_a * self.attention_out(attended)
        out: Tensor = x + gate_m * self.mlp(_modulate(self.norm(x), shift_m, scale_m))
        return out


class DiTDenoiser(Denoiser):
    """AdaLN-Zero transformer denoiser, the paper's for large data (Mr. HiSum)."""

    attends = True

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        width = config.width
        self.modulated_by_position = config.modulation == "time-and-position"
        self.time_mlp = _time_mlp(width)
        self.blocks = nn.ModuleList(DiTBlock(config) for _ in range(config.denoiser_layers))
        self.final_norm = nn.LayerNorm(width, eps=1e-6, elementwise_affine=False)
        self.final_modulation = nn.Sequential(nn.SiLU(), _zero(nn.Linear(width, 2 * width)))
        self.final_linear = _zero(nn.Linear(width, width))

    def contexts(self, memory: Tensor) -> list[Tensor]:
        """(V, N, D) for each block."""
        return _taken(self.blocks, memory)

    def forward(
        self,
        query: Tensor,
        t: Tensor,
        contexts: Sequence[Tensor],
        positions: Tensor,
        mask: Tensor | None,
        *,
        watch: list[Tensor] | None = None,
    ) -> Tensor:
        """See `Denoiser.forward`."""
        time = _CONDITION_SCALE * self.time_mlp(timestep_features(t, _TIME_CHANNELS))[:, :, None]  # (V, T, 1, D)
        x = query + positions[:, None]
        condition = time + positions[:, None] if self.modulated_by_position else time  # (V, T, N or 1, D)
        for block, context in zip(self.blocks, contexts, strict=True):
            x = block(x, context[:, None], condition, mask, watch=watch if block is self.blocks[-1] else None)
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
            nn.LayerNorm(width), nn.SiLU(), Dropout(config.dropout), _zero(nn.Linear(width, width))
        )

    def take(self, memory: Tensor) -> Tensor:
        """(V, N, D) -> (V, N, D)."""
        out: Tensor = self.context(memory)
        return out

    def forward(self, x: Tensor, time: Tensor, context: Tensor, mask: Tensor | None) -> Tensor:
        """x (V, R, N, D), time (V, T, 1, D), `take` (V, 1, N, D), mask (V, N) or None -> (V, R, N, D)."""
        h = self.input(x) + self.time(time) + context
        out: Tensor = x + self.output(self.conv(h, mask))
        return out


class LatentMLPDenoiser(Denoiser):
    """Convolution and MLP blocks, the paper's choice where videos are few (SumMe, TVSum; supplement E)."""

    attends = False

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        width = config.width
        self.masked = config.masked_convolutions
        self.time_mlp = nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width))
        self.input = nn.Linear(width, width)
        self.conv = MaskedConv1d(width)
        self.blocks = nn.ModuleList(LatentMLPBlock(config) for _ in range(config.denoiser_layers))
        self.output = nn.Sequential(nn.LayerNorm(width, eps=1e-6), nn.SiLU(), _zero(nn.Linear(width, width)))

    def contexts(self, memory: Tensor) -> list[Tensor]:
        """(V, N, D) for each block."""
        return _taken(self.blocks, memory)

    def forward(
        self,
        query: Tensor,
        t: Tensor,
        contexts: Sequence[Tensor],
        positions: Tensor,
        mask: Tensor | None,
        *,
        watch: list[Tensor] | None = None,  # noqa: ARG002 nothing here attends
    ) -> Tensor:
        """See `Denoiser.forward`."""
        hidden = mask if self.masked else None
        time = self.time_mlp(timestep_features(t, self.width))[:, :, None]  # (V, T, 1, D)
        x = self.conv(self.input(query + positions[:, None]), hidden)
        for block, context in zip(self.blocks, contexts, strict=True):
            x = block(x, time, context[:, None], hidden)
        out: Tensor = self.output(x)
        return out


class DecoderLayer(nn.Module):
    """Post-norm cross-attention; its keys know neither time nor curve, so all curves of a video share them."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        width = config.width
        self.heads = config.heads
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.attention_out = nn.Linear(width, width)
        self.norm_attention = nn.LayerNorm(width)
        self.feedforward = nn.Sequential(
            nn.Linear(width, config.feedforward),
            nn.PReLU(),
            Dropout(config.dropout),
            nn.Linear(config.feedforward, width),
        )
        self.norm_feedforward = nn.LayerNorm(width)
        self.dropout = Dropout(config.dropout)

    def take(self, memory: Tensor) -> Tensor:
        """(V, N, D) -> keys and values (V, N, 2 D)."""
        return torch.cat([self.key(memory), self.value(memory)], dim=-1)

    def forward(
        self,
        x: Tensor,
        context: Tensor,
        positions: Tensor | None,
        mask: Tensor | None,
        *,
        watch: list[Tensor] | None = None,
    ) -> Tensor:
        """x (V, R, N, D), `take` (V, 1, N, 2 D), positions (V, 1, N, D) or None, mask (V, N) or None -> as x."""
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
    """Plain decoder over the summed query (paper, "the simplest way"; table 5, "Video Importance Denoiser").

    As in the official code time joins the query once, positions join the queries of the first layer alone.
    """

    attends = True

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        self.time_mlp = _time_mlp(config.width)
        self.layers = nn.ModuleList(DecoderLayer(config) for _ in range(config.denoiser_layers))

    def contexts(self, memory: Tensor) -> list[Tensor]:
        """Keys and values (V, N, 2 D) for each layer."""
        return _taken(self.layers, memory)

    def forward(
        self,
        query: Tensor,
        t: Tensor,
        contexts: Sequence[Tensor],
        positions: Tensor,
        mask: Tensor | None,
        *,
        watch: list[Tensor] | None = None,
    ) -> Tensor:
        """See `Denoiser.forward`."""
        x: Tensor = query + _CONDITION_SCALE * self.time_mlp(timestep_features(t, _TIME_CHANNELS))[:, :, None]
        for layer, context in zip(self.layers, contexts, strict=True):
            placed = positions[:, None] if layer is self.layers[0] else None
            x = layer(x, context[:, None], placed, mask, watch=watch if layer is self.layers[-1] else None)
        return x


_KINDS: dict[DenoiserName, type[Denoiser] | None] = {
    "dit": DiTDenoiser,
    "latent-mlp": LatentMLPDenoiser,
    "decoder": DecoderDenoiser,
    "none": None,
}


def build_denoiser(config: ModelConfig) -> Denoiser | None:
    """The denoiser a configuration asks for; None for the encoder alone."""
    kind = _KINDS[config.denoiser]
    return None if kind is None else kind(config)
