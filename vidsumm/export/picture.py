"""The picture `summary.png`: thumbnails, importance curves and the chosen shots of each summary on one time axis."""

import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import cache
from pathlib import Path

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from vidsumm.export.curves_panel import draw_curves
from vidsumm.export.lettering import shorten, width_px, write
from vidsumm.export.page import RIGHT_PX, WIDTH_PX, PageLayout, count_of, plan_page
from vidsumm.export.palette import GREY, INK
from vidsumm.export.record import SummaryRecord
from vidsumm.export.strips_panel import draw_strips
from vidsumm.export.thumbnails_panel import Thumbnails, draw_names, draw_thumbnails, mean_aspect
from vidsumm.export.timescale import clock, length
from vidsumm.files import atomic_write

__all__ = ["Thumbnails", "compose", "draw"]

_DPI = 100
_TITLE_PX = 44
_NAME_LETTERS = range(32, 11, -2)
"""How many letters of each name the list of several may show, the best first."""


def draw(record: SummaryRecord, thumbnails: Sequence[Thumbnails], path: Path) -> None:
    """Draws `record` and writes the picture to `path`, completely or not at all; the provenance is in its text chunks.

    Args:
        record: what to show.
        thumbnails: those of each source, in order. As many as fit are shown, each above the stretch of time that it is
            from; 24 or more of a single source, evenly spaced, fill the width.
        path: the PNG file.

    Raises:
        OutputError: the file cannot be written.
    """
    _drawing_thread().submit(_draw, record, thumbnails, path).result()


@cache
def _drawing_thread() -> ThreadPoolExecutor:
    """Returns the one thread that draws: Matplotlib's settings are global, and each thread opens its own fonts."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="vidsumm-picture")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_drawing_thread.cache_clear)  # a child process does not inherit the thread


def _draw(record: SummaryRecord, thumbnails: Sequence[Thumbnails], path: Path) -> None:
    # A user's matplotlibrc must not change the picture.
    with mpl.rc_context():
        mpl.rcdefaults()
        figure = compose(record, thumbnails)
        with atomic_write(path) as temporary:
            figure.savefig(temporary, format="png", dpi=_DPI, metadata=_metadata(record))


def compose(record: SummaryRecord, thumbnails: Sequence[Thumbnails]) -> Figure:
    """Returns the picture as a figure 1600 pixels wide at 100 dpi; arguments as for `draw`."""
    layout = plan_page(record, mean_aspect(record, thumbnails))
    figure = Figure(figsize=(WIDTH_PX / _DPI, layout.height / _DPI), dpi=_DPI, facecolor="white")
    FigureCanvasAgg(figure)
    _draw_header(figure, layout, record)
    draw_names(figure, layout, record)
    draw_thumbnails(figure, layout, record, thumbnails)
    draw_curves(figure, layout, record)
    draw_strips(figure, layout, record)
    _draw_footer(figure, layout, record)
    return figure


def _draw_header(figure: Figure, layout: PageLayout, record: SummaryRecord) -> None:
    title = write(figure, (layout.left, _TITLE_PX), _title(record), size_pt=17, colour=INK, bold=True)
    shorten(title, layout.width, keep_end=12)
    if len(record.sources) > 1:
        _list_names(figure, layout.left + width_px(title) + 20, [source.name for source in record.sources])
    budget, distinct = record.budget, record.distinct
    share = f"{100 * budget.ratio:.3g}"
    parts = [
        clock(record.duration_s),
        count_of(len(record.shots), "shot"),
        f"{count_of(len(record.candidates), 'summary', 'summaries')} of up to {length(budget.seconds)} ({share} %)",
    ]
    if distinct.found < distinct.wanted:
        parts.append(f"only {distinct.found} of {distinct.wanted} differ")
    write(figure, (layout.left, 76), " · ".join(parts), size_pt=11, colour=GREY)


def _draw_footer(figure: Figure, layout: PageLayout, record: SummaryRecord) -> None:
    origin = record.provenance
    parts = (
        f"vidsumm {record.versions.get('vidsumm', '?')}",
        f"model {origin.checkpoint}",
        f"features {origin.feature_id}",
        f"seed {origin.seed}",
        record.created[:10],
    )
    line = write(figure, (layout.left, layout.height - 18), " · ".join(parts), size_pt=8.5, colour=GREY)
    shorten(line, layout.width)


def _title(record: SummaryRecord) -> str:
    return record.sources[0].name if len(record.sources) == 1 else count_of(len(record.sources), "video")


def _list_names(figure: Figure, x: float, names: Sequence[str]) -> None:
    """Writes numbered names beside the title, with as many letters of each as there is room for."""
    limit = WIDTH_PX - RIGHT_PX - x
    for letters in _NAME_LETTERS:
        short = (name if len(name) <= letters else f"{name[: letters - 9]}…{name[-8:]}" for name in names)
        line = " · ".join(f"{number} {name}" for number, name in enumerate(short, 1))
        text = write(figure, (x, _TITLE_PX), line, size_pt=11, colour=GREY)
        if width_px(text) <= limit:
            return
        if letters != _NAME_LETTERS[-1]:
            text.remove()
    shorten(text, limit)


def _metadata(record: SummaryRecord) -> dict[str, str]:
    """Returns the PNG text: the standard keys, and under ``vidsumm`` what is needed to repeat the work."""
    origin = {
        "schema": record.schema,
        "sources": [{"name": source.name, "sha256": source.sha256} for source in record.sources],
        "provenance": asdict(record.provenance),
        "settings": record.settings,
        "versions": record.versions,
    }
    return {
        "Title": _title(record).encode("utf-8", "replace").decode("utf-8"),
        "Software": f"vidsumm {record.versions.get('vidsumm', '?')}",
        "Creation Time": record.created,
        "vidsumm": json.dumps(origin),
    }
