"""The SummDiff network (arXiv 2510.08458, section 3.2): features of a video and noised curves in, clean curves out.

Shapes: V videos, R curves of each, N samples (sampled frames), C channels of the features, D width.
"""

import torch
from torch import Tensor, nn

from vidsumm.diffusion.schedule import to_score
from vidsumm.model.codebook import build_codebook
from vidsumm.model.config import ModelConfig
from vidsumm.model.denoisers.build import build_denoiser
from vidsumm.model.encoded import EncodedVideos
from vidsumm.model.encoder import ConditionEncoder

__all__ = ["SummDiff"]


class SummDiff(nn.Module):
    """The network: condition encoder, codebook, denoiser and head.

    Without a denoiser (``none``) it is a regression: the head reads Z, and all curves of a video are the same.

    Args:
        config: shapes and choices.
        null_features: (C,) features of a black frame, which make up the "null video" of classifier-free guidance
            (supplement B); None for zeros.
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
        """Whether the denoiser has an attention of its own; if not, that of the encoder takes its place."""
        return self.denoiser is not None and self.denoiser.attends

    def encode(self, features: Tensor, mask: Tensor | None = None, *, attention: bool = False) -> EncodedVideos:
        """Encodes videos.

        Args:
            features: (V, N, C) float32.
            mask: (V, N) bool, True at valid samples, which come first; None where all are valid.
            attention: keep the encoder's attention, which `denoise_attended` needs where the denoiser has none.
        """
        if mask is not None and bool(mask.all()):
            mask = None
        return self._encode(features, mask, None, attention)

    def encode_with_null(self, features: Tensor, *, attention: bool = False) -> EncodedVideos:
        """Encodes a video (1, N, C) float32 together with the null video of the same length; V is 2."""
        return self._encode(features, None, self.null_features, attention)

    def _encode(self, features: Tensor, mask: Tensor | None, null: Tensor | None, attention: bool) -> EncodedVideos:
        watch: list[Tensor] | None = [] if attention else None
        memory, positions = self.encoder(features, mask, watch, null=null)
        received = _relative(watch[0], mask) if watch else None
        contexts = () if self.denoiser is None else tuple(self.denoiser.contexts(memory))
        return EncodedVideos(memory, positions, mask, contexts, received)

    def null_like(self, features: Tensor) -> Tensor:
        """Returns the null video in the shape (V, N, C) of `features`."""
        return self.null_features.expand_as(features)

    def denoise(self, u_t: Tensor, t: Tensor, videos: EncodedVideos) -> Tensor:
        """Predicts the clean logit u0.

        Args:
            u_t: (V, R, N) noised logits of R curves for each video.
            t: (V, R) int64 times, or (V, 1) where the curves of a video share one.
            videos: V encoded videos.

        Returns:
            (V, R, N) float32; the numbers at padded samples have no meaning.
        """
        return self._denoise(u_t, t, videos, None)

    def denoise_attended(self, u_t: Tensor, t: Tensor, videos: EncodedVideos) -> tuple[Tensor, Tensor]:
        """Returns what `denoise` does, and where the network looks. Slower, as it computes the attention weights.

        Returns:
            u0 (V, R, N), and the attention A (V, R, N) that each sample receives in the denoiser's last
            cross-attention: the mean over heads and queries, scaled so that its mean over samples is 1. For a denoiser
            without attention it is that of the encoder, the same for all curves and times; for a network without any
            attention it is 1 everywhere.
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
            return videos.memory[:, None]  # (V, 1, N, D), the same for all curves
        score = to_score(u_t, self.config.temperature)
        if videos.mask is not None:
            score = score * videos.mask[:, None]  # 0 at padded samples, as in the official code
        hidden: Tensor = self.denoiser(self.codebook(score), t, videos, watch)
        return hidden


def _relative(received: Tensor, mask: Tensor | None) -> Tensor:
    """Returns attention divided by its mean over valid samples, (..., N); padded samples receive none."""
    if mask is None:
        return received / received.mean(dim=-1, keepdim=True)
    return received * mask / (received * mask).sum(dim=-1, keepdim=True) * mask.sum(dim=-1, keepdim=True)
