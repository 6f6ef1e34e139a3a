"""Tables of results: methods by metrics, measured here or published, and their text forms."""

import csv
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from io import StringIO
from typing import Literal

__all__ = [
    "MAP15",
    "MAP50",
    "MISSING",
    "PUBLISHED_MARK",
    "RHO",
    "TAU",
    "Column",
    "Meta",
    "Row",
    "Table",
    "Value",
    "best_rows",
    "footnotes",
    "format_value",
    "marked_names",
    "to_csv",
    "to_json",
    "to_markdown",
]

MISSING = "-"
PUBLISHED_MARK = "†"

Value = tuple[float, float | None]
"""Mean and standard deviation; None where there is only one run, or none was given."""


@dataclass(frozen=True)
class Column:
    """A metric."""

    key: str
    """What `Row.values` calls it."""
    title: str
    """What a reader sees."""
    better: Literal["higher", "lower", "neither"] = "higher"
    digits: int = 3
    """Decimal places shown; CSV and JSON carry every digit."""


TAU = Column("tau", "τ")
RHO = Column("rho", "\N{GREEK SMALL LETTER RHO}")
MAP50 = Column("map50", "MAP 50 %", digits=2)
MAP15 = Column("map15", "MAP 15 %", digits=2)


@dataclass(frozen=True)
class Row:
    """One method."""

    method: str
    values: Mapping[str, Value]
    """By `Column.key`; a metric that is not known is absent, one that no column names is not shown."""
    published: bool = False
    """Taken from a paper, not measured here."""
    reference: bool = False
    """Chance or people: no method, so never marked as the best."""
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
    """Of the published rows."""


@dataclass(frozen=True)
class Table:
    """Rows of methods, columns of metrics, both in the order they are shown."""

    title: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    meta: Meta = field(default_factory=Meta)


def format_value(value: Value | None, column: Column, *, spread: bool = True) -> str:
    """``0.173 ± 0.005``, without its standard deviation where that is unknown or unwanted, or a dash."""
    if value is None:
        return MISSING
    mean, std = value
    text = f"{mean:.{column.digits}f}"
    return text if std is None or not spread else f"{text} ± {std:.{column.digits}f}"


def best_rows(table: Table, column: Column) -> frozenset[int]:
    """Indices of the rows that share the best mean, as rounded for display; reference rows do not take part."""
    if column.better == "neither":
        return frozenset()
    sign = 1 if column.better == "higher" else -1
    means = {
        index: sign * round(row.values[column.key][0], column.digits)
        for index, row in enumerate(table.rows)
        if not row.reference and column.key in row.values
    }
    return frozenset(index for index, mean in means.items() if mean == max(means.values()))


def to_csv(table: Table) -> str:
    """A header and a line for each row: the method, mean and standard deviation of each metric, origin and note."""
    text = StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    metrics = [name for column in table.columns for name in (column.key, f"{column.key}_std")]
    writer.writerow(["method", *metrics, "published", "note"])
    for row in table.rows:
        pairs = (row.values.get(column.key, (None, None)) for column in table.columns)
        writer.writerow([row.method, *(x for pair in pairs for x in pair), str(row.published).lower(), row.note])
    return text.getvalue()


def to_json(table: Table) -> str:
    """Everything: title, columns, rows and meta; a metric is ``{"mean": …, "std": … or null}``."""
    content = {
        "title": table.title,
        "meta": asdict(table.meta),
        "columns": [asdict(column) for column in table.columns],
        "rows": [_plain_row(table, row) for row in table.rows],
    }
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def to_markdown(table: Table) -> str:
    """A heading, the table with the best of each column in bold, and what is needed to repeat it."""
    head = ["Method", *(_heading(column) for column in table.columns)]
    rule = [":--", *("--:" for _ in table.columns)]
    lines = [f"## {table.title}", "", _line(head), _line(rule), *map(_line, _cells(table)), ""]
    return "\n".join([*lines, *_below(table)]).rstrip("\n") + "\n"


def _plain_row(table: Table, row: Row) -> dict[str, object]:
    shown = [column.key for column in table.columns if column.key in row.values]
    values = {key: dict(zip(("mean", "std"), row.values[key], strict=True)) for key in shown}
    return {
        "method": row.method,
        "published": row.published,
        "reference": row.reference,
        "note": row.note,
        "values": values,
    }


def _heading(column: Column) -> str:
    return column.title + {"higher": " ↑", "lower": " ↓", "neither": ""}[column.better]


def _line(cells: Sequence[str]) -> str:
    escaped = (" ".join(cell.split()).replace("|", r"\|") for cell in cells)
    return f"| {' | '.join(escaped)} |"


def _cells(table: Table) -> list[list[str]]:
    best = {column.key: best_rows(table, column) for column in table.columns}
    cells = []
    for index, (row, name) in enumerate(zip(table.rows, marked_names(table), strict=True)):
        line = [name]
        for column in table.columns:
            text = format_value(row.values.get(column.key), column)
            line.append(f"**{text}**" if index in best[column.key] else text)
        cells.append(line)
    return cells


def _numbered_notes(table: Table) -> dict[str, int]:
    distinct = dict.fromkeys(row.note for row in table.rows if row.note)
    return {note: number for number, note in enumerate(distinct, start=1)}


def marked_names(table: Table) -> list[str]:
    """The methods, each with the marks of the `footnotes` that are about it."""
    notes = _numbered_notes(table)
    marks = ([PUBLISHED_MARK] * row.published + ([f"({notes[row.note]})"] if row.note else []) for row in table.rows)
    return [" ".join([row.method, *found]) for row, found in zip(table.rows, marks, strict=True)]


def footnotes(table: Table) -> list[str]:
    """What the marks of `marked_names` mean, each with its mark."""
    source = f": {table.meta.source}" if table.meta.source else ""
    notes = (
        [f"{PUBLISHED_MARK} published, not measured here{source}"] if any(row.published for row in table.rows) else []
    )
    return [*notes, *(f"({number}) {note}" for note, number in _numbered_notes(table).items())]


def _below(table: Table) -> list[str]:
    meta = table.meta
    notes = footnotes(table)
    facts = {
        "Data set": meta.dataset,
        "Protocol": meta.protocol,
        "Seeds": ", ".join(map(str, meta.seeds)),
        "Command": f"`{meta.command}`" if meta.command else "",
        "Versions": ", ".join(f"{name} {version}" for name, version in meta.versions.items()),
        "Date": meta.created,
    }
    notes += [f"{name}: {value}" for name, value in facts.items() if value]
    return [f"- {note}" for note in notes]
