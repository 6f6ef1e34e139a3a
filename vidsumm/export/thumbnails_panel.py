"""The panel of ``summary.png`` with thumbnails along the time axis, and with the names of the sources above them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from vidsumm.export.axis import source_borders_s, source_end_s
from vidsumm.export.lettering import shorten, width_px, write
from vidsumm.export.page import PageLayout, add_axes
from vidsumm.export.palette import BORDER, INK
from vidsumm.export.record import SourceRecord, SummaryRecord

__all__ = ["Thumbnails", "draw_names", "draw_thumbnails", "mean_aspect"]

_GAP_PX = 4
_LEAST_PX = 8.0
"""A source narrower than this on the page gets no thumbnail."""
_BORDER_PX = 4
"""Free space on both sides of a border between sources."""
_NAME_BASELINE_PX = 16
_LEAST_NAME_PX = 90.0
"""A source narrower than this on the page gets a number without a name."""


@dataclass(frozen=True, eq=False)
class Thumbnails:
    """Small pictures of a source."""

    pictures: NDArray[np.uint8]
    """(T, h, w, 3) RGB, upright and in display aspect; T may be 0."""
    times_s: NDArray[np.float64]
    """(T,) their times, ascending, seconds since the first frame of the source."""

    @property
    def aspect(self) -> float:
        """Width of a picture over its height."""
        _, height, width, _ = self.pictures.shape
        return float(width / height)


@dataclass(frozen=True)
class _Stretch:
    """Where the thumbnails of a source go, pixels from the left end of the axis."""

    left: float
    width: float
    slots: int
    picture_width: float
    """Widest that a picture may be: as wide as its slot, or as wide as the height of the panel allows."""
    is_narrow: bool
    """Whether a single picture as high as the panel is too wide."""

    @property
    def pitch(self) -> float:
        """From the left edge of a slot to that of the next."""
        return (self.width + _GAP_PX) / self.slots


def mean_aspect(record: SummaryRecord, thumbnails: Sequence[Thumbnails]) -> float | None:
    """Returns the mean aspect of the sources' pictures, weighted by the sources' lengths; None without pictures."""
    found = [(source.duration_s, own.aspect) for source, own in _with_pictures(record, thumbnails)]
    whole_s = sum(duration_s for duration_s, _ in found)
    return sum(duration_s / whole_s * aspect for duration_s, aspect in found) if found else None


def draw_thumbnails(
    figure: Figure, layout: PageLayout, record: SummaryRecord, thumbnails: Sequence[Thumbnails]
) -> None:
    """Draws as many thumbnails as fit, each above the stretch of time that it is from; all are equally high.

    In a source too short for a whole picture, its middle is shown.
    """
    found = [(source, own, _stretch(layout, record, source, own)) for source, own in _with_pictures(record, thumbnails)]
    if not found:
        return
    axes = add_axes(figure, layout, layout.thumbnails_top, layout.thumbnail_height, record.duration_s)
    heights = [stretch.picture_width / own.aspect for _, own, stretch in found if not stretch.is_narrow]
    height = min(heights, default=layout.thumbnail_height)
    for source, own, stretch in found:
        if stretch.width >= _LEAST_PX:
            _draw_source(axes, source, own, stretch, height)
    axes.set_xlim(0, layout.width)
    axes.set_ylim(0, layout.thumbnail_height)


def draw_names(figure: Figure, layout: PageLayout, record: SummaryRecord) -> None:
    """Writes number and name of each source where it begins, and draws the borders between sources down to the curves.

    Where a source is too short for its name, its number remains. A single source is not named.
    """
    if not layout.names_height:
        return
    axes = add_axes(figure, layout, layout.names_top, layout.names_height + layout.thumbnail_height, record.duration_s)
    upright = axes.get_xaxis_transform()
    axes.vlines(source_borders_s(record), 0, 1, color=BORDER, linewidth=1.2, transform=upright)
    for number, source in enumerate(record.sources, 1):
        left, width = _place(layout, record, source)
        has_room = width >= _LEAST_NAME_PX
        place = (layout.left + left, layout.names_top + _NAME_BASELINE_PX)
        text = write(figure, place, f"{number} {source.name}" if has_room else str(number), size_pt=9, colour=INK)
        if has_room:
            shorten(text, width, keep_end=8)
        elif width_px(text) > width:
            text.remove()


def _with_pictures(record: SummaryRecord, thumbnails: Sequence[Thumbnails]) -> list[tuple[SourceRecord, Thumbnails]]:
    return [pair for pair in zip(record.sources, thumbnails, strict=True) if len(pair[1].times_s)]


def _place(layout: PageLayout, record: SummaryRecord, source: SourceRecord) -> tuple[float, float]:
    """Returns the left edge and the width of a source, less the space beside its borders; pixels on the axis."""
    left = source.offset_s / record.duration_s * layout.width
    right = source_end_s(source) / record.duration_s * layout.width
    left += _BORDER_PX * (source is not record.sources[0])
    right -= _BORDER_PX * (source is not record.sources[-1])
    return left, right - left


def _stretch(layout: PageLayout, record: SummaryRecord, source: SourceRecord, own: Thumbnails) -> _Stretch:
    left, width = _place(layout, record, source)
    whole = layout.thumbnail_height * own.aspect
    slots = int(np.clip(round(width / (whole + _GAP_PX)), 1, len(own.times_s)))
    slot_width = (width + _GAP_PX) / slots - _GAP_PX
    return _Stretch(left, width, slots, min(slot_width, whole), width < whole)


def _draw_source(axes: Axes, source: SourceRecord, own: Thumbnails, stretch: _Stretch, height: float) -> None:
    whole = height * own.aspect
    width = stretch.picture_width if stretch.picture_width / own.aspect <= height else whole
    shown = _middle(own.pictures, width / whole)
    for slot, index in _fill_slots(own.times_s, source.duration_s / stretch.slots, stretch.slots):
        left = stretch.left + slot * stretch.pitch + (stretch.pitch - _GAP_PX - width) / 2
        axes.imshow(shown[index], extent=(left, left + width, 0.0, height), aspect="auto", interpolation="antialiased")


def _middle(pictures: NDArray[np.uint8], share: float) -> NDArray[np.uint8]:
    """Returns the middle columns of pictures (T, h, w, 3), a share of all."""
    whole = pictures.shape[2]
    columns = int(np.clip(round(share * whole), 1, whole))
    first = (whole - columns) // 2
    return pictures[:, :, first : first + columns]


def _fill_slots(times_s: NDArray[np.float64], slot_s: float, slots: int) -> list[tuple[int, int]]:
    """Returns (slot, index) of the time nearest to the middle of each slot that has any."""
    owner = np.clip((times_s / slot_s).astype(int), 0, slots - 1)
    distance = np.abs(times_s - (owner + 0.5) * slot_s)
    members = ((slot, np.flatnonzero(owner == slot)) for slot in range(slots))
    return [(slot, int(mine[np.argmin(distance[mine])])) for slot, mine in members if mine.size]
