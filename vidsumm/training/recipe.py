"""Everything that fixes a training run."""

from dataclasses import dataclass
from typing import Literal, get_args

from vidsumm.errors import ConfigError
from vidsumm.model.config import DenoiserName, ModelConfig

__all__ = ["Recipe"]

AnnotatorsUse = Literal["individual", "aggregated"]


@dataclass(frozen=True)
class Recipe:
    """Settings of a run; the defaults are those of the shipped TVSum checkpoint."""

    denoiser: DenoiserName = "latent-mlp"
    denoiser_layers: int = 3
    bins: int = 200
    temperature: float = 2.0
    dropout: float = 0.1
    input_dropout: float = 0.5
    annotators: AnnotatorsUse = "individual"
    """Each annotator's own curve is a training target (the paper's way), or their mean is."""
    epochs: int = 40
    videos_per_step: int = 8
    curves_per_video: int = 2
    """(annotator, time, noise) draws that share one encoding of a video."""
    learning_rate: float = 5e-4
    weight_decay: float = 5e-3
    ema: float = 0.98
    """Decay of the exponential moving average of the weights, which is what is kept."""
    gradient_clip: float = 1.0
    clamp: float = 0.05
    """Targets are clamped to [clamp, 1 - clamp]."""
    p_uncond: float = 0.2
    """Share of videos replaced by the null video."""
    guidance: float = 0.1
    """Guidance weight the result is measured with and carries as its default."""
    seed: int = 0

    def __post_init__(self) -> None:
        checks = {
            "--epochs": self.epochs >= 1,
            "--videos-per-step": self.videos_per_step >= 1,
            "--curves-per-video": self.curves_per_video >= 1,
            "--learning-rate": 0 < self.learning_rate < 1,
            "--annotators": self.annotators in get_args(AnnotatorsUse),
            "--denoiser": self.denoiser in get_args(DenoiserName),
            "--ema": 0 <= self.ema < 1,
            "--clamp": 0 <= self.clamp < 0.5,
            "--guidance": 0 <= self.guidance <= 20,
            "--p-uncond": 0 <= self.p_uncond <= 1,
        }
        for flag, ok in checks.items():
            if not ok:
                raise ConfigError(f"{flag}: the value is not allowed", remedy="see `vidsumm train --help`")

    def model_config(self, feature_dim: int) -> ModelConfig:
        """The network this recipe trains on features of `feature_dim` channels."""
        return ModelConfig(
            feature_dim=feature_dim,
            denoiser=self.denoiser,
            denoiser_layers=self.denoiser_layers,
            bins=self.bins,
            temperature=self.temperature,
            dropout=self.dropout,
            input_dropout=self.input_dropout,
        )
