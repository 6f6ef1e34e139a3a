"""Sizes and choices of a SummDiff network."""

from dataclasses import dataclass
from typing import Any, Literal, get_args

from vidsumm.errors import ResourceError

__all__ = ["DenoiserName", "ModelConfig"]

DenoiserName = Literal["dit", "latent-mlp"]


@dataclass(frozen=True)
class ModelConfig:
    """What fixes the shapes of a SummDiff network (paper, supplement E)."""

    feature_dim: int
    """C, width of the frame features."""
    width: int = 256
    """D, width of the network."""
    heads: int = 8
    feedforward: int = 1024
    """Width of the feed-forward layers."""
    input_layers: int = 3
    """Linear layers that project features to D."""
    encoder_layers: int = 2
    denoiser: DenoiserName = "latent-mlp"
    """AdaLN-Zero cross-attention (``dit``: Mr. HiSum) or convolution and MLP blocks (``latent-mlp``: few videos)."""
    denoiser_layers: int = 3
    bins: int = 200
    """K, quantisation bins of the codebook, which has K + 1 entries."""
    temperature: float = 2.0
    """Scores are sigmoid(temperature * logit)."""
    dropout: float = 0.1
    input_dropout: float = 0.5

    def __post_init__(self) -> None:
        sizes = (self.feature_dim, self.width, self.heads, self.feedforward, self.input_layers, self.bins)
        ok = all(1 <= size <= 65536 for size in sizes)
        ok = ok and 0 <= self.encoder_layers <= 64 and 1 <= self.denoiser_layers <= 64
        ok = ok and self.width % self.heads == 0 and self.width % 2 == 0 and self.temperature > 0
        if not ok or self.denoiser not in get_args(DenoiserName):
            raise ResourceError(f"model configuration {self} is not possible", remedy="use an undamaged checkpoint")

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "ModelConfig":
        """From a checkpoint's metadata.

        Raises:
            ResourceError: unknown or missing fields, or values of the wrong type.
        """
        try:
            return cls(**values)
        except TypeError as error:
            raise ResourceError(f"model configuration: {error}", remedy="use an undamaged checkpoint") from error
