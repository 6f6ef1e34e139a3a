"""The paper's ablations as variants of a recipe: tables 5, 6, I and III."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from vidsumm.benchmark.config import BenchConfig
from vidsumm.benchmark.methods.method import Network
from vidsumm.benchmark.methods.registry import encoder_only
from vidsumm.benchmark.protocols.run import run_units
from vidsumm.benchmark.protocols.splits import describe_protocol
from vidsumm.benchmark.report.comparison import DATASET_TITLES, measured_rows, meta_of, present_columns
from vidsumm.benchmark.report.published import PAPER_TABLES
from vidsumm.benchmark.report.tables import Table
from vidsumm.benchmark.videos import videos_of
from vidsumm.errors import ConfigError
from vidsumm.events import EventSink, ignore
from vidsumm.training.recipe import Recipe

__all__ = ["ABLATIONS", "ablation_methods", "run_ablation"]

STEPS = (1, 10, 100)
BINS = (5, 10, 50, 100, 200, 400, 800)
ANNOTATORS = (5, 10, 0)
"""Annotators kept of each video; 0 for all."""
_SHOWN = ("tau", "rho", "tau_one", "rho_one", "coverage", "diversity", "energy")
_GUIDANCE = 0.1
_ATTENTION_GUIDANCE = 0.1
_P_UNCOND = 0.2


def _components(recipe: Recipe) -> list[Network]:
    """Table 5: from the encoder alone to both guidances."""
    plain = dataclasses.replace(recipe, p_uncond=0.0, guidance=0.0, attention_guidance=0.0, score_embedding="learned")
    whole = dataclasses.replace(plain, denoiser="dit", modulation="time-and-position", denoiser_layers=1)
    alone: list[tuple[str, str, Recipe, dict[str, Any]]] = [
        ("decoder-random", "+ video importance denoiser", plain, {"denoiser": "decoder", "score_embedding": "random"}),
        ("decoder-learned", "+ learnable embedding", plain, {"denoiser": "decoder"}),
        ("dit-time", "+ AdaLN (time)", whole, {"modulation": "time", "denoiser_layers": 2}),
        ("dit", "+ AdaLN (time and position), 1 layer", whole, {}),
        ("dit-sinusoidal", "- quantisation", whole, {"score_embedding": "sinusoidal"}),
    ]
    guided = dataclasses.replace(whole, p_uncond=recipe.p_uncond or _P_UNCOND, guidance=recipe.guidance or _GUIDANCE)
    attentive = recipe.attention_guidance or _ATTENTION_GUIDANCE
    ways = {
        "+ classifier-free guidance": guided.sampling(),
        "+ self-attention guidance": dataclasses.replace(guided.sampling(), attention_guidance=attentive),
    }
    return [
        encoder_only(recipe),
        *(_single(name, label, dataclasses.replace(base, **changes)) for name, label, base, changes in alone),
        Network("dit-guided", "", guided, ways),
    ]


def _steps(recipe: Recipe) -> list[Network]:
    """Table 6: one training, asked with several numbers of steps."""
    ways = {f", {steps} DDIM steps": dataclasses.replace(recipe.sampling(), steps=steps) for steps in STEPS}
    return [Network("steps", "SummDiff", recipe, ways)]


def _bins(recipe: Recipe) -> list[Network]:
    """Table I: strength of the quantisation."""
    return [_single(f"bins-{bins}", f"K = {bins}", dataclasses.replace(recipe, bins=bins)) for bins in BINS]


def _annotators(recipe: Recipe) -> list[Network]:
    """Table III: how many annotators, and each by their own or all as one."""
    found = []
    for kept in ANNOTATORS:
        for use in ("aggregated", "individual"):
            changed = dataclasses.replace(recipe, annotators_kept=kept, annotators=use)
            found.append(_single(f"annotators-{kept or 'all'}-{use}", f"{kept or 'All'} annotations, {use}", changed))
    return found


def _single(name: str, label: str, recipe: Recipe) -> Network:
    return Network(name, label, recipe, {"": recipe.sampling()})


ABLATIONS: Mapping[str, Callable[[Recipe], list[Network]]] = {
    "5": _components,
    "6": _steps,
    "I": _bins,
    "III": _annotators,
}
"""By the paper's number of the table."""


def ablation_methods(number: str, recipe: Recipe) -> list[Network]:
    """The rows of one of the paper's tables as variants of a recipe.

    Raises:
        ConfigError: no such table.
    """
    if number not in ABLATIONS:
        raise ConfigError(f"--table {number}: no such ablation", remedy="give one of " + ", ".join(ABLATIONS))
    return ABLATIONS[number](recipe)


def run_ablation(config: BenchConfig, number: str, *, on_event: EventSink = ignore) -> Table:
    """Measures the rows of one of the paper's tables, with what the paper prints below; finished work is kept.

    Raises:
        VidsummError: one of its kinds; what was finished before stays.
    """
    methods = ablation_methods(number, config.recipe)
    rows = measured_rows(run_units(config, methods, videos_of(config), on_event=on_event))
    paper = PAPER_TABLES[number]
    # measured on other videos, so no row of the one side is better than any of the other
    rows += [dataclasses.replace(row, reference=True) for row in paper.rows]
    meta = dataclasses.replace(meta_of(config), source=f"{paper.meta.source}: {paper.meta.dataset}")
    place = f"{DATASET_TITLES[config.dataset]}, {describe_protocol(config)}"
    return Table(f"{paper.title} (table {number}): {place}", present_columns(rows, _SHOWN), rows, meta)
