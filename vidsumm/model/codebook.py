"""The quantised query: noised scores -> learned embeddings (paper section 3.2, "codebook")."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from vidsumm.model.config import ModelConfig

__all__ = ["Codebook"]


class Codebook(nn.Module):
    """K uniform bins of [0, 1]; each of the K + 1 rounded levels has an embedding, then a two-layer MLP."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.bins = config.bins
        self.embedding = nn.Embedding(config.bins + 1, config.width)
        self.mlp = nn.Sequential(
            nn.Linear(config.width, config.width), nn.ReLU(), nn.Linear(config.width, config.width)
        )

    def forward(self, score: Tensor) -> Tensor:
        """Scores (...) in [0, 1] -> (..., D)."""
        level = torch.round(score * self.bins).long()
        # a query depends on its level alone: the MLP runs once for each level, not once for each frame
        return functional.embedding(level, self.mlp(self.embedding.weight))
