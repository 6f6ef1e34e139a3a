"""The panel of ``summary.png`` with the importance curves."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from vidsumm.export.lettering import font, write
from vidsumm.export.page import CURVES_PX, PageLayout, add_axes, count_of, has_wide_shots, label_time, named_candidates
from vidsumm.export.palette import GREY, INK, PALE, PALETTE, TICK
from vidsumm.export.record import SummaryRecord
from vidsumm.export.timescale import length

__all__ = ["draw_curves"]

_POINTS = 300
"""Points of a curve that can be told apart on the page."""


def draw_curves(figure: Figure, layout: PageLayout, record: SummaryRecord) -> None:
    """Draws the importance curves; many of them as bands with a few single curves on top."""
    end_s = record.source.duration_s
    axes = add_axes(figure, layout, layout.curves_top, CURVES_PX, end_s)
    _draw_shot_ticks(axes, layout, record)
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
    _scale_scores(axes, curves)
    label_time(axes, layout, end_s)
    heading = count_of(len(curves), "importance curve")
    heading += f" (mean of each {length(step_s)})" if step_s else ""
    write(figure, (layout.left, layout.curves_top - 12), heading, size_pt=10.5, colour=INK, bold=True)
    axes.legend(
        loc="lower right",
        bbox_to_anchor=(1.006, 1.015),
        ncols=len(PALETTE) + 2,
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

    The first and the last value are continued to the ends of the video.
    """
    table = np.asarray([record.times_s, *(curve.scores for curve in record.curves)], dtype=np.float64)
    samples = table.shape[1]
    size = -(-samples // _POINTS)
    starts = np.arange(0, samples, size)
    means = np.add.reduceat(table, starts, axis=1) / np.diff(np.append(starts, samples))
    means = np.pad(means, ((0, 0), (1, 1)), mode="edge")
    means[0, [0, -1]] = 0.0, record.source.duration_s
    return means[0], means[1:], 0.0 if size == 1 else size * float(np.median(np.diff(record.times_s)))


def _draw_shot_ticks(axes: Axes, layout: PageLayout, record: SummaryRecord) -> None:
    """Draws lines between shots through the panel, or short ticks at its upper edge if there are too many for lines."""
    bounds = [shot.start_s for shot in record.shots[1:]]
    foot = 0.0 if has_wide_shots(layout, record) else 0.96
    axes.vlines(bounds, foot, 1, color=TICK, linewidth=0.9, transform=axes.get_xaxis_transform(), zorder=0)


def _scale_scores(axes: Axes, curves: NDArray[np.float64]) -> None:
    margin = max(0.06 * float(np.ptp(curves)), 0.01)
    low, high = float(curves.min()) - margin, float(curves.max()) + margin
    axes.set_ylim(low, high)
    # The lowest tenth stays free for the first label of the time axis.
    marks = [mark for mark in MaxNLocator(4).tick_values(low, high) if 0.1 < (mark - low) / (high - low) < 1]
    axes.set_yticks(marks, [f"{mark:.3g}" for mark in marks], fontproperties=font(9), color=GREY)
    axes.tick_params(axis="y", pad=8)
    axes.axhline(low, color=PALE, linewidth=1)
