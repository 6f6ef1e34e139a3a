"""Sizes and choices of a SummDiff network."""

from dataclasses import dataclass
from typing import Any, Literal, get_args

from vidsumm.errors import ResourceError

__all__ = ["DenoiserName", "ModelConfig", "ModulationName", "ScoreEmbeddingName"]

DenoiserName = Literal["dit", "latent-mlp", "decoder", "none"]
ScoreEmbeddingName = Literal["learned", "sinusoidal", "random"]
ModulationName = Literal["time-and-position", "time"]


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
    """AdaLN-Zero cross-attention (``dit``: Mr. HiSum), convolution and MLP blocks (``latent-mlp``: few videos), plain
    cross-attention (``decoder``: table 5), or none: the head reads Z, noise and time are ignored (``none``: the
    encoder-only regression of table 5)."""
    denoiser_layers: int = 3
    bins: int = 200
    """K, quantisation bins of the codebook, which has K + 1 entries."""
    temperature: float = 2.0
    """Scores are sigmoid(temperature * logit)."""
    dropout: float = 0.1
    input_dropout: float = 0.5
    score_embedding: ScoreEmbeddingName = "learned"
    """How a quantised score becomes a query: learned vectors, sinusoids, or random vectors that stay as they are
    (``random``: table 5, before "Learnable Embedding")."""
    modulation: ModulationName = "time-and-position"
    """What the AdaLN of ``dit`` sees (table 5): with ``time`` positions join the query alone."""
    masked_convolutions: bool = True
    """Whether the convolutions of ``latent-mlp`` read padded frames as zeros; the official ones read what stands there,
    so that a video's answer depends on its company in a padded batch."""

    def __post_init__(self) -> None:
        sizes = (self.feature_dim, self.width, self.heads, self.feedforward, self.bins)
        depths = (self.input_layers, self.encoder_layers, self.denoiser_layers)
        ok = all(type(value) is int for value in sizes + depths)  # bool, which JSON may hold, is no size
        ok = ok and min(sizes) >= 1 and max(sizes) <= 65536
        ok = ok and self.input_layers >= 1 and self.denoiser_layers >= 1 and min(depths) >= 0 and max(depths) <= 64
        ok = ok and self.width % self.heads == 0 and self.width % 2 == 0 and 0 < self.temperature <= 100
        ok = ok and 0 <= self.dropout < 1 and 0 <= self.input_dropout < 1
        ok = ok and type(self.masked_convolutions) is bool
        ok = ok and all(name in get_args(names) for name, names in self._choices())
        if not ok:
            raise ResourceError(f"model configuration {self} is not possible", remedy="use an undamaged checkpoint")

    def _choices(self) -> tuple[tuple[str, object], ...]:
        return (
            (self.denoiser, DenoiserName),
            (self.score_embedding, ScoreEmbeddingName),
            (self.modulation, ModulationName),
        )

    @property
    def summary(self) -> str:
        """The network in a few words."""
        depth = f"{self.encoder_layers} encoder and {self.denoiser_layers} denoiser layers"
        levels = f"{self.score_embedding} embedding of {self.bins + 1} levels"
        return f"{self.denoiser}, {depth}, {self.feature_dim} channels, width {self.width}, {levels}"

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
