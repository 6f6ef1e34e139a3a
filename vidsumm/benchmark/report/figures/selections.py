"""Which shots methods and two annotators choose (the paper's figures 5 and III)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray

from vidsumm.benchmark.report.figures.style import GREY, INK, PALETTE, TRACK, hide_frame, house_style, new_figure
from vidsumm.export.lettering import printable
from vidsumm.export.timescale import round_times

__all__ = ["SummaryStrip", "selections_figure"]

_WIDTH_IN = 9.0
_ROW_IN = 0.42
_BAR = 0.72  # height of a strip as a share of its row
_STRENGTH = 0.6  # strength of a tint, 1 for the full colour
_ANNOTATORS = (INK, PALETTE[3])
_METHODS = (PALETTE[0], PALETTE[2], PALETTE[1], PALETTE[4], PALETTE[5], PALETTE[6])


@dataclass(frozen=True)
class SummaryStrip:
    """A summary, drawn as a strip along the video."""

    name: str
    """Name of the method or annotator."""
    chosen: NDArray[np.bool_]
    """(n_frames,) whether each frame is part of the summary."""


@house_style()
def selections_figure(
    annotators: tuple[SummaryStrip, SummaryStrip],
    methods: Sequence[SummaryStrip],
    *,
    duration_s: float,
    title: str = "",
) -> Figure:
    """Draws a strip for each summary: what it chooses is shaded, what either annotator chose is framed.

    Args:
        annotators: two who chose differently; the first is framed in the upper half of each strip, the second below.
        methods: summaries of the same frames; those of one name, as from several curves, share a colour.
        duration_s: length of the video.
        title: title of the figure.
    """
    rows = len(methods) + 1
    figure = new_figure(_WIDTH_IN, 1.15 + rows * _ROW_IN, printable(title))
    axes = figure.subplots()
    hide_frame(axes)
    colours = _colours(methods)
    for row, (method, colour) in enumerate(zip(methods, colours, strict=True)):
        _strip(axes, row, method, colour=colour, annotators=annotators, duration_s=duration_s)
    axes.set(xlim=(0, duration_s), ylim=(len(methods) - 0.5, -0.5))
    axes.set_yticks(range(len(methods)), [method.name for method in methods], color=INK)
    times_s, labels = round_times(duration_s, most=11)
    axes.set_xticks(times_s, labels)
    _key(axes, annotators)
    return figure


def _strip(
    axes: Axes,
    row: int,
    method: SummaryStrip,
    *,
    colour: str,
    annotators: tuple[SummaryStrip, SummaryStrip],
    duration_s: float,
) -> None:
    top, half = row - _BAR / 2, _BAR / 2
    _boxes(axes, [(0.0, duration_s)], top, _BAR, facecolors=TRACK)
    _boxes(axes, _spans(method.chosen, duration_s), top, _BAR, facecolors=_tint(colour))
    for place, (annotator, ink) in enumerate(zip(annotators, _ANNOTATORS, strict=True)):
        spans = _spans(annotator.chosen, duration_s)
        _boxes(axes, spans, top + place * half + 0.02, half - 0.04, facecolors="none", edgecolors=ink, linewidths=1.1)
    scores = " · ".join(f"{_f1(method.chosen, annotator.chosen):.2f}" for annotator in annotators)
    axes.annotate(
        scores, (1, row), (8, 0), xycoords=axes.get_yaxis_transform(), textcoords="offset points", va="center"
    )


def _colours(methods: Sequence[SummaryStrip]) -> list[str]:
    names = list(dict.fromkeys(method.name for method in methods))
    return [_METHODS[names.index(method.name) % len(_METHODS)] for method in methods]


def _boxes(axes: Axes, spans_s: Sequence[tuple[float, float]], top: float, height: float, **look: Any) -> None:
    corners = [[(a, top), (b, top), (b, top + height), (a, top + height)] for a, b in spans_s]
    axes.add_collection(PolyCollection(corners, **({"linewidths": 0} | look)), autolim=False)


def _spans(chosen: NDArray[np.bool_], duration_s: float) -> list[tuple[float, float]]:
    """Returns the start and the end of each chosen stretch, seconds."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], chosen.astype(np.int8), [0]])))
    times_s = (edges * duration_s / len(chosen)).tolist()
    return list(zip(times_s[::2], times_s[1::2], strict=True))


def _f1(chosen: NDArray[np.bool_], truth: NDArray[np.bool_]) -> float:
    size = int(chosen.sum()) + int(truth.sum())
    return 2 * int((chosen & truth).sum()) / size if size else 0.0


def _tint(colour: str) -> tuple[float, ...]:
    """Returns the colour, light enough for frames to stand out on it."""
    return tuple(1 - _STRENGTH * (1 - part) for part in to_rgb(colour))


def _key(axes: Axes, annotators: tuple[SummaryStrip, SummaryStrip]) -> None:
    """Explains, above the strips, the frames and the numbers at the right ends."""
    names = (
        f"{annotator.name} ({where} frames)" for annotator, where in zip(annotators, ("upper", "lower"), strict=True)
    )
    frames = [
        Patch(facecolor="none", edgecolor=i, label=n, linewidth=1.1) for n, i in zip(names, _ANNOTATORS, strict=True)
    ]
    axes.legend(handles=frames, loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0.4, borderpad=0)
    axes.annotate("F1 with each", (1, 1), (8, 5), xycoords="axes fraction", textcoords="offset points", color=GREY)
