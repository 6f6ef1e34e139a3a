"""SummDiff: a video's features in, importance curves out (arXiv 2510.08458)."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from vidsumm.diffusion.schedule import to_score
from vidsumm.model.codebook import build_codebook
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
    contexts: tuple[Tensor, ...] = ()
    """What each layer of the denoiser takes of Z, (V, N, ...)."""
    attention: Tensor | None = None
    """(V, N) relative attention each frame receives in the encoder's last layer, where it was asked for."""

    def __getitem__(self, rows: slice) -> "EncodedVideos":
        """Some of the videos."""
        mask = None if self.mask is None else self.mask[rows]
        attention = None if self.attention is None else self.attention[rows]
        contexts = tuple(context[rows] for context in self.contexts)
        return EncodedVideos(self.memory[rows], self.positions[rows], mask, contexts, attention)


class SummDiff(nn.Module):
    """The network: condition encoder, codebook, denoiser and head.

    Without a denoiser (``none``) it is a regression: the head reads Z and every curve of a video is the same.

    Args:
        config: shapes and choices.
        null_features: (C,) features of a black frame, the "null video" of classifier-free guidance (supplement B).
    """

    null_features: Tensor

    def __init__(self, config: ModelConfig, null_features: Tensor | None = None) -> None:
        super().__init__()
        self.config = config
        self.encoder = ConditionEncoder(config)
        self.codebook = None if config.denoiser == "none" else build_codebook(config)
        self.denoiser = build_denoiser(config)
        self.norm = nn.LayerNorm(config.width)
        self.head = nn.Sequential(nn.Linear(config.width, config.width), nn.ReLU(), nn.Linear(config.width, 1))
        null = torch.zeros(config.feature_dim) if null_features is None else null_features
        self.register_buffer("null_features", null.float())

    @property
    def attends(self) -> bool:
        """Whether the denoiser has an attention of its own; otherwise the encoder's stands in for it."""
        return self.denoiser is not None and self.denoiser.attends

    def encode(self, features: Tensor, mask: Tensor | None = None, *, attention: bool = False) -> EncodedVideos:
        """Encodes videos.

        Args:
            features: (V, N, C) float32.
            mask: (V, N) bool, True at valid frames, which come first; without it all frames are valid.
            attention: keep the encoder's attention, which `denoise_attended` needs where the denoiser has none.
        """
        if mask is not None and bool(mask.all()):
            mask = None
        return self._encode(features, mask, None, attention)

    def encode_with_null(self, features: Tensor, *, attention: bool = False) -> EncodedVideos:
        """Encodes a video (1, N, C) float32 and beside it the null video of its length, as `encode` does."""
        return self._encode(features, None, self.null_features, attention)

    def _encode(self, features: Tensor, mask: Tensor | None, null: Tensor | None, attention: bool) -> EncodedVideos:
        watch: list[Tensor] | None = [] if attention else None
        memory, positions = self.encoder(features, mask, watch, null=null)
        received = _relative(watch[0], mask) if watch else None
        contexts = () if self.denoiser is None else tuple(self.denoiser.contexts(memory))
        return EncodedVideos(memory, positions, mask, contexts, received)

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
        return self._denoise(u_t, t, videos, None)

    def denoise_attended(self, u_t: Tensor, t: Tensor, videos: EncodedVideos) -> tuple[Tensor, Tensor]:
        """What `denoise` gives, and where the network looks; slower, for it needs the attention weights themselves.

        Returns:
            u0 (V, R, N), and the attention A (V, R, N) each frame receives in the denoiser's last cross-attention, mean
            over heads and queries, 1 for the mean frame. A denoiser without attention lends the encoder's (the same for
            all curves and times); a network with none at all attends to all frames alike.
        """
        watch: list[Tensor] = []
        u0 = self._denoise(u_t, t, videos, watch)
        if watch:
            mask = None if videos.mask is None else videos.mask[:, None]
            return u0, _relative(watch[0], mask)
        if videos.attention is None:
            return u0, torch.ones_like(u0)
        return u0, videos.attention[:, None].expand_as(u0)

    def _denoise(self, u_t: Tensor, t: Tensor, videos: EncodedVideos, watch: list[Tensor] | None) -> Tensor:
        hidden = self._hidden(u_t, t, videos, watch)
        out: Tensor = self.head(self.norm(hidden)).squeeze(-1)
        return out.expand_as(u_t)

    def _hidden(self, u_t: Tensor, t: Tensor, videos: EncodedVideos, watch: list[Tensor] | None) -> Tensor:
        if self.denoiser is None or self.codebook is None:
            return videos.memory[:, None]  # (V, 1, N, D), one for all curves
        score = to_score(u_t, self.config.temperature)
        if videos.mask is not None:
            score = score * videos.mask[:, None]  # 0 at padded frames, as in the official code
        hidden: Tensor = self.denoiser(
            self.codebook(score), t, videos.contexts, videos.positions, videos.mask, watch=watch
        )
        return hidden


def _relative(received: Tensor, mask: Tensor | None) -> Tensor:
    """Attention over its mean, (..., N); padded frames receive none."""
    if mask is None:
        return received / received.mean(dim=-1, keepdim=True)
    return received * mask / (received * mask).sum(dim=-1, keepdim=True) * mask.sum(dim=-1, keepdim=True)
