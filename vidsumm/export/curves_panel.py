"""The panel of ``summary.png`` with the importance curves."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from vidsumm.export.axis import placed, shot_borders_s, source_borders_s, source_end_s
from vidsumm.export.lettering import font, write
from vidsumm.export.page import (
    CURVES_PX,
    PageLayout,
    add_axes,
    count_of,
    has_wide_shots,
    label_time,
    named_candidates,
)
from vidsumm.export.palette import BORDER, GREY, INK, PALE, PALETTE, TICK, TRACK
from vidsumm.export.record import SummaryRecord
from vidsumm.export.timescale import length

__all__ = ["draw_curves"]

_POINTS = 300
"""Points of a curve that can be told apart on the page."""


def draw_curves(figure: Figure, layout: PageLayout, record: SummaryRecord) -> None:
    """Draws the importance curves; many of them as bands with a few single curves on top."""
    end_s = record.duration_s
    axes = add_axes(figure, layout, layout.curves_top, CURVES_PX, end_s)
    _draw_borders(axes, layout, record)
    times_s, curves, step_s = _condense(record)
    if len(curves) > len(PALETTE):
        _draw_band(axes, times_s, curves)
    else:
        unchosen = set(range(len(curves))) - {c.curve for c in record.candidates}
        axes.plot(times_s, curves[sorted(unchosen)].T, color=PALE, linewidth=1.2)
    named = named_candidates(record.candidates)
    for order, candidate in enumerate(named):
        axes.plot(
            times_s,
            curves[candidate.curve],
            color=PALETTE[order],
            linewidth=1.7,
            solid_joinstyle="round",
            zorder=3 + len(named) - order,
            label=f"summary-{candidate.rank}",
        )
    _mark_spans(axes, record)
    _scale_scores(axes, curves)
    label_time(axes, layout, end_s)
    heading = count_of(len(curves), "importance curve")
    heading += f" (mean of each {length(step_s)})" if step_s else ""
    write(figure, (layout.left, layout.curves_top - 12), heading, size_pt=10.5, colour=INK, bold=True)
    axes.legend(
        loc="lower right",
        bbox_to_anchor=(1.006, 1.015),
        ncols=len(PALETTE) + 4,
        frameon=False,
        prop=font(9.5),
        labelcolor=INK,
        handlelength=1.4,
        columnspacing=1.4,
        borderaxespad=0.2,
    )


def _draw_band(axes: Axes, times_s: NDArray[np.float64], curves: NDArray[np.float64]) -> None:
    low, lower, upper, high = np.quantile(curves, [0, 0.25, 0.75, 1], axis=0)
    axes.fill_between(times_s, low, high, color="#dde3ea", linewidth=0, label="all curves")
    axes.fill_between(times_s, lower, upper, color="#b9c4d0", linewidth=0, label="middle half")


def _condense(record: SummaryRecord) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Returns times (P,), curves (S, P) and the seconds averaged in each point, 0 if nothing was averaged.

    The first and the last value of each source are continued to its ends. Curves break where one source ends and the
    next begins: a value there is NaN.
    """
    scores = np.asarray([curve.scores for curve in record.curves], dtype=np.float64)
    size = -(-scores.shape[1] // _POINTS)
    columns: list[NDArray[np.float64]] = []
    first = 0
    for source in record.sources:
        last = first + len(source.times_s)
        table = _means(np.vstack([source.times_s, scores[:, first:last]]), size)
        table[0] += source.offset_s
        table[0, [0, -1]] = source.offset_s, source_end_s(source)
        columns += [np.full((len(table), 1), np.nan)] * bool(first) + [table]
        first = last
    means = np.hstack(columns)
    steps_s = np.concatenate([np.diff(source.times_s) for source in record.sources])
    return means[0], means[1:], size * float(np.median(steps_s)) if size > 1 and len(steps_s) else 0.0


def _means(table: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """Returns the means of each `size` columns of a table (R, N); the first and the last of them stand twice."""
    starts = np.arange(0, table.shape[1], size)
    means = np.add.reduceat(table, starts, axis=1) / np.diff(np.append(starts, table.shape[1]))
    return np.pad(means, ((0, 0), (1, 1)), mode="edge")


def _draw_borders(axes: Axes, layout: PageLayout, record: SummaryRecord) -> None:
    """Draws lines between shots through the panel, or short ticks at its upper edge if there are too many for lines.

    Lines between sources are darker.
    """
    foot = 0.0 if has_wide_shots(layout, record) else 0.96
    upright = axes.get_xaxis_transform()
    axes.vlines(shot_borders_s(record), foot, 1, color=TICK, linewidth=0.9, transform=upright, zorder=0)
    axes.vlines(source_borders_s(record), 0, 1, color=BORDER, linewidth=1.2, transform=upright, zorder=0.5)


def _mark_spans(axes: Axes, record: SummaryRecord) -> None:
    """Shades the spans that the user wanted in no summary, and underlines those wanted in every one."""
    for spans, colour, height, name in ((record.skip, TRACK, 1.0, "skipped"), (record.keep, INK, 0.02, "kept")):
        for i, (start_s, end_s) in enumerate(placed(record, spans)):
            label = name if i == 0 else None
            axes.axvspan(start_s, end_s, 0, height, color=colour, linewidth=0, zorder=-1, label=label)


def _scale_scores(axes: Axes, curves: NDArray[np.float64]) -> None:
    lowest, highest = float(np.nanmin(curves)), float(np.nanmax(curves))
    margin = max(0.06 * (highest - lowest), 0.01)
    low, high = lowest - margin, highest + margin
    axes.set_ylim(low, high)
    # The lowest tenth stays free for the first label of the time axis.
    marks = [mark for mark in MaxNLocator(4).tick_values(low, high) if 0.1 < (mark - low) / (high - low) < 1]
    axes.set_yticks(marks, [f"{mark:.3g}" for mark in marks], fontproperties=font(9), color=GREY)
    axes.tick_params(axis="y", pad=8)
    axes.axhline(low, color=PALE, linewidth=1)
