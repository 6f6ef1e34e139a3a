"""Where a diffusion model finds what regression averages away: invented videos, from free tastes to one taste."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from vidsumm.benchmark.config import BenchConfig
from vidsumm.benchmark.methods.method import Method
from vidsumm.benchmark.methods.registry import methods_named
from vidsumm.benchmark.modes import mode_recovery
from vidsumm.benchmark.protocols.run import Finished, run_units
from vidsumm.benchmark.protocols.store import ResultStore, VariantResult
from vidsumm.benchmark.report.comparison import measured_rows, meta_of, present_columns
from vidsumm.benchmark.report.figures.lines import Series, recovery_figure
from vidsumm.benchmark.report.figures.style import save_figure
from vidsumm.benchmark.report.tables import Row, Table
from vidsumm.benchmark.videos import videos_of
from vidsumm.datasets.synthetic import SyntheticVideo, synthetic_videos
from vidsumm.errors import ConfigError
from vidsumm.events import EventSink, ignore

__all__ = ["run_agreement"]

_PANELS = ("modes", "matching")
_SHOWN = ("tau", "rho", "tau_one", "rho_one", "best_annotator_tau", "coverage", "diversity", "energy", *_PANELS)


def run_agreement(config: BenchConfig, agreements: Sequence[float], *, on_event: EventSink = ignore) -> Table:
    """Measures recovery of the known modes and all else at each agreement; draws `agreement.png`.

    Args:
        config: of the synthetic data set; without methods, SummDiff and the encoder alone.
        agreements: each in [0, 1], see `SyntheticConfig.agreement`.
        on_event: told about the work.

    Raises:
        VidsummError: one of its kinds; what was finished before stays.
    """
    if config.dataset != "synthetic" or config.data:
        raise ConfigError("--agreement is for invented videos", remedy="give --dataset synthetic without --data")
    default = ("encoder-only", f"summdiff@{config.recipe.steps}")
    methods = methods_named(config.methods or default, config.recipe)
    found = {value: _rows_at(config, value, methods, on_event) for value in sorted(set(agreements))}
    rows = [
        dataclasses.replace(row, method=f"{row.method}, agreement {value:g}") for value in found for row in found[value]
    ]
    save_figure(recovery_figure(_series(found)), config.output / "agreement.png", {"command": config.command})
    return Table("Agreement of annotators and recovery of modes", present_columns(rows, _SHOWN), rows, meta_of(config))


def _rows_at(config: BenchConfig, agreement: float, methods: Sequence[Method], on_event: EventSink) -> list[Row]:
    invented = dataclasses.replace(config.synthetic, agreement=agreement)
    own = dataclasses.replace(config, synthetic=invented, keep_curves=True)
    finished = run_units(own, methods, videos_of(own), on_event=on_event)
    truth = {video.key: video for video in synthetic_videos(invented)}
    return measured_rows([_with_modes(work, ResultStore(own.output), truth) for work in finished])


def _with_modes(work: Finished, store: ResultStore, truth: dict[str, SyntheticVideo]) -> Finished:
    """The unit with the recovery of modes, from the curves it kept."""
    path = store.curves_path(work.unit)
    variants = tuple(_variant_with_modes(variant, path, truth) for variant in work.outcome.variants)
    return dataclasses.replace(work, outcome=dataclasses.replace(work.outcome, variants=variants))


def _variant_with_modes(variant: VariantResult, path: Path, truth: dict[str, SyntheticVideo]) -> VariantResult:
    videos = {key: dict(values) for key, values in variant.videos.items()}
    with np.load(path) as kept:
        for key, values in videos.items():
            name = f"{variant.label}/{key}"
            if name in kept:
                found = mode_recovery(kept[name].astype(np.float64), truth[key].followed_modes)
                values |= {"modes": found.modes, "matching": found.curves}
    return dataclasses.replace(variant, videos=videos)


def _series(found: dict[float, list[Row]]) -> list[Series]:
    """A line for each method that drew curves."""
    names = dict.fromkeys(row.method for rows in found.values() for row in rows if set(_PANELS) <= set(row.values))
    series = []
    for name in names:
        points = {value: row.values for value, rows in found.items() for row in rows if row.method == name}
        means = [[point[panel][0] for point in points.values()] for panel in _PANELS]
        errors = [[point[panel][1] or 0.0 for point in points.values()] for panel in _PANELS]
        series.append(Series(name, list(points), means, errors))
    return series
