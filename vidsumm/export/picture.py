"""The picture `summary.png`: thumbnails, importance curves and the chosen shots of each summary on one time axis."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from vidsumm.export.lettering import font, shorten, width_px, write
from vidsumm.export.palette import GREY, INK, PALE, PALETTE, TICK, TRACK
from vidsumm.export.record import CandidateRecord, SummaryRecord
from vidsumm.export.timescale import clock, length, round_times
from vidsumm.files import atomic_write

__all__ = ["compose", "draw"]

_DPI = 100
_WIDTH_PX = 1600
_RIGHT_PX = 36
_HEADER_PX = 104
_GAP_PX = 4
_LEGEND_PX = 40
_CURVES_PX = 230
_AXIS_PX = 48
_FOOTER_PX = 76
_LABEL_PX = 22
_BAR_PX = 24
_ROW_PX = 64
_THIN_PX = 22.0
_STRIPS_LIMIT_PX = 1300.0
"""Height of all strips together beyond which they get thinner than `_THIN_PX`."""
_DESCRIBED = 20
"""Most candidates that have a line of text each."""
_NAMED = 3
"""Curves drawn one by one where there are more candidates than colours."""
_POINTS = 300
"""Points of a curve that can be told apart on the page."""

_OTHERS = "#8593a3"


@dataclass(frozen=True)
class _Layout:
    """Where things stand; all lengths in pixels, from the upper left corner."""

    left: float
    thumbnail_height: float
    row: float
    rows: int

    @property
    def width(self) -> float:
        return _WIDTH_PX - self.left - _RIGHT_PX

    @property
    def curves_top(self) -> float:
        return _HEADER_PX + self.thumbnail_height + _LEGEND_PX

    @property
    def strips_top(self) -> float:
        return self.curves_top + _CURVES_PX + _AXIS_PX

    @property
    def strips_height(self) -> float:
        return self.row * self.rows

    @property
    def height(self) -> float:
        return float(np.ceil(self.strips_top + self.strips_height + _FOOTER_PX))


def draw(
    record: SummaryRecord,
    thumbnails: NDArray[np.uint8],
    thumbnail_times_s: NDArray[np.float64],
    path: Path,
) -> None:
    """Draws `record` and writes the picture to `path`, whole or not at all; its text chunks carry the provenance.

    Args:
        record: what to show.
        thumbnails: (T, h, w, 3) RGB frames, upright and in display aspect. As many as fit are shown, each above a
            stretch of time that contains its moment; 24 or more, evenly spaced, fill the width.
        thumbnail_times_s: (T,) their times, ascending, seconds.
        path: the PNG file.

    Raises:
        OutputError: the file cannot be written.
    """
    _drawing_thread().submit(_draw, record, thumbnails, thumbnail_times_s, path).result()


@cache
def _drawing_thread() -> ThreadPoolExecutor:
    """The one that draws all pictures: Matplotlib's settings are the process's, and it keeps fonts open per thread."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="vidsumm-picture")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_drawing_thread.cache_clear)  # a child has none of its parent's threads


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
    """The picture as a figure of 1600 pixels width at 100 dpi; arguments as for `draw`."""
    layout = _plan(record, thumbnails)
    figure = Figure(figsize=(_WIDTH_PX / _DPI, layout.height / _DPI), dpi=_DPI, facecolor="white")
    FigureCanvasAgg(figure)
    _draw_header(figure, layout, record)
    _draw_thumbnails(figure, layout, record, thumbnails, thumbnail_times_s)
    _draw_curves(figure, layout, record)
    _draw_strips(figure, layout, record)
    _draw_footer(figure, layout, record)
    return figure


def _plan(record: SummaryRecord, thumbnails: NDArray[np.uint8]) -> _Layout:
    count = len(record.candidates)
    described = count <= _DESCRIBED
    aspect = thumbnails.shape[2] / thumbnails.shape[1]
    return _Layout(
        left=64 if described else 236,
        thumbnail_height=float(np.clip(np.sqrt(13_000 / aspect), 60, 150)) if len(thumbnails) else 0.0,
        row=_ROW_PX if described else min(_THIN_PX, _STRIPS_LIMIT_PX / count),
        rows=count,
    )


def _axes(figure: Figure, layout: _Layout, top: float, height: float, end_s: float) -> Axes:
    """An empty panel as wide as the time axis."""
    axes = figure.add_axes(
        (
            layout.left / _WIDTH_PX,
            1 - (top + height) / layout.height,
            layout.width / _WIDTH_PX,
            height / layout.height,
        )
    )
    axes.set_xlim(0, end_s)
    axes.set_facecolor("none")
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.tick_params(length=0, bottom=False, left=False)
    axes.set_xticks([])
    axes.set_yticks([])
    return axes


def _draw_header(figure: Figure, layout: _Layout, record: SummaryRecord) -> None:
    title = write(figure, (layout.left, 44), record.source.name, size_pt=17, colour=INK, bold=True)
    shorten(title, layout.width, keep_end=12)
    budget, distinct = record.budget, record.distinct
    share = f"{100 * budget.ratio:.3g}"
    parts = [
        clock(record.source.duration_s),
        _count(len(record.shots), "shot"),
        f"{_count(len(record.candidates), 'summary', 'summaries')} of up to {length(budget.seconds)} ({share} %)",
    ]
    if distinct.got < distinct.wanted:
        parts.append(f"only {distinct.got} of {distinct.wanted} differ")
    write(figure, (layout.left, 76), " · ".join(parts), size_pt=11, colour=GREY)


def _draw_footer(figure: Figure, layout: _Layout, record: SummaryRecord) -> None:
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
    layout: _Layout,
    record: SummaryRecord,
    thumbnails: NDArray[np.uint8],
    times_s: NDArray[np.float64],
) -> None:
    if not len(thumbnails):
        return
    end_s = record.source.duration_s
    axes = _axes(figure, layout, _HEADER_PX, layout.thumbnail_height, end_s)
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
    """(slot, index) of the time nearest to the middle of each slot that has any."""
    owner = np.clip((times_s / slot_s).astype(int), 0, slots - 1)
    distance = np.abs(times_s - (owner + 0.5) * slot_s)
    members = ((slot, np.flatnonzero(owner == slot)) for slot in range(slots))
    return [(slot, int(mine[np.argmin(distance[mine])])) for slot, mine in members if mine.size]


def _draw_curves(figure: Figure, layout: _Layout, record: SummaryRecord) -> None:
    end_s = record.source.duration_s
    axes = _axes(figure, layout, layout.curves_top, _CURVES_PX, end_s)
    _draw_shot_ticks(axes, layout, record)
    times_s, curves, step_s = _condensed(record)
    if len(curves) > len(PALETTE):
        _draw_band(axes, times_s, curves)
    else:
        unchosen = set(range(len(curves))) - {c.sample for c in record.candidates}
        axes.plot(times_s, curves[sorted(unchosen)].T, color=PALE, linewidth=1.2)
    named = _named(record.candidates)
    for order, candidate in enumerate(named):
        axes.plot(
            times_s,
            curves[candidate.sample],
            color=PALETTE[order],
            linewidth=1.7,
            solid_joinstyle="round",
            zorder=3 + len(named) - order,
            label=f"summary-{candidate.rank}",
        )
    _scale_scores(axes, curves)
    _label_time(axes, layout, end_s)
    heading = f"Importance scores of {_count(len(curves), 'sample')}"
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
    axes.fill_between(times_s, low, high, color="#dde3ea", linewidth=0, label="all samples")
    axes.fill_between(times_s, lower, upper, color="#b9c4d0", linewidth=0, label="middle half")


def _condensed(record: SummaryRecord) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Times (P,), curves (S, P) and the seconds that each point is the mean of, 0 where nothing was averaged.

    The first and the last value hold to the ends of the video.
    """
    table = np.asarray([record.times_s, *(curve.scores for curve in record.curves)], dtype=np.float64)
    samples = table.shape[1]
    size = -(-samples // _POINTS)
    starts = np.arange(0, samples, size)
    means = np.add.reduceat(table, starts, axis=1) / np.diff(np.append(starts, samples))
    means = np.pad(means, ((0, 0), (1, 1)), mode="edge")
    means[0, [0, -1]] = 0.0, record.source.duration_s
    return means[0], means[1:], 0.0 if size == 1 else size * float(np.median(np.diff(record.times_s)))


def _draw_shot_ticks(axes: Axes, layout: _Layout, record: SummaryRecord) -> None:
    """Light lines through the panel; where they would merge into a grey wall, short ticks at its upper edge."""
    bounds = [shot.start_s for shot in record.shots[1:]]
    foot = 0.0 if _shots_are_apart(layout, record) else 0.96
    axes.vlines(bounds, foot, 1, color=TICK, linewidth=0.9, transform=axes.get_xaxis_transform(), zorder=0)


def _shots_are_apart(layout: _Layout, record: SummaryRecord) -> bool:
    return layout.width / len(record.shots) >= 14


def _scale_scores(axes: Axes, curves: NDArray[np.float64]) -> None:
    margin = max(0.06 * float(np.ptp(curves)), 0.01)
    low, high = float(curves.min()) - margin, float(curves.max()) + margin
    axes.set_ylim(low, high)
    # The lowest tenth stays free for the first label of the time axis.
    marks = [mark for mark in MaxNLocator(4).tick_values(low, high) if 0.1 < (mark - low) / (high - low) < 1]
    axes.set_yticks(marks, [f"{mark:.3g}" for mark in marks], fontproperties=font(9), color=GREY)
    axes.tick_params(axis="y", pad=8)
    axes.axhline(low, color=PALE, linewidth=1)


def _label_time(axes: Axes, layout: _Layout, end_s: float) -> None:
    times_s, labels = round_times(end_s, most=int(layout.width / 100))
    axes.set_xticks(times_s, labels, fontproperties=font(9), color=GREY, parse_math=False)
    axes.tick_params(axis="x", bottom=True, length=5, color=PALE, pad=4)


def _draw_strips(figure: Figure, layout: _Layout, record: SummaryRecord) -> None:
    end_s = record.source.duration_s
    axes = _axes(figure, layout, layout.strips_top, layout.strips_height, end_s)
    axes.set_ylim(layout.strips_height, 0)
    described = layout.row == _ROW_PX
    bar = _BAR_PX if described else max(layout.row - min(5.0, layout.row / 4), 0.5)
    tops = np.arange(layout.rows) * layout.row + (_LABEL_PX if described else (layout.row - bar) / 2)
    tracks = [_box(0, end_s, top, bar) for top in tops]
    axes.add_collection(PolyCollection(tracks, facecolors=TRACK, linewidths=0), autolim=False)
    # Two pixels at least, so that a short piece of a long film is still seen.
    least_s = 2 * end_s / layout.width
    for candidate, top in zip(record.candidates, tops, strict=True):
        boxes = [_box(a, max(b, a + least_s), top, bar) for a, b in candidate.spans_s]
        colour = _colour(candidate, record.candidates)
        axes.add_collection(PolyCollection(boxes, facecolors=colour, linewidths=0), autolim=False)
    if _shots_are_apart(layout, record):
        axes.vlines([s.start_s for s in record.shots[1:]], 0, layout.strips_height, color="white", linewidth=0.9)
    _label_time(axes, layout, end_s)
    if described:
        _describe(figure, layout, record)
    else:
        _name_rows(figure, layout, record)


def _box(start_s: float, end_s: float, top: float, height: float) -> list[tuple[float, float]]:
    return [(start_s, top), (end_s, top), (end_s, top + height), (start_s, top + height)]


def _named(candidates: tuple[CandidateRecord, ...]) -> tuple[CandidateRecord, ...]:
    """The candidates that have a colour and a curve of their own."""
    return candidates if len(candidates) <= len(PALETTE) else candidates[:_NAMED]


def _colour(candidate: CandidateRecord, candidates: tuple[CandidateRecord, ...]) -> str:
    place = candidates.index(candidate)
    return PALETTE[place] if place < len(_named(candidates)) else _OTHERS


def _describe(figure: Figure, layout: _Layout, record: SummaryRecord) -> None:
    """Above each strip its name and figures, and in a common column to their right its description."""
    column = layout.left
    baselines = [layout.strips_top + row * layout.row + _LABEL_PX - 8 for row in range(layout.rows)]
    for candidate, y in zip(record.candidates, baselines, strict=True):
        name = write(figure, (layout.left, y), f"summary-{candidate.rank}", size_pt=10, colour=INK, bold=True)
        x = layout.left + width_px(name)
        facts = write(figure, (x, y), " · " + _facts(candidate), size_pt=10, colour=INK)
        column = max(column, x + width_px(facts))
    for candidate, y in zip(record.candidates, baselines, strict=True):
        line = write(figure, (column + 32, y), candidate.description, size_pt=10, colour=GREY)
        shorten(line, _WIDTH_PX - _RIGHT_PX - column - 32)


def _facts(candidate: CandidateRecord) -> str:
    return f"{length(candidate.duration_s)} · agreement {candidate.agreement:.2f}"


def _name_rows(figure: Figure, layout: _Layout, record: SummaryRecord) -> None:
    """To the left of the strips their names and figures; of very thin strips only every so many."""
    heading = (layout.left - 14, layout.strips_top - 13)
    write(figure, heading, "length · agreement", size_pt=9, colour=GREY, align="right")
    every = int(np.ceil(16 / layout.row))
    for row, candidate in list(enumerate(record.candidates))[::every]:
        y = layout.strips_top + (row + 0.5) * layout.row + 4
        label = f"summary-{candidate.rank} · {length(candidate.duration_s)} · {candidate.agreement:.2f}"
        bold = row < _NAMED
        text = write(figure, (layout.left - 14, y), label, size_pt=9, colour=INK, bold=bold, align="right")
        shorten(text, layout.left - 28)


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def _metadata(record: SummaryRecord) -> dict[str, str]:
    """PNG text: the standard keys, and under ``vidsumm`` what is needed to repeat the work."""
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
