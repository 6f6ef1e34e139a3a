"""Encoded videos: what the condition encoder passes to the denoiser."""

from dataclasses import dataclass

from torch import Tensor

__all__ = ["EncodedVideos"]


@dataclass(frozen=True)
class EncodedVideos:
    """What the denoiser needs to know about V videos of N samples; it depends on neither time nor noise."""

    memory: Tensor
    """Z, (V, N, D)."""
    positions: Tensor
    """Sinusoidal positions of the samples, (V, N, D)."""
    mask: Tensor | None
    """(V, N) bool, True at valid samples; None where all are."""
    contexts: tuple[Tensor, ...] = ()
    """What each layer of the denoiser computes from Z, (V, N, ...)."""
    attention: Tensor | None = None
    """(V, N) relative attention that each sample receives in the encoder's last layer; None unless it was requested."""

    def __getitem__(self, rows: slice) -> "EncodedVideos":
        """Returns some of the videos."""
        mask = None if self.mask is None else self.mask[rows]
        attention = None if self.attention is None else self.attention[rows]
        contexts = tuple(context[rows] for context in self.contexts)
        return EncodedVideos(self.memory[rows], self.positions[rows], mask, contexts, attention)
