"""SummDiff: a video's features in, importance curves out (arXiv 2510.08458)."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from vidsumm.model.codebook import Codebook
from vidsumm.model.config import ModelConfig
from vidsumm.model.denoiser import build_denoiser
from vidsumm.model.encoder import ConditionEncoder

__all__ = ["EncodedVideos", "SummDiff"]


@dataclass(frozen=True)
class EncodedVideos:
    """What the denoiser needs of a batch of videos; it depends on neither time nor noise."""

    memory: Tensor
    """Z, (V, N, D)."""
    positions: Tensor
    """(V, N, D)."""
    mask: Tensor | None
    """(V, N) bool, True at valid frames; None where all are."""


class SummDiff(nn.Module):
    """The network: condition encoder, codebook, denoiser and head.

    Args:
        config: shapes and choices.
        null_features: (C,) features of a black frame, the "null video" of classifier-free guidance (supplement B).
    """

    null_features: Tensor

    def __init__(self, config: ModelConfig, null_features: Tensor | None = None) -> None:
        super().__init__()
        self.config = config
        self.encoder = ConditionEncoder(config)
        self.codebook = Codebook(config)
        self.denoiser = build_denoiser(config)
        self.norm = nn.LayerNorm(config.width)
        self.head = nn.Sequential(nn.Linear(config.width, config.width), nn.ReLU(), nn.Linear(config.width, 1))
        null = torch.zeros(config.feature_dim) if null_features is None else null_features
        self.register_buffer("null_features", null.float())

    def encode(self, features: Tensor, mask: Tensor | None = None) -> EncodedVideos:
        """Encodes videos, (V, N, C) float32 with mask (V, N) bool; without a mask all frames are valid."""
        if mask is None:
            mask = torch.ones(features.shape[:2], dtype=torch.bool, device=features.device)
        memory, positions = self.encoder(features, mask)
        return EncodedVideos(memory, positions, None if bool(mask.all()) else mask)

    def null_like(self, features: Tensor) -> Tensor:
        """The null video of the same shape, (V, N, C)."""
        return self.null_features.expand_as(features)

    def denoise(self, u_t: Tensor, t: Tensor, videos: EncodedVideos) -> Tensor:
        """Predicts the clean logit u0.

        Args:
            u_t: (V, R, N) noised logits of R curves for each video.
            t: (V, R) int64 times, or (V, 1) where the curves of a video share one.
            videos: V encoded videos.

        Returns:
            (V, R, N) float32; what stands at padded frames means nothing.
        """
        score = torch.sigmoid(self.config.temperature * u_t)
        if videos.mask is not None:
            score = score * videos.mask[:, None]  # 0 at padded frames, as in the official code
        query = self.codebook(score)
        hidden = self.denoiser(query, t, videos.memory, videos.positions, videos.mask)
        out: Tensor = self.head(self.norm(hidden)).squeeze(-1)
        return out
