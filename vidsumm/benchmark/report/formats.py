"""Tables of results as CSV, JSON and Markdown."""

import csv
import json
from collections.abc import Sequence
from dataclasses import asdict
from io import StringIO
from pathlib import Path

from vidsumm.benchmark.report.tables import Row, Table, best_rows, footnotes, format_value, marked_names
from vidsumm.files import write_text_atomic

__all__ = ["to_csv", "to_json", "to_markdown", "write_table"]


def write_table(table: Table, folder: Path, name: str = "table") -> list[Path]:
    """Writes NAME.csv, NAME.json and NAME.md, each whole or not at all, and returns their paths.

    Raises:
        OutputError: one of them cannot be written.
    """
    texts = {".csv": to_csv(table), ".json": to_json(table), ".md": to_markdown(table)}
    paths = [folder / f"{name}{suffix}" for suffix in texts]
    for path, text in zip(paths, texts.values(), strict=True):
        write_text_atomic(path, text)
    return paths


def to_csv(table: Table) -> str:
    """Returns a header and a line for each row: method, mean and standard deviation of each metric, origin and note."""
    text = StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    names = [name for metric in table.columns for name in (metric.key, f"{metric.key}_std")]
    writer.writerow(["method", *names, "published", "note"])
    for row in table.rows:
        values = (row.values.get(metric.key, (None, None)) for metric in table.columns)
        writer.writerow([row.method, *(x for value in values for x in value), str(row.published).lower(), row.note])
    return text.getvalue()


def to_json(table: Table) -> str:
    """Returns title, columns, rows and meta; a value is ``{"mean": …, "std": … or null}``."""
    content = {
        "title": table.title,
        "meta": asdict(table.meta),
        "columns": [asdict(metric) for metric in table.columns],
        "rows": [_json_row(table, row) for row in table.rows],
    }
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _json_row(table: Table, row: Row) -> dict[str, object]:
    shown = [metric.key for metric in table.columns if metric.key in row.values]
    values = {key: dict(zip(("mean", "std"), row.values[key], strict=True)) for key in shown}
    return {
        "method": row.method,
        "published": row.published,
        "reference": row.reference,
        "note": row.note,
        "values": values,
    }


def to_markdown(table: Table) -> str:
    """Returns a heading, the table with the best of each column in bold, and what is needed to repeat it."""
    head = ["Method", *(metric.heading for metric in table.columns)]
    rule = [":--", *("--:" for _ in table.columns)]
    lines = [f"## {table.title}", "", _markdown_line(head), _markdown_line(rule), *map(_markdown_line, _cells(table))]
    return "\n".join([*lines, "", *_facts(table)]).rstrip("\n") + "\n"


def _markdown_line(cells: Sequence[str]) -> str:
    escaped = (" ".join(cell.split()).replace("|", r"\|") for cell in cells)
    return f"| {' | '.join(escaped)} |"


def _cells(table: Table) -> list[list[str]]:
    best = {metric.key: best_rows(table, metric) for metric in table.columns}
    cells = []
    for index, (row, name) in enumerate(zip(table.rows, marked_names(table), strict=True)):
        line = [name]
        for metric in table.columns:
            text = format_value(row.values.get(metric.key), metric)
            line.append(f"**{text}**" if index in best[metric.key] else text)
        cells.append(line)
    return cells


def _facts(table: Table) -> list[str]:
    """Returns footnotes and origin of the numbers as a list."""
    meta = table.meta
    facts = {
        "Data set": meta.dataset,
        "Protocol": meta.protocol,
        "Seeds": ", ".join(map(str, meta.seeds)),
        "Command": f"`{meta.command}`" if meta.command else "",
        "Versions": ", ".join(f"{name} {version}" for name, version in meta.versions.items()),
        "Date": meta.created,
    }
    notes = footnotes(table) + [f"{name}: {value}" for name, value in facts.items() if value]
    return [f"- {note}" for note in notes]
