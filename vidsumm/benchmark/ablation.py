"""The paper's ablations (tables 5, 6, I and III): networks whose recipes differ from a given one."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from vidsumm.benchmark.config import BenchConfig
from vidsumm.benchmark.methods.network import Network
from vidsumm.benchmark.methods.registry import encoder_only
from vidsumm.benchmark.protocols.run import run_tasks
from vidsumm.benchmark.protocols.splits import protocol_title
from vidsumm.benchmark.report.published import PAPER_TABLES
from vidsumm.benchmark.report.result_table import DATASET_TITLES, measured_rows, metrics_present, result_meta
from vidsumm.benchmark.report.tables import Table
from vidsumm.benchmark.videos import videos_of
from vidsumm.errors import ConfigError
from vidsumm.events import EventSink, ignore
from vidsumm.training.recipe import Recipe

__all__ = ["ABLATIONS", "BINS", "ablation_methods", "run_ablation"]

BINS = (5, 10, 50, 100, 200, 400, 800)
"""K of table I."""

_STEPS = (1, 10, 100)
_ANNOTATORS = (5, 10, 0)  # annotators kept of each video; 0 for all
_SHOWN = ("tau", "rho", "tau_one", "rho_one", "coverage", "diversity", "energy")
_GUIDANCE, _ATTENTION_GUIDANCE, _P_UNCOND = 0.1, 0.1, 0.2  # where the given recipe has none


def _components(recipe: Recipe) -> list[Network]:
    """Returns the rows of table 5: from the encoder alone to the network with both kinds of guidance."""
    plain = dataclasses.replace(recipe, p_uncond=0.0, guidance=0.0, attention_guidance=0.0, score_embedding="learned")
    dit = dataclasses.replace(plain, denoiser="dit", modulation="time-and-position", denoiser_layers=1)
    unguided: list[tuple[str, str, Recipe, dict[str, Any]]] = [
        ("decoder-random", "+ video importance denoiser", plain, {"denoiser": "decoder", "score_embedding": "random"}),
        ("decoder-learned", "+ learnable embedding", plain, {"denoiser": "decoder"}),
        ("dit-time", "+ AdaLN (time)", dit, {"modulation": "time", "denoiser_layers": 2}),
        ("dit", "+ AdaLN (time and position), 1 layer", dit, {}),
        ("dit-sinusoidal", "- quantisation", dit, {"score_embedding": "sinusoidal"}),
    ]
    guided = dataclasses.replace(dit, p_uncond=recipe.p_uncond or _P_UNCOND, guidance=recipe.guidance or _GUIDANCE)
    attention_guidance = recipe.attention_guidance or _ATTENTION_GUIDANCE
    samplings = {
        "+ classifier-free guidance": guided.sampling(),
        "+ self-attention guidance": dataclasses.replace(guided.sampling(), attention_guidance=attention_guidance),
    }
    return [
        encoder_only(recipe),
        *(_single(name, label, dataclasses.replace(base, **changes)) for name, label, base, changes in unguided),
        Network("dit-guided", "", guided, samplings),
    ]


def _steps(recipe: Recipe) -> list[Network]:
    """Returns the rows of table 6: one network, whose curves are drawn with several numbers of steps."""
    samplings = {f", {steps} DDIM steps": dataclasses.replace(recipe.sampling(), steps=steps) for steps in _STEPS}
    return [Network("steps", "SummDiff", recipe, samplings)]


def _bins(recipe: Recipe) -> list[Network]:
    """Returns the rows of table I: the number of bins into which scores are quantised."""
    return [_single(f"bins-{bins}", f"K = {bins}", dataclasses.replace(recipe, bins=bins)) for bins in BINS]


def _annotators(recipe: Recipe) -> list[Network]:
    """Returns the rows of table III: how many annotators there are, and whether each or only their mean is learned."""
    networks = []
    for kept in _ANNOTATORS:
        for use in ("aggregated", "individual"):
            changed = dataclasses.replace(recipe, annotators_kept=kept, annotators=use)
            networks.append(
                _single(f"annotators-{kept or 'all'}-{use}", f"{kept or 'All'} annotations, {use}", changed)
            )
    return networks


def _single(name: str, label: str, recipe: Recipe) -> Network:
    return Network(name, label, recipe, {"": recipe.sampling()})


ABLATIONS: Mapping[str, Callable[[Recipe], list[Network]]] = {
    "5": _components,
    "6": _steps,
    "I": _bins,
    "III": _annotators,
}
"""Function that returns the rows, by the number of the table in the paper."""


def ablation_methods(number: str, recipe: Recipe) -> list[Network]:
    """Returns networks that differ from a recipe as the rows of one of the paper's tables differ.

    Raises:
        ConfigError: the table is not in `ABLATIONS`.
    """
    if number not in ABLATIONS:
        raise ConfigError(f"`number={number}`: no such ablation", remedy="give one of " + ", ".join(ABLATIONS))
    return ABLATIONS[number](recipe)


def run_ablation(config: BenchConfig, number: str, *, on_event: EventSink = ignore) -> Table:
    """Measures the rows of one of the paper's tables; the paper's own rows are shown below them.

    Tasks that are finished are not done again.

    Raises:
        VidsummError: an option, a file or a task failed; results of tasks that were finished are kept.
    """
    methods = ablation_methods(number, config.recipe)
    rows = measured_rows(run_tasks(config, methods, videos_of(config), on_event=on_event))
    paper = PAPER_TABLES[number]
    # The paper's are of other videos: they are marked as references, so that they do not compete with ours.
    rows += [dataclasses.replace(row, reference=True) for row in paper.rows]
    meta = dataclasses.replace(result_meta(config), source=f"{paper.meta.source}: {paper.meta.dataset}")
    place = f"{DATASET_TITLES[config.dataset]}, {protocol_title(config)}"
    return Table(f"{paper.title} (table {number}): {place}", metrics_present(rows, _SHOWN), rows, meta)
