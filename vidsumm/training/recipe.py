"""The recipe of a training run: every setting that changes its numbers."""

import dataclasses
from dataclasses import dataclass
from typing import Literal, get_args

from vidsumm.diffusion.sampler import Final
from vidsumm.errors import ConfigError, ResourceError
from vidsumm.model.config import DenoiserName, ModelConfig, ModulationName, ScoreEmbeddingName
from vidsumm.model.sampling import SamplingOptions

__all__ = ["Recipe"]

AnnotatorsUse = Literal["individual", "aggregated"]
OptimizerName = Literal["adamw", "adam"]
ScheduleName = Literal["cosine", "exponential", "constant"]
PrecisionName = Literal["auto", "float32"]


@dataclass(frozen=True)
class Recipe:
    """The settings of a run. The defaults are the recipe ``tvsum``, which was tuned on validation videos.

    See `vidsumm.model.config.ModelConfig` for the shape of the network, which the first fields describe.
    """

    denoiser: DenoiserName = "latent-mlp"
    denoiser_layers: int = 3
    encoder_layers: int = 2
    input_layers: int = 3
    width: int = 128
    heads: int = 8
    feedforward: int = 512
    score_embedding: ScoreEmbeddingName = "learned"
    modulation: ModulationName = "time-and-position"
    bins: int = 200
    temperature: float = 2.0
    dropout: float = 0.1
    input_dropout: float = 0.5
    annotators: AnnotatorsUse = "individual"
    """Whether the scores of individual annotators are the training targets, as in the paper, or their mean."""
    annotators_kept: int = 0
    """Train on this many randomly chosen annotators of each video (supplement, table III); 0 for all."""
    epochs: int = 20
    videos_per_step: int = 4
    curves_per_video: int = 4
    """R, the random draws of (annotator, time, noise) that share one encoding of a video."""
    optimizer: OptimizerName = "adamw"
    learning_rate: float = 7e-4
    weight_decay: float = 5e-3
    schedule: ScheduleName = "cosine"
    """How the learning rate falls: to zero along a cosine, by the factor `decay` each epoch, or not at all."""
    warmup: float = 0.05
    """Share of the steps in which the learning rate rises linearly."""
    decay: float = 0.99
    """Factor on the learning rate after each epoch of the exponential schedule."""
    ema: float = 0.99
    """Decay of the exponential moving average of the weights; the average is what is kept."""
    gradient_clip: float = 1.0
    """Largest norm of a step's gradient; 0 for no limit."""
    precision: PrecisionName = "auto"
    """bfloat16 where the hardware multiplies it natively, or float32 throughout."""
    clamp: float = 0.05
    """Targets are clamped to [clamp, 1 - clamp]."""
    p_uncond: float = 0.2
    """Probability with which a video is replaced by the null video, for classifier-free guidance."""
    guidance: float = 0.5
    """Weight w of classifier-free guidance in measurements; also the default that the checkpoint stores."""
    attention_guidance: float = 0.0
    """Weight s of self-attention guidance in measurements (supplement B)."""
    steps: int = 10
    """Denoising steps in measurements."""
    final: Final = "paper"
    """Where the last prediction is made, see `vidsumm.diffusion.sampler`."""
    guide_final: bool = True
    """Whether guidance applies to the last prediction."""
    samples: int = 5
    """S, the curves drawn for each video in measurements; validation measures their mean."""
    validate_every: int = 5
    """Epochs between two validations."""
    seed: int = 0

    def __post_init__(self) -> None:
        for name, (ok, allowed) in _checks(self).items():
            if not ok:
                value = getattr(self, name)
                raise ConfigError(f"recipe: {name} = {value} is not allowed", remedy=f"give {name} {allowed}")
        try:
            self.model_config(1)
        except ResourceError as error:
            remedy = "give an even width that heads divides, and layers and sizes of 1 or more"
            raise ConfigError("recipe: no network has these sizes", remedy=remedy) from error

    def model_config(self, feature_dim: int) -> ModelConfig:
        """Returns the network that this recipe trains on features of `feature_dim` channels."""
        shared = {f.name for f in dataclasses.fields(ModelConfig)} & {f.name for f in dataclasses.fields(self)}
        return ModelConfig(feature_dim=feature_dim, **{name: getattr(self, name) for name in shared})

    def sampling(self) -> SamplingOptions:
        """Returns how curves are drawn in measurements."""
        return SamplingOptions(
            steps=self.steps,
            guidance=self.guidance,
            final=self.final,
            guide_final=self.guide_final,
            attention_guidance=self.attention_guidance,
        )


def _checks(recipe: Recipe) -> dict[str, tuple[bool, str]]:
    """Returns for each field whether its value is allowed, and which values are."""
    counts = ("epochs", "videos_per_step", "curves_per_video", "steps", "samples", "validate_every")
    names = {"annotators": AnnotatorsUse, "optimizer": OptimizerName, "schedule": ScheduleName}
    names |= {"final": Final, "precision": PrecisionName, "denoiser": DenoiserName}
    names |= {"score_embedding": ScoreEmbeddingName, "modulation": ModulationName}
    checks = {name: (getattr(recipe, name) >= 1, "of 1 or more") for name in counts}
    checks |= {
        name: (getattr(recipe, name) in get_args(kind), "one of " + ", ".join(get_args(kind)))
        for name, kind in names.items()
    }
    return checks | {
        "seed": (0 <= recipe.seed < 2**63, "from 0 to 2**63 - 1"),
        "annotators_kept": (recipe.annotators_kept >= 0, "of 0 or more"),
        "learning_rate": (0 < recipe.learning_rate < 1, "between 0 and 1"),
        "weight_decay": (0 <= recipe.weight_decay < 1, "from 0 to below 1"),
        "warmup": (0 <= recipe.warmup < 1, "from 0 to below 1"),
        "decay": (0 < recipe.decay <= 1, "above 0, to 1"),
        "ema": (0 <= recipe.ema < 1, "from 0 to below 1"),
        "gradient_clip": (recipe.gradient_clip >= 0, "of 0 or more"),
        "clamp": (0 <= recipe.clamp < 0.5, "from 0 to below 0.5"),
        "p_uncond": (0 <= recipe.p_uncond <= 1, "from 0 to 1"),
        "guidance": (0 <= recipe.guidance <= 20, "from 0 to 20"),
        "attention_guidance": (0 <= recipe.attention_guidance <= 20, "from 0 to 20"),
    }
