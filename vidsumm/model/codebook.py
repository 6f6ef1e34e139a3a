"""The codebook C: noised scores -> queries (paper section 3.2).

A score is rounded to one of the K + 1 levels between the K uniform bins of [0, 1], and a query depends only on the
level. So the network that makes queries runs once for each level, not once for each sample.

Symbols: K bins, D width.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from vidsumm.model.config import ModelConfig, ScoreEmbeddingName
from vidsumm.model.layers import interleave, sine_angles

__all__ = ["Codebook", "LearnedCodebook", "RandomCodebook", "SinusoidalCodebook", "build_codebook"]


class Codebook(nn.Module):
    """Rounds scores to levels and looks up their queries."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.bins = config.bins

    def entries(self) -> Tensor:
        """Returns the query of each level, (K + 1, D)."""
        raise NotImplementedError

    def levels(self, score: Tensor) -> Tensor:
        """Scores (...) in [0, 1] -> levels (...) int64, 0 to K."""
        return torch.round(score * self.bins).long()

    def forward(self, score: Tensor) -> Tensor:
        """Scores (...) in [0, 1] -> queries (..., D)."""
        return functional.embedding(self.levels(score), self.entries())


class LearnedCodebook(Codebook):
    """A learned vector for each level, then a two-layer MLP (official code)."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        self.embedding = nn.Embedding(config.bins + 1, config.width)
        self.mlp = nn.Sequential(
            nn.Linear(config.width, config.width), nn.ReLU(), nn.Linear(config.width, config.width)
        )

    def entries(self) -> Tensor:
        """Returns the queries (K + 1, D), differentiable."""
        out: Tensor = self.mlp(self.embedding.weight)
        return out


class RandomCodebook(Codebook):
    """A standard normal vector for each level, never trained (table 5, without "Learnable Embedding")."""

    embedding: Tensor

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        self.register_buffer("embedding", torch.randn(config.bins + 1, config.width))

    def entries(self) -> Tensor:
        """Returns the queries (K + 1, D), constant."""
        return self.embedding


class SinusoidalCodebook(Codebook):
    """Cosines and sines of the level, then a two-layer MLP; no level has weights of its own (official ablation)."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        self.width = config.width
        self.mlp = nn.Sequential(
            nn.Linear(config.width, config.width), nn.SiLU(), nn.Linear(config.width, config.width)
        )

    def entries(self) -> Tensor:
        """Returns the queries (K + 1, D), differentiable."""
        device = next(self.mlp.parameters()).device
        level = torch.arange(self.bins + 1, device=device, dtype=torch.float32)
        angles = sine_angles(level / (self.bins + 1e-6) * (2 * math.pi), self.width)
        out: Tensor = self.mlp(interleave(angles.cos(), -angles.sin()))
        return out


_KINDS: dict[ScoreEmbeddingName, type[Codebook]] = {
    "learned": LearnedCodebook,
    "sinusoidal": SinusoidalCodebook,
    "random": RandomCodebook,
}


def build_codebook(config: ModelConfig) -> Codebook:
    """Builds the codebook that a configuration names."""
    return _KINDS[config.score_embedding](config)
