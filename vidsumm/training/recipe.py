"""Everything that fixes a training run, and the recipes that ship: TVSum's and SumMe's official ones, Mr. HiSum's."""

import dataclasses
import json
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Literal, get_args, get_type_hints

from vidsumm.diffusion.sampler import Final
from vidsumm.errors import ConfigError, ResourceError
from vidsumm.model.config import DenoiserName, ModelConfig, ModulationName, ScoreEmbeddingName
from vidsumm.model.sampling import SamplingOptions

__all__ = ["Recipe", "load_recipe", "recipe_names", "recipe_toml"]

AnnotatorsUse = Literal["individual", "aggregated"]
OptimizerName = Literal["adamw", "adam"]
ScheduleName = Literal["cosine", "exponential", "constant"]
PrecisionName = Literal["auto", "float32"]


@dataclass(frozen=True)
class Recipe:
    """Settings of a run; the defaults are the recipe ``tvsum``, which was tuned on validation videos."""

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
    """Each annotator's own curve is a training target (the paper's way), or their mean is."""
    annotators_kept: int = 0
    """Train on this many randomly chosen annotators of each video (supplement, table III); 0 for all."""
    epochs: int = 20
    videos_per_step: int = 4
    curves_per_video: int = 4
    """(annotator, time, noise) draws that share one encoding of a video."""
    optimizer: OptimizerName = "adamw"
    learning_rate: float = 7e-4
    weight_decay: float = 5e-3
    schedule: ScheduleName = "cosine"
    """Of the learning rate: down to zero along a cosine, a fixed factor each epoch, or none."""
    warmup: float = 0.05
    """Share of the steps in which the learning rate rises linearly."""
    decay: float = 0.99
    """Factor of each epoch of the exponential schedule."""
    ema: float = 0.99
    """Decay of the exponential moving average of the weights, which is what is kept."""
    gradient_clip: float = 1.0
    """Largest norm of a step's gradient; 0 for no limit."""
    precision: PrecisionName = "auto"
    """bfloat16 where the device is quick with it, or float32 throughout."""
    clamp: float = 0.05
    """Targets are clamped to [clamp, 1 - clamp]."""
    p_uncond: float = 0.2
    """Share of videos replaced by the null video."""
    guidance: float = 0.5
    """Weight w of classifier-free guidance in measurements; the checkpoint carries it as its default."""
    attention_guidance: float = 0.0
    """Weight s of self-attention guidance in measurements (supplement B)."""
    steps: int = 10
    """Denoising steps in measurements."""
    final: Final = "paper"
    """Where the last prediction is made, see `vidsumm.diffusion.sampler`."""
    guide_final: bool = True
    samples: int = 5
    """Curves drawn for each video in measurements; their mean is what validation looks at."""
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
            remedy = "heads must divide width, which is even; layers and sizes of 1 or more"
            raise ConfigError("recipe: no network has these sizes", remedy=remedy) from error

    def model_config(self, feature_dim: int) -> ModelConfig:
        """The network this recipe trains on features of `feature_dim` channels."""
        shared = {f.name for f in dataclasses.fields(ModelConfig)} & {f.name for f in dataclasses.fields(self)}
        return ModelConfig(feature_dim=feature_dim, **{name: getattr(self, name) for name in shared})

    def sampling(self) -> SamplingOptions:
        """How curves are drawn when the result is measured."""
        return SamplingOptions(
            steps=self.steps,
            guidance=self.guidance,
            final=self.final,
            guide_final=self.guide_final,
            attention_guidance=self.attention_guidance,
        )


def _checks(recipe: Recipe) -> dict[str, tuple[bool, str]]:
    """Field -> whether its value is allowed, and what is."""
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


def recipe_names() -> list[str]:
    """Names of the recipes that ship."""
    folder = resources.files(__package__) / "recipes"
    return sorted(item.name.removesuffix(".toml") for item in folder.iterdir() if item.name.endswith(".toml"))


def load_recipe(name: str = "tvsum", overrides: Sequence[str] = ()) -> Recipe:
    """A shipped recipe or a TOML file, with single fields replaced.

    Args:
        name: of a shipped recipe, or the path of a file that ends in ``.toml``.
        overrides: ``field=value`` pairs.

    Raises:
        ConfigError: no such recipe, not TOML, an unknown field or a value that is not allowed.
    """
    values = _parse_toml(name, _read_recipe(name))
    for pair in overrides:
        field, equals, text = pair.partition("=")
        if not equals:
            raise ConfigError(f"--set {pair}: no field=value pair", remedy="for example --set epochs=20")
        values[field.strip().replace("-", "_")] = text.strip()
    return Recipe(**{field: _value(field, value) for field, value in values.items()})


def recipe_toml(recipe: Recipe) -> str:
    """The recipe with every field written out, as `load_recipe` reads it."""
    values = dataclasses.asdict(recipe)
    return "".join(f"{field} = {json.dumps(value)}\n" for field, value in values.items())


def _read_recipe(name: str) -> str:
    if name.endswith(".toml"):
        try:
            return Path(name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"--recipe {name}: cannot be read", remedy="check the path") from error
    if name not in recipe_names():
        known = ", ".join(recipe_names())
        raise ConfigError(f"--recipe {name}: no such recipe", remedy=f"give one of {known}, or a .toml file")
    return (resources.files(__package__) / "recipes" / f"{name}.toml").read_text(encoding="utf-8")


def _parse_toml(name: str, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"--recipe {name}: not TOML, {error}", remedy="write field = value lines") from error


def _value(field: str, value: Any) -> Any:
    """A value of the field's type, from TOML or from text."""
    kinds = get_type_hints(Recipe)
    if field not in kinds:
        raise ConfigError(f"recipe: unknown field {field!r}", remedy="one of " + ", ".join(kinds))
    kind = kinds[field] if kinds[field] in (int, float, bool) else str
    try:
        if kind is bool:
            return {"true": True, "false": False}[str(value).lower()]
        return kind(value) if isinstance(value, str) or kind is float else _same(value, kind)
    except (ValueError, TypeError, KeyError) as error:
        raise ConfigError(
            f"recipe: {field} = {value} is no {kind.__name__}", remedy="see `vidsumm train -h`"
        ) from error


def _same(value: Any, kind: type) -> Any:
    if type(value) is not kind:
        raise TypeError
    return value
