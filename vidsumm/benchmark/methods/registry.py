"""The methods by name."""

import dataclasses
from collections.abc import Sequence

from vidsumm.benchmark.methods.baselines import CENTRE, RANDOM, RIDGE, TRAINING_FREE
from vidsumm.benchmark.methods.method import Method, Network, People
from vidsumm.errors import ConfigError
from vidsumm.training.recipe import Recipe

__all__ = ["METHODS", "methods_named"]

DEFAULT_STEPS = (1, 10)
_TRAINED = ("encoder-only", "summdiff", "summdiff-aggregated")
_SIMPLE: tuple[Method, ...] = (RANDOM, People(), CENTRE, TRAINING_FREE, RIDGE)

METHODS = (*(method.name for method in _SIMPLE), *_TRAINED)
"""All names; those of the last two may be followed by ``@STEPS``."""


def methods_named(names: Sequence[str], recipe: Recipe) -> list[Method]:
    """The methods in the order of `METHODS`; all of them where no name is given.

    ``summdiff@1`` and ``summdiff@100`` are one training, asked twice.

    Raises:
        ConfigError: an unknown name or impossible number of steps.
    """
    steps: dict[str, set[int]] = {}
    for text in names or METHODS:
        name, number = _parsed(text)
        steps.setdefault(name, set()).update([] if number is None else [number])
    simple = [method for method in _SIMPLE if method.name in steps]
    return simple + [_trained(name, sorted(steps[name]), recipe) for name in _TRAINED if name in steps]


def _parsed(text: str) -> tuple[str, int | None]:
    name, at, number = text.partition("@")
    if name not in METHODS or (at and name not in _TRAINED[1:]):
        raise ConfigError(f"--methods {text}: unknown method", remedy="one of " + ", ".join(METHODS))
    if not at:
        return name, None
    if not number.isdecimal() or not 1 <= int(number) <= 1000:
        raise ConfigError(f"--methods {text}: no number of steps", remedy="write for example summdiff@10")
    return name, int(number)


def _trained(name: str, steps: Sequence[int], recipe: Recipe) -> Network:
    if name == "encoder-only":
        return encoder_only(recipe)
    if name == "summdiff-aggregated":
        recipe = dataclasses.replace(recipe, annotators="aggregated")
    label = "SummDiff" if name == "summdiff" else "SummDiff, aggregated"
    sampling = recipe.sampling()
    counts = steps or sorted({*DEFAULT_STEPS, sampling.steps})
    samplings = {f", {n} step{'s' * (n > 1)}": dataclasses.replace(sampling, steps=n) for n in counts}
    return Network(name, label, recipe, samplings)


def encoder_only(recipe: Recipe) -> Network:
    """Regression by the condition encoder alone: no noise, no steps, no guidance (table 5, first row)."""
    plain = dataclasses.replace(recipe, denoiser="none", p_uncond=0.0, guidance=0.0, attention_guidance=0.0, steps=1)
    return Network("encoder-only", "Encoder only", plain, {"": plain.sampling()})
