"""Measures against a setting: denoising steps, bins or agreement of annotators (figure 6, tables 6 and I)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogFormatter, NullLocator

from vidsumm.benchmark.quantisation import QuantisationEffect
from vidsumm.benchmark.report.figures.style import (
    GREY,
    MARKERS,
    PALETTE,
    house_style,
    legend_below,
    new_figure,
)

__all__ = ["Series", "bins_figure", "quantisation_figure", "recovery_figure", "steps_figure"]

_PANEL_IN = (3.6, 2.9)


@dataclass(frozen=True)
class Series:
    """The same line in each panel of a figure."""

    name: str
    x: Sequence[float]
    """Ascending; empty for a method without that setting, which is drawn as a level across the panel."""
    values: Sequence[Sequence[float]]
    """For each panel a value for each x, or the level."""
    errors: Sequence[Sequence[float] | None] = ()
    """For each panel the length of the error bars for each x, or None; empty for no error bars at all."""
    published: bool = False
    """Taken from a paper, not measured here."""


@dataclass(frozen=True)
class _Panel:
    title: str
    unit: str = ""
    is_log: bool = False
    is_share: bool = False


@house_style()
def steps_figure(series: Sequence[Series]) -> Figure:
    """Draws tau and rho (the two panels) against the number of denoising steps."""
    return _draw(series, _RANKS, "denoising steps", log_x=True)


@house_style()
def bins_figure(series: Sequence[Series]) -> Figure:
    """Draws tau and rho (the two panels) against the number of bins K."""
    return _draw(series, _RANKS, "quantisation bins K", log_x=True)


@house_style()
def recovery_figure(series: Sequence[Series]) -> Figure:
    """Draws two panels against agreement: the share of the modes that are found, and of the curves that match one."""
    panels = (
        _Panel("Modes found", "share of the annotators' modes", is_share=True),
        _Panel("Curves that match a mode", "share of the method's curves", is_share=True),
    )
    return _draw(series, panels, "agreement of annotators", log_x=False)


@house_style()
def quantisation_figure(effect: QuantisationEffect) -> Figure:
    """Draws the mean number of optimal summaries and the mean difference of two, with standard errors, against K."""
    panels = (
        _Panel("Optimal summaries", "mean number", is_log=True),
        _Panel("Difference of two summaries", "mean number of shots"),
    )
    values = (effect.solutions.tolist(), effect.difference.tolist())
    errors = (effect.solutions_error.tolist(), effect.difference_error.tolist())
    return _draw([Series("", effect.bins, values, errors)], panels, "quantisation bins K", log_x=True)


_RANKS = (_Panel("Kendall's τ"), _Panel("Spearman's \N{GREEK SMALL LETTER RHO}"))


def _draw(series: Sequence[Series], panels: Sequence[_Panel], label: str, *, log_x: bool) -> Figure:
    width, height = _PANEL_IN
    figure = new_figure(width * len(panels), height)
    grid = figure.subplots(1, len(panels), squeeze=False)[0]
    for place, (axes, panel) in enumerate(zip(grid, panels, strict=True)):
        axes.set_title(panel.title)
        axes.set_ylabel(panel.unit)
        axes.grid(visible=True, axis="y")
        _scale(axes, panel, sorted({x for one in series for x in one.x}), log_x=log_x)
        axes.set_xlabel(label)
        for one in series:
            _line(axes, one, place, _style(one, series))
    if len(series) > 1:
        legend_below(figure, [_mark(one, series) for one in series])
    return figure


def _scale(axes: Axes, panel: _Panel, xs: Sequence[float], *, log_x: bool) -> None:
    if log_x:
        axes.set_xscale("log")
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_xticks(_spaced(xs))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    if panel.is_log:
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:g}"))
        axes.yaxis.set_minor_formatter(LogFormatter())  # adds labels where an axis spans few powers of ten
    if panel.is_share:
        axes.set_ylim(-0.03, 1.05)
        axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{100 * y:.0f} %"))


def _spaced(xs: Sequence[float]) -> list[float]:
    """Returns the values that can be labelled on a logarithmic axis without the labels touching."""
    kept: list[float] = []
    least = (xs[-1] / xs[0]) ** (1 / 9)
    for x in xs:
        if not kept or x / kept[-1] >= least:
            kept.append(x)
    return kept


def _line(axes: Axes, one: Series, place: int, style: dict[str, Any]) -> None:
    if one.x:
        errors = one.errors[place] if one.errors else None
        axes.errorbar(one.x, one.values[place], yerr=errors, capsize=2.5, elinewidth=1.0, **style)
    else:
        axes.axhline(one.values[place][0], **(style | {"marker": "none"}))


def _style(one: Series, series: Sequence[Series]) -> dict[str, Any]:
    place = [other.name for other in series if other.published == one.published].index(one.name)
    marker = {"marker": "none" if not one.x else MARKERS[place % len(MARKERS)], "markersize": 5.5}
    if one.published:
        lines = ("--", ":", "-.")
        return marker | {
            "color": GREY,
            "linestyle": lines[place % len(lines)],
            "linewidth": 1.3,
            "markerfacecolor": "white",
        }
    return marker | {"color": PALETTE[place % len(PALETTE)]}


def _mark(one: Series, series: Sequence[Series]) -> Line2D:
    label = f"{one.name} (published)" if one.published else one.name
    return Line2D([], [], label=label, **_style(one, series))
