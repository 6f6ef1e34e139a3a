"""A table of results: a row for each method, a column for each metric, measured here or published."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

__all__ = [
    "MAP15",
    "MAP50",
    "MISSING",
    "RHO",
    "TAU",
    "Meta",
    "Metric",
    "Row",
    "Table",
    "Value",
    "best_rows",
    "footnotes",
    "format_value",
    "marked_names",
]

MISSING = "-"
_PUBLISHED_MARK = "†"

_ARROWS = {"higher": " ↑", "lower": " ↓", "neither": ""}

Value = tuple[float, float | None]
"""Mean and standard deviation; None where there is only one run, or none was published."""


@dataclass(frozen=True)
class Metric:
    """What a column of a table shows."""

    key: str
    """Key in `Row.values`."""
    title: str
    """Title of the column."""
    better: Literal["higher", "lower", "neither"] = "higher"
    digits: int = 3
    """Decimal places that are shown; CSV and JSON have all of them."""

    @property
    def heading(self) -> str:
        """The title, with an arrow up or down where higher or lower is better."""
        return self.title + _ARROWS[self.better]


TAU = Metric("tau", "τ")
RHO = Metric("rho", "\N{GREEK SMALL LETTER RHO}")
MAP50 = Metric("map50", "MAP 50 %", digits=2)
MAP15 = Metric("map15", "MAP 15 %", digits=2)


@dataclass(frozen=True)
class Row:
    """The values of one method."""

    method: str
    """Label of the row."""
    values: Mapping[str, Value]
    """Values by `Metric.key`. An unknown metric is absent; one that is not a column of the table is not shown."""
    published: bool = False
    """Taken from a paper, not measured here."""
    reference: bool = False
    """Chance or annotators: not a method, and so never marked as the best."""
    note: str = ""

    def __post_init__(self) -> None:
        numbers = [x for value in self.values.values() for x in value if x is not None]
        if not all(map(math.isfinite, numbers)):
            raise ValueError(f"{self.method}: leave out a metric that is not known, got {dict(self.values)}")


@dataclass(frozen=True)
class Meta:
    """Where the numbers come from and how to get them again."""

    protocol: str = ""
    dataset: str = ""
    seeds: tuple[int, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    command: str = ""
    created: str = ""
    """ISO 8601."""
    source: str = ""
    """Where the published rows come from."""


@dataclass(frozen=True)
class Table:
    """Rows and columns in the order in which they are shown."""

    title: str
    columns: Sequence[Metric]
    rows: Sequence[Row]
    meta: Meta = field(default_factory=Meta)


def format_value(value: Value | None, metric: Metric, *, spread: bool = True) -> str:
    """Returns ``0.173 ± 0.005``, or a dash where the value is None.

    The standard deviation is left out where it is unknown or `spread` is False.
    """
    if value is None:
        return MISSING
    mean, std = value
    text = f"{mean:.{metric.digits}f}"
    return text if std is None or not spread else f"{text} ± {std:.{metric.digits}f}"


def best_rows(table: Table, metric: Metric) -> frozenset[int]:
    """Returns the indices of the rows that share the best mean, as rounded for display, references left out."""
    if metric.better == "neither":
        return frozenset()
    sign = 1 if metric.better == "higher" else -1
    means = {
        index: sign * round(row.values[metric.key][0], metric.digits)
        for index, row in enumerate(table.rows)
        if not row.reference and metric.key in row.values
    }
    return frozenset(index for index, mean in means.items() if mean == max(means.values()))


def marked_names(table: Table) -> list[str]:
    """Returns the labels of the rows, each with the marks of the `footnotes` that concern it."""
    numbers = _numbered_notes(table)
    names = []
    for row in table.rows:
        marks = [_PUBLISHED_MARK] * row.published + ([f"({numbers[row.note]})"] if row.note else [])
        names.append(" ".join([row.method, *marks]))
    return names


def footnotes(table: Table) -> list[str]:
    """Returns what the marks of `marked_names` mean, one line for each mark."""
    source = f": {table.meta.source}" if table.meta.source else ""
    notes = (
        [f"{_PUBLISHED_MARK} published, not measured here{source}"] if any(row.published for row in table.rows) else []
    )
    return [*notes, *(f"({number}) {note}" for note, number in _numbered_notes(table).items())]


def _numbered_notes(table: Table) -> dict[str, int]:
    distinct = dict.fromkeys(row.note for row in table.rows if row.note)
    return {note: number for number, note in enumerate(distinct, start=1)}
