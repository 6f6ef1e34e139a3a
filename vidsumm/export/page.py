"""The page of ``summary.png``: where its parts are, and what the panels on the time axis have in common."""

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vidsumm.export.lettering import font
from vidsumm.export.palette import GREY, PALE, PALETTE
from vidsumm.export.record import CandidateRecord, SummaryRecord
from vidsumm.export.timescale import round_times

__all__ = [
    "CURVES_PX",
    "LABEL_PX",
    "NAMED",
    "RIGHT_PX",
    "ROW_PX",
    "WIDTH_PX",
    "PageLayout",
    "add_axes",
    "candidate_colour",
    "count_of",
    "has_wide_shots",
    "label_time",
    "named_candidates",
    "plan_page",
]

WIDTH_PX = 1600
RIGHT_PX = 36
_HEADER_PX = 104
_NAMES_PX = 26
CURVES_PX = 230
LABEL_PX = 22
ROW_PX = 64
_LEGEND_PX = 40
_AXIS_PX = 48
_FOOTER_PX = 76
_THIN_PX = 22.0
_STRIPS_LIMIT_PX = 1300.0
"""Height of all strips together beyond which they get thinner than `_THIN_PX`."""
_DESCRIBED = 20
"""Most candidates that still get a line of text each."""
NAMED = 3
"""Curves drawn one by one when there are more candidates than colours."""

_OTHERS = "#8593a3"


@dataclass(frozen=True)
class PageLayout:
    """Where the parts of the page are; all lengths in pixels, from the upper left corner."""

    left: float
    """Left edge of the time axis."""
    names_height: float
    """Height of the band with the names of the sources; 0 where there is but one."""
    thumbnail_height: float
    row: float
    """Height of a candidate's strip with its text."""
    rows: int
    """Number of candidates."""

    @property
    def width(self) -> float:
        """Width of the time axis."""
        return WIDTH_PX - self.left - RIGHT_PX

    @property
    def names_top(self) -> float:
        """Upper edge of the names of the sources."""
        return _HEADER_PX

    @property
    def thumbnails_top(self) -> float:
        """Upper edge of the thumbnails."""
        return self.names_top + self.names_height

    @property
    def curves_top(self) -> float:
        """Upper edge of the curves."""
        return self.thumbnails_top + self.thumbnail_height + _LEGEND_PX

    @property
    def strips_top(self) -> float:
        """Upper edge of the strips."""
        return self.curves_top + CURVES_PX + _AXIS_PX

    @property
    def strips_height(self) -> float:
        """Height of all strips together."""
        return self.row * self.rows

    @property
    def height(self) -> float:
        """Height of the page."""
        return float(np.ceil(self.strips_top + self.strips_height + _FOOTER_PX))


def plan_page(record: SummaryRecord, aspect: float | None) -> PageLayout:
    """Lays out the page; `aspect` is the width of a thumbnail over its height, None without thumbnails."""
    count = len(record.candidates)
    described = count <= _DESCRIBED
    return PageLayout(
        left=64 if described else 236,
        names_height=_NAMES_PX if len(record.sources) > 1 else 0,
        thumbnail_height=0.0 if aspect is None else float(np.clip(np.sqrt(13_000 / aspect), 60, 150)),
        row=ROW_PX if described else min(_THIN_PX, _STRIPS_LIMIT_PX / count),
        rows=count,
    )


def add_axes(figure: Figure, layout: PageLayout, top: float, height: float, end_s: float) -> Axes:
    """Adds an empty panel as wide as the time axis, which ends at `end_s` seconds."""
    axes = figure.add_axes(
        (
            layout.left / WIDTH_PX,
            1 - (top + height) / layout.height,
            layout.width / WIDTH_PX,
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


def label_time(axes: Axes, layout: PageLayout, end_s: float) -> None:
    """Labels the time axis at round times."""
    times_s, labels = round_times(end_s, most=int(layout.width / 100))
    axes.set_xticks(times_s, labels, fontproperties=font(9), color=GREY, parse_math=False)
    axes.tick_params(axis="x", bottom=True, length=5, color=PALE, pad=4)


def has_wide_shots(layout: PageLayout, record: SummaryRecord) -> bool:
    """Returns whether shots are wide enough on the page for lines between them."""
    return layout.width / len(record.shots) >= 14


def named_candidates(candidates: tuple[CandidateRecord, ...]) -> tuple[CandidateRecord, ...]:
    """Returns the candidates that have a colour and a curve of their own."""
    return candidates if len(candidates) <= len(PALETTE) else candidates[:NAMED]


def candidate_colour(candidate: CandidateRecord, candidates: tuple[CandidateRecord, ...]) -> str:
    """Returns the colour of a candidate's curve and strip."""
    place = candidates.index(candidate)
    return PALETTE[place] if place < len(named_candidates(candidates)) else _OTHERS


def count_of(number: int, one: str, many: str = "") -> str:
    """Returns a number with its noun: "1 shot", "2 shots"."""
    return f"{number} {one if number == 1 else many or one + 's'}"
