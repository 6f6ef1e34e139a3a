"""Results as a table: rows measured here, published rows below them, and the files that hold both."""

import platform
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from vidsumm.benchmark.config import BenchConfig
from vidsumm.benchmark.protocols.run import Finished
from vidsumm.benchmark.protocols.splits import describe_protocol
from vidsumm.benchmark.report.published import PAPER, published_rows
from vidsumm.benchmark.report.tables import (
    MAP15,
    MAP50,
    RHO,
    TAU,
    Column,
    Meta,
    Row,
    Table,
    Value,
    to_csv,
    to_json,
    to_markdown,
)
from vidsumm.files import write_text_atomic
from vidsumm.versions import result_versions

__all__ = [
    "COLUMNS",
    "DATASET_TITLES",
    "benchmark_table",
    "machine",
    "measured_rows",
    "meta_of",
    "present_columns",
    "write_table",
]

COLUMNS = (
    TAU,
    RHO,
    Column("tau_one", "τ of one"),
    Column("rho_one", "\N{GREEK SMALL LETTER RHO} of one"),
    Column("best_tau", "τ best of S"),
    Column("best_annotator_tau", "τ best for each"),
    Column("coverage", "coverage"),
    Column("diversity", "diversity", better="neither"),
    Column("energy", "energy", better="lower"),
    Column("f1_avg", "F1 avg", digits=1),
    Column("f1_max", "F1 max", digits=1),
    MAP50,
    MAP15,
    Column("modes", "modes found", digits=2),
    Column("matching", "curves matching", digits=2),
    Column("cis", "CIS", better="lower", digits=2),
    Column("wir", "WIR", digits=2),
    Column("ir", "IR", digits=2),
    Column("wse", "WSE", better="lower", digits=2),
)
"""All metrics; a table has those that any of its rows has."""

_OF_OPTIMALITY = {"cis", "wir", "ir", "wse"}  # kept for every data set, shown where the paper has them
_REFERENCES = ("random", "human")
DATASET_TITLES = {"tvsum": "TVSum", "summe": "SumMe", "mrhisum": "Mr. HiSum", "synthetic": "Synthetic"}


def benchmark_table(config: BenchConfig, finished: Sequence[Finished]) -> Table:
    """The table of a run, with what the paper prints for the same data set and protocol."""
    published = published_rows(config.dataset, config.protocol) if config.setting == "canonical" else ()
    rows = [*measured_rows(finished), *published]
    title = f"{DATASET_TITLES[config.dataset]}, {describe_protocol(config)}"
    shown = {column.key for column in COLUMNS} - (set() if config.dataset == "mrhisum" else _OF_OPTIMALITY)
    return Table(title, present_columns(rows, shown), rows, meta_of(config))


def measured_rows(finished: Iterable[Finished]) -> list[Row]:
    """One row for each label, in order of appearance: mean and standard deviation over splits and seeds."""
    found: dict[str, list[tuple[Mapping[str, float], str, bool]]] = {}
    for work in finished:
        for variant in work.outcome.variants:
            reference = work.unit.method in _REFERENCES
            found.setdefault(variant.label, []).append((variant.means(), variant.note, reference))
    return [
        Row(label, _spread([means for means, _, _ in runs]), reference=runs[0][2], note=runs[0][1])
        for label, runs in found.items()
    ]


def _spread(runs: Sequence[Mapping[str, float]]) -> dict[str, Value]:
    """Mean and sample standard deviation of each metric over the runs that have it; none of a single run."""
    values: dict[str, Value] = {}
    for name in dict.fromkeys(name for run in runs for name in run):
        numbers = [run[name] for run in runs if name in run]
        values[name] = (float(np.mean(numbers)), float(np.std(numbers, ddof=1)) if len(numbers) > 1 else None)
    return values


def present_columns(rows: Iterable[Row], shown: Collection[str]) -> tuple[Column, ...]:
    """Those of the shown columns of which any row has a value."""
    names = {name for row in rows for name in row.values} & set(shown)
    return tuple(column for column in COLUMNS if column.key in names)


def meta_of(config: BenchConfig) -> Meta:
    """How the numbers came about."""
    return Meta(
        protocol=f"{describe_protocol(config)}; mean and standard deviation over splits and seeds; "
        f"τ and \N{GREEK SMALL LETTER RHO} are those of the mean of {config.samples} samples where a method draws any",
        dataset=DATASET_TITLES[config.dataset],
        seeds=tuple(range(config.seeds)),
        versions=result_versions() | {"machine": machine()},
        command=config.command,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        source=PAPER,
    )


def machine() -> str:
    """Processor and system in a few words."""
    return f"{platform.system()} {platform.machine()}, {_processor()}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "processor not known"
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{len(names)} x {names[0]}" if names else platform.processor() or "processor not known"


def write_table(table: Table, folder: Path, name: str = "table") -> list[Path]:
    """Writes NAME.csv, NAME.json and NAME.md, each whole or not at all.

    Raises:
        OutputError: one cannot be written.
    """
    texts = {".csv": to_csv(table), ".json": to_json(table), ".md": to_markdown(table)}
    paths = [folder / f"{name}{suffix}" for suffix in texts]
    for path, text in zip(paths, texts.values(), strict=True):
        write_text_atomic(path, text)
    return paths
