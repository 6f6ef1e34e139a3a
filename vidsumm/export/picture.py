"""The picture `summary.png`: thumbnails, importance curves and the chosen shots of each summary on one time axis."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import cache
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from vidsumm.export.curves_panel import draw_curves
from vidsumm.export.lettering import shorten, write
from vidsumm.export.page import HEADER_PX, WIDTH_PX, PageLayout, add_axes, count_of, plan_page
from vidsumm.export.palette import GREY, INK
from vidsumm.export.record import SummaryRecord
from vidsumm.export.strips_panel import draw_strips
from vidsumm.export.timescale import clock, length
from vidsumm.files import atomic_write

__all__ = ["compose", "draw"]

_DPI = 100
_GAP_PX = 4


def draw(
    record: SummaryRecord,
    thumbnails: NDArray[np.uint8],
    thumbnail_times_s: NDArray[np.float64],
    path: Path,
) -> None:
    """Draws `record` and writes the picture to `path`, completely or not at all; the provenance is in its text chunks.

    Args:
        record: what to show.
        thumbnails: (T, h, w, 3) uint8 RGB frames, upright and in display aspect. As many as fit are shown, each above
            the stretch of time that it is from; 24 or more, evenly spaced, fill the width.
        thumbnail_times_s: (T,) their times, ascending, seconds.
        path: the PNG file.

    Raises:
        OutputError: the file cannot be written.
    """
    _drawing_thread().submit(_draw, record, thumbnails, thumbnail_times_s, path).result()


@cache
def _drawing_thread() -> ThreadPoolExecutor:
    """Returns the one thread that draws: Matplotlib's settings are global, and each thread opens its own fonts."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="vidsumm-picture")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_drawing_thread.cache_clear)  # a child process does not inherit the thread


def _draw(
    record: SummaryRecord, thumbnails: NDArray[np.uint8], thumbnail_times_s: NDArray[np.float64], path: Path
) -> None:
    # A user's matplotlibrc must not change the picture.
    with mpl.rc_context():
        mpl.rcdefaults()
        figure = compose(record, thumbnails, thumbnail_times_s)
        with atomic_write(path) as temporary:
            figure.savefig(temporary, format="png", dpi=_DPI, metadata=_metadata(record))


def compose(record: SummaryRecord, thumbnails: NDArray[np.uint8], thumbnail_times_s: NDArray[np.float64]) -> Figure:
    """Returns the picture as a figure 1600 pixels wide at 100 dpi; arguments as for `draw`."""
    layout = plan_page(record, thumbnails)
    figure = Figure(figsize=(WIDTH_PX / _DPI, layout.height / _DPI), dpi=_DPI, facecolor="white")
    FigureCanvasAgg(figure)
    _draw_header(figure, layout, record)
    _draw_thumbnails(figure, layout, record, thumbnails, thumbnail_times_s)
    draw_curves(figure, layout, record)
    draw_strips(figure, layout, record)
    _draw_footer(figure, layout, record)
    return figure


def _draw_header(figure: Figure, layout: PageLayout, record: SummaryRecord) -> None:
    title = write(figure, (layout.left, 44), record.source.name, size_pt=17, colour=INK, bold=True)
    shorten(title, layout.width, keep_end=12)
    budget, distinct = record.budget, record.distinct
    share = f"{100 * budget.ratio:.3g}"
    parts = [
        clock(record.source.duration_s),
        count_of(len(record.shots), "shot"),
        f"{count_of(len(record.candidates), 'summary', 'summaries')} of up to {length(budget.seconds)} ({share} %)",
    ]
    if distinct.got < distinct.wanted:
        parts.append(f"only {distinct.got} of {distinct.wanted} differ")
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


def _draw_thumbnails(
    figure: Figure,
    layout: PageLayout,
    record: SummaryRecord,
    thumbnails: NDArray[np.uint8],
    times_s: NDArray[np.float64],
) -> None:
    if not len(thumbnails):
        return
    end_s = record.source.duration_s
    axes = add_axes(figure, layout, HEADER_PX, layout.thumbnail_height, end_s)
    aspect = thumbnails.shape[2] / thumbnails.shape[1]
    slots = int(np.clip(round(layout.width / (layout.thumbnail_height * aspect + _GAP_PX)), 1, len(thumbnails)))
    pitch = (layout.width + _GAP_PX) / slots
    width = min(pitch - _GAP_PX, layout.thumbnail_height * aspect)
    for slot, index in _fill_slots(times_s, end_s / slots, slots):
        left = slot * pitch + (pitch - _GAP_PX - width) / 2
        extent = (left, left + width, 0.0, width / aspect)
        axes.imshow(thumbnails[index], extent=extent, aspect="auto", interpolation="antialiased")
    axes.set_xlim(0, layout.width)
    axes.set_ylim(0, layout.thumbnail_height)


def _fill_slots(times_s: NDArray[np.float64], slot_s: float, slots: int) -> list[tuple[int, int]]:
    """Returns (slot, index) of the time nearest to the middle of each slot that has any."""
    owner = np.clip((times_s / slot_s).astype(int), 0, slots - 1)
    distance = np.abs(times_s - (owner + 0.5) * slot_s)
    members = ((slot, np.flatnonzero(owner == slot)) for slot in range(slots))
    return [(slot, int(mine[np.argmin(distance[mine])])) for slot, mine in members if mine.size]


def _metadata(record: SummaryRecord) -> dict[str, str]:
    """Returns the PNG text: the standard keys, and under ``vidsumm`` what is needed to repeat the work."""
    origin = {
        "schema": record.schema,
        "source": {"name": record.source.name, "sha256": record.source.sha256},
        "provenance": asdict(record.provenance),
        "settings": record.settings,
        "versions": record.versions,
    }
    return {
        "Title": record.source.name.encode("utf-8", "replace").decode("utf-8"),
        "Software": f"vidsumm {record.versions.get('vidsumm', '?')}",
        "Creation Time": record.created,
        "vidsumm": json.dumps(origin),
    }
