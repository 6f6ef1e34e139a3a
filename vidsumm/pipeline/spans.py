"""Spans of a video that a person wants to keep or to skip: shots are divided at their ends, and pinned or banned."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vidsumm.errors import ConfigError
from vidsumm.pipeline.reel import Reel
from vidsumm.pipeline.shots import Shots
from vidsumm.timeline import Clip
from vidsumm.video.cut import HELD_S, FrameClock, plan_timeline

__all__ = ["MarkedShots", "Span", "mark_shots", "spans_of"]


_ROUNDING_TICKS = 1e-3
"""A time that is this near to an edge of a frame lies on it."""
_REMEDIES = ("give (start, end) in seconds", "give (start, end, index of the video), times in seconds")


class Span(NamedTuple):
    """A stretch of a video."""

    start_s: float
    """Where it begins, seconds since the first frame of its video."""
    end_s: float
    """Where it ends."""
    source: int = 0
    """Index of its video, where there are several."""


@dataclass(frozen=True, eq=False)
class MarkedShots:
    """Shots, and which of them a summary must or must not show."""

    shots: Shots
    pinned: NDArray[np.bool_]
    """(M,) whether a shot lies in a span to keep."""
    banned: NDArray[np.bool_]
    """(M,) whether a shot lies in a span to skip."""


def spans_of(given: Sequence[Sequence[float]], reel: Reel, setting: str) -> tuple[Span, ...]:
    """Checks spans (start, end) or (start, end, index of the video), and returns them in order.

    Args:
        given: the spans, seconds.
        reel: the videos.
        setting: their name in messages.

    Raises:
        ConfigError: one is no pair of ascending numbers, or does not lie in its video.
    """
    if not isinstance(given, Sequence):
        raise ConfigError(f"`{setting}`: {given!r} is no list of spans", remedy=_REMEDIES[len(reel.infos) > 1])
    return tuple(sorted((_span(item, reel, setting) for item in given), key=lambda span: (span.source, span.start_s)))


def mark_shots(
    shots: Shots, reel: Reel, keep: Sequence[Span], skip: Sequence[Span], *, shortest_s: float
) -> MarkedShots:
    """Divides shots where spans begin and end, and marks those inside as pinned or banned.

    Spans to keep begin and end with the nearest frame. Spans to skip also hide the frames that they cover in part.
    What is left of a divided shot beside a banned span and is shorter than the shortest shot is banned, too.

    Args:
        shots: the shots.
        reel: the videos.
        keep: spans that every summary shows, in order.
        skip: spans that no summary shows, in order.
        shortest_s: length of the shortest shot, seconds.

    Raises:
        ConfigError: a span to keep overlaps one to skip, or nothing is left.
    """
    if not keep and not skip:
        nothing = np.zeros(len(shots.source), dtype=np.bool_)
        return MarkedShots(shots, nothing, nothing)
    kept, skipped = _on_frames(reel, keep), _on_frames(reel, [_widened(span, reel) for span in skip])
    for clip in kept:
        for other in skipped:
            if clip.source == other.source and max(clip.start_tick, other.start_tick) < min(
                clip.end_tick, other.end_tick
            ):
                start_s = float(max(clip.start_tick, other.start_tick) * reel.clocks[clip.source].time_base)
                raise ConfigError(f"`keep` and `skip` overlap at {start_s:.2f} s", remedy="shorten one of the spans")
    divided, is_part = _divide(shots, reel, [*kept, *skipped])
    pinned, banned = _inside(divided, reel, kept), _inside(divided, reel, skipped)
    if banned.all():
        raise ConfigError("`skip` leaves nothing to show", remedy="skip less")
    scraps = _is_scrap(divided, is_part & ~pinned & ~banned, banned, shortest_s)
    if not (banned | scraps).all():  # where nothing else is left, they are better than nothing
        banned |= scraps
    return MarkedShots(divided, pinned, banned)


def _span(item: Sequence[float], reel: Reel, setting: str) -> Span:
    try:
        if isinstance(item, str):
            raise TypeError
        start_s, end_s, source = (*item, 0) if len(item) == 2 and len(reel.infos) == 1 else item
        span = Span(float(start_s), float(end_s), int(source))
    except (TypeError, ValueError) as error:
        raise ConfigError(f"`{setting}`: {item!r} is no span", remedy=_REMEDIES[len(reel.infos) > 1]) from error
    if not (0 <= span.source < len(reel.infos) and span.source == source):
        raise ConfigError(f"`{setting}`: there is no video {source}", remedy=f"count from 0 to {len(reel.infos) - 1}")
    duration_s = reel.infos[span.source].duration_s
    if not (math.isfinite(span.end_s) and 0 <= span.start_s < min(span.end_s, duration_s)):
        raise ConfigError(
            f"`{setting}`: {span.start_s:g} to {span.end_s:g} s does not lie in the video's {duration_s:.2f} s",
            remedy="give start and end in seconds, the start first",
        )
    return span._replace(end_s=min(span.end_s, duration_s))


def _widened(span: Span, reel: Reel) -> Span:
    """Returns a span that begins and ends with whole frames and hides all that `span` hides.

    Where a picture stands still for long, the span need not be wider: the picture may be shown in part.
    """
    clock = reel.clocks[span.source]
    start_s, end_s = _edges_around(clock, span.start_s)[0], _edges_around(clock, span.end_s)[1]
    is_start_held, is_end_held = span.start_s - start_s > HELD_S, end_s - span.end_s > HELD_S
    return Span(span.start_s if is_start_held else start_s, span.end_s if is_end_held else end_s, span.source)


def _edges_around(clock: FrameClock, at_s: float) -> tuple[float, float]:
    """Returns the nearest edges of frames at or before a time and at or after it, seconds."""
    tick = at_s * clock.time_base.denominator / clock.time_base.numerator
    before = int(np.searchsorted(clock.ticks, tick + _ROUNDING_TICKS, side="right")) - 1
    after = int(np.searchsorted(clock.ticks, tick - _ROUNDING_TICKS))
    edges = clock.ticks[np.clip([before, after], 0, clock.frames)]
    start_s, end_s = clock.seconds(edges).tolist()
    return start_s, end_s


def _on_frames(reel: Reel, spans: Sequence[Span]) -> tuple[Clip, ...]:
    """Moves the ends of spans to frames, as the ends of clips; spans that touch or overlap are one."""
    if not spans:
        return ()
    return plan_timeline(reel.infos, [(s.source, s.start_s, s.end_s) for s in spans], clocks=reel.clocks).clips


def _divide(shots: Shots, reel: Reel, clips: Sequence[Clip]) -> tuple[Shots, NDArray[np.bool_]]:
    """Divides shots at the ends of clips; returns all shots, and which of them are (M,) parts of a divided one."""
    rows: list[tuple[int, tuple[int, int], tuple[int, int], tuple[float, float]]] = []
    is_part: list[bool] = []
    table = zip(
        shots.source.tolist(), shots.samples.tolist(), shots.frames.tolist(), shots.times_s.tolist(), strict=True
    )
    edges = {(clip.source, tick) for clip in clips for tick in (clip.start_tick, clip.end_tick)}
    for source, samples, frames, times_s in table:
        clock = reel.clocks[source]
        first, last = clock.ticks[frames].tolist()
        inner = sorted(tick for owner, tick in edges if owner == source and first < tick < last)
        places = [first, *inner, last]
        seconds = [times_s[0], *clock.seconds(np.array(inner, dtype=np.int64)).tolist(), times_s[1]]
        for k in range(len(places) - 1):
            part_s = (seconds[k], seconds[k + 1])
            rows.append(
                (source, _samples_in(part_s, samples, reel, source), _frames_in(clock, places[k : k + 2]), part_s)
            )
            is_part.append(bool(inner))
    sources, ranges, frames, times_s = (np.array(column) for column in zip(*rows, strict=True))
    return Shots(sources, ranges, frames, times_s), np.array(is_part)


def _samples_in(part_s: tuple[float, float], samples: list[int], reel: Reel, source: int) -> tuple[int, int]:
    """Returns the samples of a part of a shot: those in its time, or the one shown when it begins."""
    before = sum(reel.samples[:source])
    grid_s = reel.analyses[source].samples.grid_s
    first, last = (before + int(np.searchsorted(grid_s, at - 1e-9)) for at in part_s)
    first, last = max(first, samples[0]), min(last, samples[1])
    if first >= last:
        first = min(max(first - 1, samples[0]), samples[1] - 1)
        last = first + 1
    return first, last


def _frames_in(clock: FrameClock, ticks: list[int]) -> tuple[int, int]:
    first = int(np.searchsorted(clock.ticks, ticks[0], side="right")) - 1
    return first, int(np.searchsorted(clock.ticks, ticks[1]))


def _inside(shots: Shots, reel: Reel, clips: Sequence[Clip]) -> NDArray[np.bool_]:
    """Returns (M,) whether the middle of each shot lies in one of the clips."""
    middle_s = shots.times_s.mean(axis=1)
    found = np.zeros(len(middle_s), dtype=np.bool_)
    for clip in clips:
        base = float(reel.clocks[clip.source].time_base)
        is_inside = (clip.start_tick * base < middle_s) & (middle_s < clip.end_tick * base)
        found |= (shots.source == clip.source) & is_inside
    return found


def _is_scrap(shots: Shots, free: NDArray[np.bool_], banned: NDArray[np.bool_], shortest_s: float) -> NDArray[np.bool_]:
    """Returns (M,) whether each free part of a divided shot is too short to be shown and touches a banned part."""
    is_short = np.diff(shots.times_s, axis=1)[:, 0] < shortest_s
    joined = shots.source[1:] == shots.source[:-1]
    touches = np.zeros_like(banned)
    touches[1:] |= banned[:-1] & joined
    touches[:-1] |= banned[1:] & joined
    return free & is_short & touches
