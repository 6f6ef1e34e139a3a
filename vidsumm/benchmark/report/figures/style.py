"""What the figures of results have in common: colours, fonts, legends, and how they are saved."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from vidsumm.export.palette import GREY, INK, PALE, PALETTE, TICK, TRACK
from vidsumm.files import atomic_write

__all__ = [
    "GREY",
    "INK",
    "MARKERS",
    "PALETTE",
    "TRACK",
    "hide_frame",
    "house_style",
    "legend_below",
    "new_figure",
    "save_figure",
]

MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
"""A shape for each colour, for readers who cannot tell colours apart."""

_DPI = 200
_RC: dict[Any, Any] = {
    "font.family": "DejaVu Sans",  # comes with Matplotlib
    "font.size": 9.0,
    "text.color": INK,
    "axes.titlesize": 10.0,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlecolor": INK,
    "axes.titlepad": 8.0,
    "axes.labelcolor": INK,
    "axes.edgecolor": PALE,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": TICK,
    "grid.linewidth": 0.8,
    "xtick.color": PALE,
    "ytick.color": PALE,
    "xtick.labelcolor": GREY,
    "ytick.labelcolor": GREY,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "figure.titlesize": 12.0,
    "figure.titleweight": "bold",
    "figure.constrained_layout.use": True,
    "legend.frameon": False,
    "legend.fontsize": 9.0,
    "lines.linewidth": 1.7,
    "lines.solid_joinstyle": "round",
    "savefig.dpi": _DPI,
    "text.parse_math": False,  # a method's name may hold a dollar sign
}


@contextmanager
def house_style() -> Iterator[None]:
    """Applies the settings of the figures, whatever the user's matplotlibrc says; also works as a decorator."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_RC)
        yield


def new_figure(width_in: float, height_in: float, title: str = "") -> Figure:
    """Returns an empty figure, made without pyplot, with its title on the left."""
    figure = Figure(figsize=(width_in, height_in), facecolor="white")
    FigureCanvasAgg(figure)
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.set(w_pad=0.1, h_pad=0.08, wspace=0.03, hspace=0.03)  # type: ignore[call-arg]
    if title:
        figure.suptitle(title, x=0.1 / width_in, horizontalalignment="left")
    return figure


def legend_below(figure: Figure, handles: Sequence[Line2D]) -> None:
    """Adds one legend below all panels, on as few lines as possible; the figure grows by its height."""
    for columns in range(len(handles), 0, -1):
        legend = figure.legend(handles=list(handles), loc="outside lower center", ncols=columns)
        if legend.get_window_extent().width <= figure.bbox.width or columns == 1:
            figure.set_figheight(figure.get_figheight() + legend.get_window_extent().height / figure.dpi)
            return
        legend.remove()


def hide_frame(axes: Axes) -> None:
    """Hides the frame and the ticks."""
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.tick_params(length=0)


@house_style()
def save_figure(figure: Figure, path: Path, metadata: Mapping[str, object]) -> None:
    """Writes a figure as PNG, whole or not at all; the same figure and metadata give the same bytes.

    Args:
        figure: what to write.
        path: the PNG file.
        metadata: JSON-ready facts such as the command, stored under ``vidsumm`` in the PNG's text.

    Raises:
        OutputError: the file cannot be written.
    """
    text = {"Software": "vidsumm", "vidsumm": json.dumps(dict(metadata), sort_keys=True)}
    with atomic_write(path) as temporary:
        figure.savefig(temporary, format="png", metadata=text)
