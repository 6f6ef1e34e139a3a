"""Lists the methods and finds them by name."""

import dataclasses
from collections.abc import Sequence

from vidsumm.benchmark.methods.baselines import CENTRE, HUMAN, RANDOM, RIDGE, TRAINING_FREE
from vidsumm.benchmark.methods.method import Method
from vidsumm.benchmark.methods.network import Network
from vidsumm.errors import ConfigError
from vidsumm.training.recipe import Recipe

__all__ = ["METHODS", "encoder_only", "methods_named"]

_DEFAULT_STEPS = (1, 10)
_MOST_STEPS = 1000
_TRAINED = ("encoder-only", "summdiff", "summdiff-aggregated")
_SIMPLE: tuple[Method, ...] = (RANDOM, HUMAN, CENTRE, TRAINING_FREE, RIDGE)

METHODS = (*(method.name for method in _SIMPLE), *_TRAINED)
"""All names; the last two may be followed by ``@STEPS``."""


def methods_named(names: Sequence[str], recipe: Recipe) -> list[Method]:
    """Returns the methods with these names in the order of `METHODS`; all of them where no name is given.

    ``summdiff@1`` and ``summdiff@100`` are one method, which is trained once and reports two rows.

    Raises:
        ConfigError: an unknown name or an impossible number of steps.
    """
    steps: dict[str, set[int]] = {}
    for text in names or METHODS:
        name, count = _parse(text)
        steps.setdefault(name, set()).update([] if count is None else [count])
    simple = [method for method in _SIMPLE if method.name in steps]
    return simple + [_network(name, sorted(steps[name]), recipe) for name in _TRAINED if name in steps]


def _parse(text: str) -> tuple[str, int | None]:
    """Splits ``NAME`` or ``NAME@STEPS``."""
    name, at, steps = text.partition("@")
    if name not in METHODS or (at and name not in _TRAINED[1:]):
        raise ConfigError(f"`methods={text}`: unknown method", remedy="give one of " + ", ".join(METHODS))
    if not at:
        return name, None
    if not steps.isdecimal() or not 1 <= int(steps) <= _MOST_STEPS:
        raise ConfigError(f"`methods={text}`: not a number of steps", remedy="write for example summdiff@10")
    return name, int(steps)


def _network(name: str, steps: Sequence[int], recipe: Recipe) -> Network:
    if name == "encoder-only":
        return encoder_only(recipe)
    if name == "summdiff-aggregated":
        recipe = dataclasses.replace(recipe, annotators="aggregated")
    label = "SummDiff" if name == "summdiff" else "SummDiff, aggregated"
    sampling = recipe.sampling()
    counts = steps or sorted({*_DEFAULT_STEPS, sampling.steps})
    samplings = {f", {n} step{'s' * (n > 1)}": dataclasses.replace(sampling, steps=n) for n in counts}
    return Network(name, label, recipe, samplings)


def encoder_only(recipe: Recipe) -> Network:
    """Returns regression by the encoder alone, without noise, steps or guidance (table 5, first row)."""
    plain = dataclasses.replace(recipe, denoiser="none", p_uncond=0.0, guidance=0.0, attention_guidance=0.0, steps=1)
    return Network("encoder-only", "Encoder only", plain, {"": plain.sampling()})
