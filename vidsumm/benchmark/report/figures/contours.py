"""Where a method's curves lie among those of the annotators (the paper's figures 4 and II)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray
from scipy.stats import gaussian_kde

from vidsumm.benchmark.report.figures.style import INK, MARKERS, PALETTE, house_style, legend_below, new_figure
from vidsumm.export.lettering import printable

__all__ = ["ContourPanel", "contours_figure", "principal_plane"]

_DENSITY = LinearSegmentedColormap.from_list("density", ["#ffffff", "#dbe9f4", "#a9cde6", "#6aaed6"])
_ANNOTATORS = PALETTE[0]
_METHODS = PALETTE[1:]
_GRID = 160
_MARGIN = 0.3  # margin as a share of the extent of the points
_MOST_COLUMNS = 3
_FLAT = 1e-6  # points whose extent across is a smaller share of that along are taken to lie on a line
_PANEL_IN = 3.1
_MANY = 5  # a method with as many curves has small, translucent points


@dataclass(frozen=True)
class ContourPanel:
    """The panel of one video."""

    title: str
    annotators: NDArray[np.floating]
    """(U, N) their scores."""
    methods: Mapping[str, NDArray[np.floating]]
    """Method -> (S, N) its curves."""


@house_style()
def contours_figure(panels: Sequence[ContourPanel]) -> Figure:
    """Draws annotators and curves as points in the plane of the annotators' first two principal components.

    The contours are a Gaussian kernel density estimate of the annotators alone. A method has the same mark in all
    panels.
    """
    columns = 2 if len(panels) == 4 else min(len(panels), _MOST_COLUMNS)
    rows = -(-len(panels) // columns)
    figure = new_figure(columns * _PANEL_IN, rows * _PANEL_IN + 0.4)
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    names = list(dict.fromkeys(name for panel in panels for name in panel.methods))
    for axes, panel in zip(grid, panels, strict=False):
        _draw(axes, panel, names)
    for axes in grid[len(panels) :]:
        axes.set_axis_off()
    counts = {name: max(len(p.methods[name]) for p in panels if name in p.methods) for name in names}
    legend_below(figure, [_annotator_mark(), *(_mark(names.index(n), n, counts[n]) for n in names)])
    return figure


def principal_plane(
    annotators: NDArray[np.floating],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Returns mean (N,), directions (2, N) and shares of the variance (2,) of the first two principal components.

    Where there are fewer than two, the rest is 0. The sign of a direction is chosen so that its entry of largest
    magnitude is positive; otherwise the same data could give mirrored pictures.
    """
    mean = annotators.mean(axis=0, dtype=np.float64)
    _, sizes, directions = np.linalg.svd(annotators - mean, full_matrices=False)
    found = np.zeros((2, annotators.shape[1]))
    found[: len(directions)] = directions[:2]
    found *= np.sign(found[np.arange(2), np.abs(found).argmax(axis=1)])[:, None]
    power = np.zeros(2)
    power[: len(sizes)] = sizes[:2] ** 2
    return mean, found, power / max(float((sizes**2).sum()), 1e-12)


def _draw(axes: Axes, panel: ContourPanel, names: Sequence[str]) -> None:
    mean, plane, shares = principal_plane(panel.annotators)
    annotators = (panel.annotators - mean) @ plane.T  # (U, 2)
    points = {name: (curves - mean) @ plane.T for name, curves in panel.methods.items()}
    low, high = _bounds(np.concatenate([annotators, *points.values()]))
    _draw_density(axes, annotators, low, high)
    axes.plot(*annotators.T, **_annotator_style())
    for name in sorted(points, key=lambda n: -len(points[n])):
        axes.plot(*points[name].T, **_style(names.index(name), len(points[name])))
    axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), xticks=[], yticks=[], title=printable(panel.title))
    axes.set_xlabel(f"first component ({100 * shares[0]:.0f} %)")
    axes.set_ylabel(f"second component ({100 * shares[1]:.0f} %)")
    axes.spines[["top", "right"]].set_visible(True)


def _bounds(points: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    low, high = points.min(axis=0), points.max(axis=0)
    margin = _MARGIN * np.maximum(high - low, 1e-6)
    return low - margin, high + margin


def _draw_density(axes: Axes, points: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64]) -> None:
    spread = np.linalg.svd(points - points.mean(axis=0), compute_uv=False)
    if len(points) <= 2 or spread[-1] <= _FLAT * spread[0]:
        return  # all at one point or on one line, where a density in the plane cannot be estimated
    density = gaussian_kde(points.T)
    x, y = (np.linspace(a, b, _GRID) for a, b in zip(low, high, strict=True))
    values = density(np.stack(np.meshgrid(x, y)).reshape(2, -1)).reshape(_GRID, _GRID)
    levels = np.linspace(0.05, 1, 9) * values.max()
    axes.contourf(x, y, values, levels=levels, cmap=_DENSITY, extend="neither")
    axes.contour(x, y, values, levels=levels[:-1], colors="white", linewidths=0.6)


def _annotator_style() -> dict[str, Any]:
    return {
        "linestyle": "none",
        "marker": "o",
        "markersize": 5,
        "markerfacecolor": "white",
        "markeredgecolor": _ANNOTATORS,
        "markeredgewidth": 1.2,
    }


def _style(order: int, count: int) -> dict[str, Any]:
    many = count >= _MANY
    return {
        "linestyle": "none",
        "marker": "o" if many else MARKERS[(order + 1) % len(MARKERS)],
        "markersize": 4.5 if many else 9,
        "alpha": 0.75 if many else 1.0,
        "markerfacecolor": _METHODS[order % len(_METHODS)],
        "markeredgecolor": INK if many else "white",
        "markeredgewidth": 0.3 if many else 0.9,
    }


def _annotator_mark() -> Line2D:
    return Line2D([], [], label="annotator", **_annotator_style())


def _mark(order: int, name: str, count: int) -> Line2D:
    return Line2D([], [], label=name, **_style(order, count))
