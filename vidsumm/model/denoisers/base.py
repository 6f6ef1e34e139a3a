"""What all denoisers have in common.

Shapes: V videos, R curves of each, N samples (sampled frames), D width. Times are (V, T) with T = R, or T = 1 where all
curves of a video share a time, as when curves are drawn; what depends only on the time is then computed once.
"""

from typing import ClassVar

from torch import Tensor, nn

from vidsumm.model.encoded import EncodedVideos

__all__ = ["CONDITION_SCALE", "TIME_CHANNELS", "Denoiser", "modulate", "time_mlp", "zero_linear"]

TIME_CHANNELS = 256
"""Channels of the time features, see `timestep_features`."""
CONDITION_SCALE = 0.1
"""Weight of the time embedding relative to the positions (official code)."""


class Denoiser(nn.Module):
    """Predicts hidden states, from which a head reads the clean logits."""

    attends: ClassVar[bool]
    """Whether the denoiser has a cross-attention."""

    def contexts(self, memory: Tensor) -> list[Tensor]:
        """Returns what each layer computes from Z (V, N, D) alone, whatever time and scores are: (V, N, ...) each."""
        raise NotImplementedError

    def forward(self, query: Tensor, t: Tensor, videos: EncodedVideos, watch: list[Tensor] | None = None) -> Tensor:
        """Computes the hidden states.

        Args:
            query: (V, R, N, D) C(u_t), what the codebook makes of the noised scores.
            t: (V, T) int64 times.
            videos: V encoded videos with the `contexts` of this denoiser.
            watch: the last cross-attention appends to this list what share of it each sample receives, (V, R, N), see
                `attention_received`. Nothing is computed for it where it is None.

        Returns:
            (V, R, N, D).
        """
        raise NotImplementedError


def time_mlp(channels: int, width: int) -> nn.Sequential:
    """Returns the MLP from time features (..., channels) to the time embedding (..., D)."""
    return nn.Sequential(nn.Linear(channels, width), nn.SiLU(), nn.Linear(width, width))


def zero_linear(inputs: int, outputs: int) -> nn.Linear:
    """Returns a linear layer whose weights and biases start at zero."""
    linear = nn.Linear(inputs, outputs)
    nn.init.zeros_(linear.weight)
    nn.init.zeros_(linear.bias)
    return linear


def modulate(x: Tensor, shift: Tensor, scale: Tensor) -> Tensor:
    """Applies the affine map of AdaLN."""
    return x * (1 + scale) + shift
