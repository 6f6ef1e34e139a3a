"""Tables of results on a terminal, whatever its width."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rich import box
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table as Grid
from rich.text import Text

from vidsumm.benchmark.report.tables import MISSING, Row, Table, best_rows, footnotes, format_value, marked_names

__all__ = ["FittedTable"]

_GAP = 2  # columns between two metrics, one of which Rich's box adds


@dataclass(frozen=True)
class _Block:
    """The text of some metrics of a table."""

    titles: list[str]
    """Title of each metric."""
    cells: list[list[Text]]
    """One list for each metric, with a cell for each row."""

    @property
    def widths(self) -> list[int]:
        pairs = zip(self.titles, self.cells, strict=True)
        return [max(cell_len(title), *(cell.cell_len for cell in cells), 0) for title, cells in pairs]

    def part(self, start: int, stop: int) -> "_Block":
        return _Block(self.titles[start:stop], self.cells[start:stop])


@dataclass(frozen=True)
class FittedTable:
    """A table as Rich prints it, laid out for the width of the console.

    The best of each metric is bold, and published rows are dimmed and marked. Where the columns do not fit side by
    side, standard deviations are left out and the caption says so. Where they still do not fit, the metrics are shown
    in blocks below each other, each with the rows that have a value there.
    """

    table: Table

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = options.max_width
        names = [Text(name) for name in marked_names(self.table)]
        name_width = min(max([cell_len("method"), *(name.cell_len for name in names)]), max(width // 2, 1))
        parts, spread = _layout(self.table, width - name_width)
        yield Text(self.table.title, style="bold")
        for part in parts:
            yield ""
            yield _grid(part, names, self.table.rows, name_width)
        yield ""
        yield from _captions(self.table, spread=spread)


def _layout(table: Table, room: int) -> tuple[list[_Block], bool]:
    """Returns blocks that fit into `room` columns beside the names, and whether they show standard deviations."""
    full = _split(_format_block(table, spread=True), room)
    return (full, True) if len(full) == 1 else (_split(_format_block(table, spread=False), room), False)


def _split(block: _Block, room: int) -> list[_Block]:
    """Divides a block into blocks with as many metrics as fit, at least one each."""
    starts, used = [0], 0
    for index, width in enumerate(block.widths):
        used += _GAP + width
        if used > room and index > starts[-1]:
            starts.append(index)
            used = _GAP + width
    return [block.part(start, stop) for start, stop in pairwise([*starts, len(block.titles)])]


def _format_block(table: Table, *, spread: bool) -> _Block:
    """Returns all metrics of a table, the best values in bold."""
    cells = []
    for metric in table.columns:
        best = best_rows(table, metric)
        texts = [format_value(row.values.get(metric.key), metric, spread=spread) for row in table.rows]
        cells.append([Text(text, style="bold" if index in best else "") for index, text in enumerate(texts)])
    return _Block([metric.heading for metric in table.columns], cells)


def _grid(block: _Block, names: Sequence[Text], rows: Sequence[Row], name_width: int) -> Grid:
    """Lays out a block, without rows that have no value in it, and with a line between measured and published rows."""
    grid = Grid(
        box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, _GAP - 1, 0, 0), collapse_padding=True
    )
    grid.add_column("method", overflow="fold", width=name_width)
    for title in block.titles:
        grid.add_column(title, justify="right", no_wrap=True)
    shown = [index for index in range(len(rows)) if any(cells[index].plain != MISSING for cells in block.cells)]
    for place, index in enumerate(shown):
        line = [cells[index] for cells in block.cells]
        ends = place + 1 < len(shown) and rows[shown[place + 1]].published != rows[index].published
        grid.add_row(names[index], *line, style="dim" if rows[index].published else "", end_section=ends)
    return grid


def _captions(table: Table, *, spread: bool) -> Iterator[Text]:
    """Returns the footnotes and the protocol, which are printed below the table."""
    meta = table.meta
    yield from map(Text, footnotes(table))
    spreads = {value[1] is not None for row in table.rows for value in row.values.values()}
    if not spread and True in spreads:
        yield Text("means only; a wider terminal shows standard deviations too")
    facts = [meta.protocol, f"seeds {', '.join(map(str, meta.seeds))}" if meta.seeds else ""]
    line = " · ".join(fact for fact in facts if fact)
    if line:
        yield Text(line, style="dim")
