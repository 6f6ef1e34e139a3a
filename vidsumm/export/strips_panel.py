"""The panel of ``summary.png`` with the clips of each candidate."""

import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure

from vidsumm.export.axis import placed, shot_borders_s, source_borders_s
from vidsumm.export.lettering import shorten, width_px, write
from vidsumm.export.page import (
    LABEL_PX,
    NAMED,
    RIGHT_PX,
    ROW_PX,
    WIDTH_PX,
    PageLayout,
    add_axes,
    candidate_colour,
    has_wide_shots,
    label_time,
)
from vidsumm.export.palette import BORDER, GREY, INK, TRACK
from vidsumm.export.record import CandidateRecord, SummaryRecord
from vidsumm.export.timescale import length

__all__ = ["draw_strips"]

_BAR_PX = 24
_OVER_PX = 2.0
"""How far a border between sources stands out above and below a strip."""


def draw_strips(figure: Figure, layout: PageLayout, record: SummaryRecord) -> None:
    """Draws a strip for each candidate, with its clips on the time axis and its name and figures above."""
    end_s = record.duration_s
    axes = add_axes(figure, layout, layout.strips_top, layout.strips_height, end_s)
    axes.set_ylim(layout.strips_height, 0)
    described = layout.row == ROW_PX
    bar = _BAR_PX if described else max(layout.row - min(5.0, layout.row / 4), 0.5)
    tops = np.arange(layout.rows) * layout.row + (LABEL_PX if described else (layout.row - bar) / 2)
    tracks = [_box(0, end_s, top, bar) for top in tops]
    axes.add_collection(PolyCollection(tracks, facecolors=TRACK, linewidths=0), autolim=False)
    # At least two pixels, so that a short clip of a long film can be seen.
    least_s = 2 * end_s / layout.width
    for candidate, top in zip(record.candidates, tops, strict=True):
        boxes = [_box(a, max(b, a + least_s), top, bar) for a, b in placed(record, candidate.clips)]
        colour = candidate_colour(candidate, record.candidates)
        axes.add_collection(PolyCollection(boxes, facecolors=colour, linewidths=0), autolim=False)
    if has_wide_shots(layout, record):
        axes.vlines(shot_borders_s(record), 0, layout.strips_height, color="white", linewidth=0.9)
    over = min(_OVER_PX, (layout.row - bar) / 2)
    for border_s in source_borders_s(record):
        axes.vlines(np.full(layout.rows, border_s), tops - over, tops + bar + over, color=BORDER, linewidth=1.2)
    label_time(axes, layout, end_s)
    if described:
        _describe(figure, layout, record)
    else:
        _name_rows(figure, layout, record)


def _box(start_s: float, end_s: float, top: float, height: float) -> list[tuple[float, float]]:
    return [(start_s, top), (end_s, top), (end_s, top + height), (start_s, top + height)]


def _describe(figure: Figure, layout: PageLayout, record: SummaryRecord) -> None:
    """Writes name and figures of each candidate above its strip, and its description in a column to the right."""
    column = layout.left
    baselines = [layout.strips_top + row * layout.row + LABEL_PX - 8 for row in range(layout.rows)]
    for candidate, y in zip(record.candidates, baselines, strict=True):
        name = write(figure, (layout.left, y), f"summary-{candidate.rank}", size_pt=10, colour=INK, bold=True)
        x = layout.left + width_px(name)
        facts = write(figure, (x, y), " · " + _facts(candidate), size_pt=10, colour=INK)
        column = max(column, x + width_px(facts))
    for candidate, y in zip(record.candidates, baselines, strict=True):
        line = write(figure, (column + 32, y), candidate.description, size_pt=10, colour=GREY)
        shorten(line, WIDTH_PX - RIGHT_PX - column - 32)


def _facts(candidate: CandidateRecord) -> str:
    return f"{length(candidate.duration_s)} · agreement {candidate.agreement:.2f}"


def _name_rows(figure: Figure, layout: PageLayout, record: SummaryRecord) -> None:
    """Writes names and figures to the left of the strips; if the strips are very thin, only of some of them."""
    heading = (layout.left - 14, layout.strips_top - 13)
    write(figure, heading, "length · agreement", size_pt=9, colour=GREY, align="right")
    every = int(np.ceil(16 / layout.row))
    for row, candidate in list(enumerate(record.candidates))[::every]:
        y = layout.strips_top + (row + 0.5) * layout.row + 4
        label = f"summary-{candidate.rank} · {length(candidate.duration_s)} · {candidate.agreement:.2f}"
        bold = row < NAMED
        text = write(figure, (layout.left - 14, y), label, size_pt=9, colour=INK, bold=bold, align="right")
        shorten(text, layout.left - 28)
