"""Which annotators a method's summaries match (the paper's figure 3)."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from numpy.typing import NDArray

from vidsumm.benchmark.report.figures.style import GREY, hide_frame, house_style, new_figure
from vidsumm.export.lettering import printable

__all__ = ["coverage_figure"]

# A single hue, so that lightness alone shows the ratio.
_BLUES = LinearSegmentedColormap.from_list("coverage", ["#e9edf1", "#9ecae6", "#0072B2", "#023858"])
_CELL_IN = 0.13
_LEAST_IN = 1.8  # width or height of a panel, so that the line above it fits
_GAP_IN = 0.25
_MOST_LABELS = 60


@house_style()
def coverage_figure(
    ratios: Mapping[str, NDArray[np.floating]], videos: Sequence[str], *, threshold: float = 0.25
) -> Figure:
    """Draws a heat map for each method, videos by annotators; the darker, the more of its curves match the annotator.

    Above each map are the share of annotators whom at least one curve matches, and the mean of the ratios.

    Args:
        ratios: method -> (V, U) share of its curves whose tau with the annotator reaches the threshold; nan where a
            video has fewer annotators.
        videos: V names.
        threshold: least tau of a match, shown in the label of the scale.
    """
    rows, columns = next(iter(ratios.values())).shape
    width = max(columns * _CELL_IN, _LEAST_IN) + _GAP_IN
    figure = new_figure(len(ratios) * width + 1.8, 1.3 + max(rows * _CELL_IN, _LEAST_IN))
    panels = figure.subplots(1, len(ratios), sharey=True, squeeze=False)[0]
    for axes, (method, table) in zip(panels, ratios.items(), strict=True):
        image = _heat_map(axes, table)
        axes.set_title(method, pad=22)
        caption = axes.annotate(_facts(table), (0, 1), (0, 6), xycoords="axes fraction", textcoords="offset points")
        caption.set(color=GREY, fontsize=8.5, in_layout=False)  # the padding of the title leaves the room
        axes.set_xlabel("annotator")
    _label_rows(panels[0], videos)
    bar = figure.colorbar(image, ax=list(panels), shrink=min(1.0, 3.0 / (rows * _CELL_IN)), aspect=22, pad=0.015)
    bar.set_label(f"share of summaries with τ ≥ {threshold:g}")
    bar.outline.set_visible(False)
    return figure


def _heat_map(axes: Axes, table: NDArray[np.floating]) -> AxesImage:
    rows, columns = table.shape
    image = axes.imshow(np.ma.masked_invalid(table), cmap=_BLUES, vmin=0, vmax=1, aspect="auto", interpolation="none")
    hide_frame(axes)
    axes.vlines(np.arange(1, columns) - 0.5, -0.5, rows - 0.5, color="white", linewidth=0.6)
    axes.hlines(np.arange(1, rows) - 0.5, -0.5, columns - 0.5, color="white", linewidth=0.6)
    step = 5 if columns >= 10 else 1
    ticks = [0, *range(step - 1, columns, step)] if step > 1 else list(range(columns))
    axes.set_xticks(ticks, [str(tick + 1) for tick in ticks])
    return image


def _label_rows(axes: Axes, videos: Sequence[str]) -> None:
    step = -(-len(videos) // _MOST_LABELS)
    axes.set_yticks(range(0, len(videos), step), [printable(name) for name in videos[::step]], fontsize=6.5)
    axes.set_ylabel("video")


def _facts(table: NDArray[np.floating]) -> str:
    reached = np.nanmean(np.where(np.isnan(table), np.nan, table > 0))
    return f"{100 * reached:.0f} % reached, mean {np.nanmean(table):.2f}"
