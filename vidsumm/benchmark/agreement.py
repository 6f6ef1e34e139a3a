"""Measures what diffusion recovers where regression learns an average, on invented videos with annotators who differ.

The annotators of an invented video follow known modes, that is tastes (see `vidsumm.datasets.synthetic`). The measure
is the share of these modes that a method's curves find, from annotators with evenly spread tastes to annotators of one
taste.
"""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from vidsumm.benchmark.config import BenchConfig
from vidsumm.benchmark.methods.method import Curves, Method
from vidsumm.benchmark.methods.registry import methods_named
from vidsumm.benchmark.modes import mode_recovery
from vidsumm.benchmark.protocols.run import run_tasks
from vidsumm.benchmark.protocols.store import ResultStore
from vidsumm.benchmark.protocols.task import RowResult, TaskResult
from vidsumm.benchmark.report.figures.lines import Series, recovery_figure
from vidsumm.benchmark.report.figures.style import save_figure
from vidsumm.benchmark.report.result_table import measured_rows, metrics_present, result_meta
from vidsumm.benchmark.report.tables import Row, Table
from vidsumm.benchmark.videos import videos_of
from vidsumm.datasets.synthetic import SyntheticVideo, synthetic_videos
from vidsumm.errors import ConfigError
from vidsumm.events import EventSink, ignore

__all__ = ["run_agreement"]

_PANELS = ("modes", "matching")
_SHOWN = ("tau", "rho", "tau_one", "rho_one", "best_annotator_tau", "coverage", "diversity", "energy", *_PANELS)


def run_agreement(config: BenchConfig, levels: Sequence[float], *, on_event: EventSink = ignore) -> Table:
    """Measures methods at several levels of agreement, with the share of modes they find; draws `agreement.png`.

    Args:
        config: settings with the synthetic data set; without methods, SummDiff and the encoder alone are measured.
        levels: each in [0, 1], see `SyntheticConfig.agreement`.
        on_event: receives the progress.

    Raises:
        ConfigError: `config` is of other videos, or a level is out of range.
        VidsummError: a task failed; results of tasks that were finished are kept.
    """
    if config.dataset != "synthetic" or config.data:
        raise ConfigError("bench agreement measures invented videos only", remedy="leave out `dataset` and `data`")
    default = ("encoder-only", f"summdiff@{config.recipe.steps}")
    methods = methods_named(config.methods or default, config.recipe)
    found = {level: _rows_at(level, config, methods, on_event) for level in sorted(set(levels))}
    rows = [
        dataclasses.replace(row, method=f"{row.method}, agreement {level:g}") for level in found for row in found[level]
    ]
    save_figure(recovery_figure(_series(found)), config.output / "agreement.png", {"command": config.command})
    return Table(
        "Agreement of annotators and recovery of modes", metrics_present(rows, _SHOWN), rows, result_meta(config)
    )


def _rows_at(level: float, config: BenchConfig, methods: Sequence[Method], on_event: EventSink) -> list[Row]:
    synthetic = dataclasses.replace(config.synthetic, agreement=level)
    config = dataclasses.replace(config, synthetic=synthetic, keep_curves=True)
    results = run_tasks(config, methods, videos_of(config), on_event=on_event)
    store = ResultStore(config.output)
    truth = {video.key: video for video in synthetic_videos(synthetic)}
    return measured_rows([_with_modes(result, store, truth) for result in results])


def _with_modes(result: TaskResult, store: ResultStore, truth: Mapping[str, SyntheticVideo]) -> TaskResult:
    """Adds the recovery of modes, computed from the kept curves."""
    curves = store.load_curves(result.task)
    rows = tuple(_row_with_modes(row, curves.get(row.label, {}), truth) for row in result.rows)
    return dataclasses.replace(result, rows=rows)


def _row_with_modes(row: RowResult, curves: Mapping[str, Curves], truth: Mapping[str, SyntheticVideo]) -> RowResult:
    videos = {key: dict(values) for key, values in row.videos.items()}
    for key, values in videos.items():
        if key in curves:
            found = mode_recovery(curves[key].astype(np.float64), truth[key].followed_modes)
            values |= {"modes": found.modes, "matching": found.curves}
    return dataclasses.replace(row, videos=videos)


def _series(found: Mapping[float, Sequence[Row]]) -> list[Series]:
    """Returns a line against the level of agreement for each method that has curves."""
    names = dict.fromkeys(row.method for rows in found.values() for row in rows if set(_PANELS) <= set(row.values))
    series = []
    for name in names:
        points = {level: row.values for level, rows in found.items() for row in rows if row.method == name}
        means = [[point[panel][0] for point in points.values()] for panel in _PANELS]
        errors = [[point[panel][1] or 0.0 for point in points.values()] for panel in _PANELS]
        series.append(Series(name, list(points), means, errors))
    return series
