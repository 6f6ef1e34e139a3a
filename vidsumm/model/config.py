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
        sizes = (self.feature_dim, self.width, self.heads, self.feedforward, self.bins)
        depths = (self.input_layers, self.encoder_layers, self.denoiser_layers)
        ok = all(type(value) is int for value in sizes + depths)  # bool, which JSON may hold, is no size
        ok = ok and min(sizes) >= 1 and max(sizes) <= 65536
        ok = ok and self.input_layers >= 1 and self.denoiser_layers >= 1 and min(depths) >= 0 and max(depths) <= 64
        ok = ok and self.width % self.heads == 0 and self.width % 2 == 0 and 0 < self.temperature <= 100
        ok = ok and 0 <= self.dropout < 1 and 0 <= self.input_dropout < 1
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
