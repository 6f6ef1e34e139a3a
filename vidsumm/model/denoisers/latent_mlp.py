"""The convolution and MLP denoiser ``latent-mlp``, which the paper uses for few videos (SumMe, TVSum; supplement E).

Shapes: V videos, R curves of each, T times of each (R or 1), N samples, D width.
"""

from typing import cast

from torch import Tensor, nn

from vidsumm.model.config import ModelConfig
from vidsumm.model.denoisers.base import Denoiser, time_mlp, zero_linear
from vidsumm.model.encoded import EncodedVideos
from vidsumm.model.layers import Dropout, MaskedConv1d, timestep_features

__all__ = ["LatentMLPBlock", "LatentMLPDenoiser"]


class LatentMLPBlock(nn.Module):
    """Residual block over samples: time and video are added, and a convolution mixes neighbours."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        width = config.width
        self.input = nn.Sequential(nn.LayerNorm(width), nn.SiLU(), nn.Linear(width, width))
        self.time = nn.Sequential(nn.SiLU(), nn.Linear(width, width))
        self.context = nn.Sequential(nn.SiLU(), nn.Linear(width, width))
        self.conv = MaskedConv1d(width)
        self.output = nn.Sequential(nn.LayerNorm(width), nn.SiLU(), Dropout(config.dropout), zero_linear(width, width))

    def make_context(self, memory: Tensor) -> Tensor:
        """Z (V, N, D) -> (V, N, D)."""
        out: Tensor = self.context(memory)
        return out

    def forward(self, x: Tensor, time: Tensor, context: Tensor, mask: Tensor | None) -> Tensor:
        """Applies the block.

        Args:
            x: (V, R, N, D) hidden states.
            time: (V, T, 1, D) time embedding.
            context: (V, 1, N, D) `make_context`.
            mask: (V, N) bool, True at samples that the convolution reads; None for all.

        Returns:
            (V, R, N, D).
        """
        h = self.input(x) + self.time(time) + context
        out: Tensor = x + self.output(self.conv(h, mask))
        return out


class LatentMLPDenoiser(Denoiser):
    """A convolution over the query, residual blocks, and a linear layer."""

    attends = False

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.width = width = config.width
        self.masked = config.masked_convolutions
        self.time_mlp = time_mlp(width, width)
        self.input = nn.Linear(width, width)
        self.conv = MaskedConv1d(width)
        self.blocks = nn.ModuleList(LatentMLPBlock(config) for _ in range(config.denoiser_layers))
        self.output = nn.Sequential(nn.LayerNorm(width, eps=1e-6), nn.SiLU(), zero_linear(width, width))

    def contexts(self, memory: Tensor) -> list[Tensor]:
        """Returns the context (V, N, D) of each block."""
        return [cast("LatentMLPBlock", block).make_context(memory) for block in self.blocks]

    def forward(
        self,
        query: Tensor,
        t: Tensor,
        videos: EncodedVideos,
        watch: list[Tensor] | None = None,  # noqa: ARG002  this denoiser has no attention
    ) -> Tensor:
        """See `Denoiser.forward`."""
        mask = videos.mask if self.masked else None
        time = self.time_mlp(timestep_features(t, self.width))[:, :, None]  # (V, T, 1, D)
        x = self.conv(self.input(query + videos.positions[:, None]), mask)
        for block, context in zip(self.blocks, videos.contexts, strict=True):
            x = block(x, time, context[:, None], mask)
        out: Tensor = self.output(x)
        return out
