"""The table of a benchmark run: rows measured here, and published rows below them."""

from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np

from vidsumm.benchmark.config import BenchConfig
from vidsumm.benchmark.protocols.splits import protocol_title
from vidsumm.benchmark.protocols.task import RowResult, TaskResult
from vidsumm.benchmark.report.provenance import measured_now
from vidsumm.benchmark.report.published import PAPER, published_rows
from vidsumm.benchmark.report.tables import MAP15, MAP50, RHO, TAU, Meta, Metric, Row, Table, Value

__all__ = ["DATASET_TITLES", "measured_rows", "metrics_present", "result_meta", "result_table"]

METRICS = (
    TAU,
    RHO,
    Metric("tau_one", "τ of one"),
    Metric("rho_one", "\N{GREEK SMALL LETTER RHO} of one"),
    Metric("best_tau", "τ best of S"),
    Metric("best_annotator_tau", "τ best for each"),
    Metric("coverage", "coverage"),
    Metric("diversity", "diversity", better="neither"),
    Metric("energy", "energy", better="lower"),
    Metric("f1_avg", "F1 avg", digits=1),
    Metric("f1_max", "F1 max", digits=1),
    MAP50,
    MAP15,
    Metric("modes", "modes found", digits=2),
    Metric("matching", "curves matching", digits=2),
    Metric("cis", "CIS", better="lower", digits=2),
    Metric("wir", "WIR", digits=2),
    Metric("ir", "IR", digits=2),
    Metric("wse", "WSE", better="lower", digits=2),
)
"""All metrics, in the order of a table's columns."""

DATASET_TITLES = {"tvsum": "TVSum", "summe": "SumMe", "mrhisum": "Mr. HiSum", "synthetic": "Synthetic"}

_OF_OPTIMALITY = {"cis", "wir", "ir", "wse"}  # measured on every data set, shown where the paper shows them
_REFERENCES = ("random", "human")


def result_table(config: BenchConfig, results: Sequence[TaskResult]) -> Table:
    """Returns the table of a run, with the rows that the paper prints for the same data set and protocol."""
    published = published_rows(config.dataset, config.protocol) if config.setting == "canonical" else ()
    rows = [*measured_rows(results), *published]
    title = f"{DATASET_TITLES[config.dataset]}, {protocol_title(config)}"
    shown = {metric.key for metric in METRICS} - (set() if config.dataset == "mrhisum" else _OF_OPTIMALITY)
    return Table(title, metrics_present(rows, shown), rows, result_meta(config))


def measured_rows(results: Iterable[TaskResult]) -> list[Row]:
    """Returns a row for each label, in order of appearance: mean and standard deviation over splits and seeds."""
    by_label: dict[str, list[RowResult]] = {}
    references: dict[str, bool] = {}
    for result in results:
        for row in result.rows:
            by_label.setdefault(row.label, []).append(row)
            references.setdefault(row.label, result.task.method.name in _REFERENCES)
    return [
        Row(label, _mean_and_deviation([row.means() for row in rows]), reference=references[label], note=rows[0].note)
        for label, rows in by_label.items()
    ]


def _mean_and_deviation(tasks: Sequence[Mapping[str, float]]) -> dict[str, Value]:
    """Returns mean and sample standard deviation of each metric over the tasks that have it; one task has none."""
    values: dict[str, Value] = {}
    for name in dict.fromkeys(name for task in tasks for name in task):
        numbers = [task[name] for task in tasks if name in task]
        values[name] = (float(np.mean(numbers)), float(np.std(numbers, ddof=1)) if len(numbers) > 1 else None)
    return values


def metrics_present(rows: Iterable[Row], wanted: Collection[str]) -> tuple[Metric, ...]:
    """Returns the wanted metrics (by key) that at least one row has."""
    keys = {key for row in rows for key in row.values} & set(wanted)
    return tuple(metric for metric in METRICS if metric.key in keys)


def result_meta(config: BenchConfig) -> Meta:
    """Returns how the numbers of a run were measured."""
    return measured_now(
        protocol=f"{protocol_title(config)}; mean and standard deviation over splits and seeds; "
        f"τ and \N{GREEK SMALL LETTER RHO} are those of the mean of {config.samples} samples where a method draws any",
        dataset=DATASET_TITLES[config.dataset],
        seeds=tuple(range(config.seeds)),
        command=config.command,
        source=PAPER,
    )
