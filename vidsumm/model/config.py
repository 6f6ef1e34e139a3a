"""The configuration of a SummDiff network: its sizes and the choice of its parts."""

from dataclasses import dataclass
from typing import Any, Literal, get_args

from vidsumm.errors import ResourceError

__all__ = ["DenoiserName", "ModelConfig", "ModulationName", "ScoreEmbeddingName"]

DenoiserName = Literal["dit", "latent-mlp", "decoder", "none"]
ScoreEmbeddingName = Literal["learned", "sinusoidal", "random"]
ModulationName = Literal["time-and-position", "time"]


@dataclass(frozen=True)
class ModelConfig:
    """Everything that fixes the shapes of a SummDiff network (paper, supplement E)."""

    feature_dim: int
    """C, channels of the features."""
    width: int = 256
    """D, width of the network."""
    heads: int = 8
    feedforward: int = 1024
    """Width of the feed-forward layers."""
    input_layers: int = 3
    """Linear layers that project features to D."""
    encoder_layers: int = 2
    denoiser: DenoiserName = "latent-mlp"
    """``dit``: AdaLN-Zero cross-attention, for large data sets such as Mr. HiSum. ``latent-mlp``: convolution and MLP
    blocks, for few videos. ``decoder``: plain cross-attention (table 5). ``none``: no denoiser, the head reads Z and
    ignores noise and time (the encoder-only regression of table 5)."""
    denoiser_layers: int = 3
    bins: int = 200
    """K, bins of the codebook, which has K + 1 levels."""
    temperature: float = 2.0
    """A score is sigmoid(temperature * logit)."""
    dropout: float = 0.1
    input_dropout: float = 0.5
    score_embedding: ScoreEmbeddingName = "learned"
    """How a level of the codebook becomes a query: by a learned vector, sinusoids, or a random vector that is never
    trained (``random``: table 5, without "Learnable Embedding")."""
    modulation: ModulationName = "time-and-position"
    """What the AdaLN of ``dit`` depends on (table 5). With ``time``, positions are only added to the query."""
    masked_convolutions: bool = True
    """Whether the convolutions of ``latent-mlp`` read padded samples as zeros. The official ones read whatever numbers
    are there, so that the output for a video depends on the other videos of a padded batch."""

    def __post_init__(self) -> None:
        sizes = (self.feature_dim, self.width, self.heads, self.feedforward, self.bins)
        depths = (self.input_layers, self.encoder_layers, self.denoiser_layers)
        ok = all(type(value) is int for value in sizes + depths)  # not bool, which is an int too and may come from JSON
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
        """One line that describes the network."""
        depth = f"{self.encoder_layers} encoder and {self.denoiser_layers} denoiser layers"
        levels = f"{self.score_embedding} embedding of {self.bins + 1} levels"
        return f"{self.denoiser}, {depth}, {self.feature_dim} channels, width {self.width}, {levels}"

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "ModelConfig":
        """Makes a configuration from the metadata of a checkpoint.

        Raises:
            ResourceError: there are unknown or missing fields, or values that are not possible.
        """
        try:
            return cls(**values)
        except TypeError as error:
            raise ResourceError(f"model configuration: {error}", remedy="use an undamaged checkpoint") from error
