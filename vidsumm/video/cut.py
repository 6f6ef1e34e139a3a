"""Turns clips in seconds into timelines of whole frames; pure arithmetic, no file is touched."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import gcd, lcm
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vidsumm.errors import ConfigError
from vidsumm.timeline import Clip, Timeline, TimelineSource
from vidsumm.video.info import VideoInfo

__all__ = [
    "HELD_S",
    "FrameClock",
    "ShownSource",
    "common_clock",
    "earliest_times",
    "frame_clock",
    "merge_spans",
    "plan_timeline",
    "union_pieces",
    "widen_to_keys",
]

MAX_TICKS_PER_S = 1_000_000
"""Finer clocks overflow the 32-bit sample durations of MP4 when a picture stands still."""
COARSE_TICKS_PER_S = 90_000
"""The clock used in place of a finer one."""
MAX_RATE_DENOMINATOR = 1001
"""Rates with a larger denominator are averages over a file, not rates that a camera was set to."""
HELD_S = 0.25
"""An edge of a clip that is further than this from every edge of a frame lies in a still picture; it is not moved."""


@dataclass(frozen=True, eq=False)
class FrameClock:
    """When each frame is shown, on the clock of the files that are cut."""

    time_base: Fraction
    """Seconds per tick."""
    ticks: NDArray[np.int64]
    """(F + 1,) beginning of every frame, counted from the first one, ascending, and the end of the last one."""

    @property
    def frames(self) -> int:
        """Number of frames F."""
        return len(self.ticks) - 1

    @property
    def is_steady(self) -> bool:
        """Whether all intervals between frames are alike: the longest is at most 1.5 times the shortest.

        Only then can pictures be coded in another order than shown without odd decoding times.
        """
        steps = np.diff(self.ticks)
        return bool(2 * steps.max() <= 3 * steps.min())

    def seconds(self, ticks: NDArray[np.int64]) -> NDArray[np.float64]:
        """Converts `ticks` of any shape to seconds."""
        return ticks.astype(np.float64) * self.time_base.numerator / self.time_base.denominator


class ShownSource(NamedTuple):
    """A source of which a summary shows something."""

    info: VideoInfo
    clock: FrameClock
    """`frame_clock(info)`."""


def frame_clock(info: VideoInfo) -> FrameClock:
    """Returns the clock for files cut from `info`.

    If the time stamps of the source are a constant rate up to the container's rounding, the clock gets exactly that
    rate, so that 29.97 fps in containers that count milliseconds stays 30000/1001. Otherwise the clock keeps the ticks
    of the source.
    """
    for rate in (info.video.real_rate, info.video.average_rate):
        if rate > 0 and rate.denominator <= MAX_RATE_DENOMINATOR and _has_rate(info, rate):
            return FrameClock(1 / rate, np.arange(len(info.frame_pts) + 1, dtype=np.int64))
    ticks = np.append(info.frame_pts, info.end_pts) - info.frame_pts[0]
    base = info.video.time_base
    if base.denominator > MAX_TICKS_PER_S:
        scale = COARSE_TICKS_PER_S * base
        return FrameClock(Fraction(1, COARSE_TICKS_PER_S), _round(ticks * scale.numerator / scale.denominator))
    return FrameClock(Fraction(1, base.denominator), ticks * base.numerator)


def common_clock(time_bases: Iterable[Fraction]) -> Fraction:
    """Returns the seconds per tick of a clock for what is joined from several clocks.

    It is the coarsest one that shows all their times exactly, unless that has too many ticks for MP4; then it has
    `COARSE_TICKS_PER_S`, to which each time has to be rounded. A clock that all share is kept as it is.
    """
    bases = set(time_bases)
    exact = Fraction(gcd(*(base.numerator for base in bases)), lcm(*(base.denominator for base in bases)))
    is_usable = len(bases) == 1 or exact.denominator <= MAX_TICKS_PER_S
    return exact if is_usable else Fraction(1, COARSE_TICKS_PER_S)


def plan_timeline(
    infos: Sequence[VideoInfo],
    clips: Sequence[tuple[int, float, float]],
    *,
    clocks: Sequence[FrameClock] | None = None,
) -> Timeline:
    """Moves the edges of clips to whole frames of their sources.

    Each edge moves to the nearest edge of a frame, unless it lies inside a picture that stands still for long, which
    may be shown for a part of its time. A clip is never shorter than one frame; clips of one source that follow each
    other and touch or overlap become one.

    Args:
        infos: the sources.
        clips: (source, begin, end) of each clip in the order in which they are shown: index in `infos`, seconds since
            the first frame of the source. The clips of one source ascend.
        clocks: `frame_clock` of each source, given to share them between timelines.

    Raises:
        ConfigError: there is no clip, or the clips are not ascending pairs inside their sources.
    """
    table = np.asarray(clips, dtype=np.float64)
    if table.ndim != 2 or table.shape[1:] != (3,) or not len(table):
        raise ConfigError(
            f"clips to cut have the shape {table.shape}", remedy="give at least one (source, begin, end) triple"
        )
    _require_ascending_inside(infos, table)
    clocks = clocks or [frame_clock(info) for info in infos]
    planned: list[Clip] = []
    for run in np.split(table, np.flatnonzero(np.diff(table[:, 0])) + 1):
        source = int(run[0, 0])
        clock, has_sound = clocks[source], infos[source].audio is not None
        ticks = merge_spans(_extend_to_one_frame(clock, _move_to_frames(clock, run[:, 1:])))
        planned += _clips(source, clock, ticks, has_sound=has_sound)
    sources = [_timeline_source(info, clock) for info, clock in zip(infos, clocks, strict=True)]
    return Timeline(tuple(sources), tuple(planned))


def earliest_times(times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns for each frame the earliest time that still counts as the time of that frame.

    It is a quarter of an interval before the frame, so that rounding of times cannot turn one frame into another.

    Args:
        times: (F,) times of the frames, ascending, in any unit.
    """
    early = times - np.diff(times, prepend=times[0]) / 4
    early[0] = times[0] - 1
    return early


def merge_spans(spans: NDArray[np.int64]) -> NDArray[np.int64]:
    """Makes one span of those that touch or overlap; (P, 2) beginning and end, ascending."""
    reach = np.maximum.accumulate(spans[:, 1])
    opens = np.append(True, spans[1:, 0] > reach[:-1])
    closes = np.append(opens[1:], True)
    return np.stack([spans[opens, 0], reach[closes]], axis=1)


def union_pieces(clips: Iterable[Clip]) -> NDArray[np.int64]:
    """Divides what is shown of a source into pieces, of which every clip is made.

    Args:
        clips: all clips of one source, in any order; they may overlap.

    Returns:
        (Q, 2) frames [first, last) of each piece, ascending and disjoint: everything that any clip shows, split
        wherever one begins or ends.
    """
    ranges = np.array([(clip.first_frame, clip.last_frame_exclusive) for clip in clips], dtype=np.int64)
    edges = np.unique(ranges)
    cover = np.zeros(len(edges), dtype=np.int64)
    np.add.at(cover, np.searchsorted(edges, ranges[:, 0]), 1)
    np.subtract.at(cover, np.searchsorted(edges, ranges[:, 1]), 1)
    used = np.cumsum(cover)[:-1] > 0
    return np.stack([edges[:-1], edges[1:]], axis=1)[used]


def widen_to_keys(
    timeline: Timeline, clocks: Mapping[int, FrameClock], key_idx: Mapping[int, NDArray[np.int64]]
) -> Timeline:
    """Widens the clips of a timeline until each begins with a key frame and ends before one or with its source.

    Clips that followed each other in their source, and touch or overlap when widened, become one. A stretch that the
    timeline shows twice is still shown twice.

    Args:
        timeline: what is wanted.
        clocks: `frame_clock` of each source that is shown.
        key_idx: (K,) indices of the key frames of each source that is shown, ascending.
    """
    widened: list[Clip] = []
    before: Clip | None = None
    for clip in timeline.clips:
        wide = _widen(clip, clocks[clip.source], key_idx[clip.source])
        does_follow = before is not None and before.source == clip.source and before.end_tick <= clip.start_tick
        if does_follow and wide.start_tick <= widened[-1].end_tick:
            widened[-1] = _unite(widened[-1], wide)
        else:
            widened.append(wide)
        before = clip
    return Timeline(timeline.sources, tuple(widened))


def _widen(clip: Clip, clock: FrameClock, key_idx: NDArray[np.int64]) -> Clip:
    begin = max(int(np.searchsorted(key_idx, clip.first_frame, side="right")) - 1, 0)
    stops = np.append(key_idx, clock.frames)
    end = int(np.searchsorted(stops, clip.last_frame_exclusive))
    frames = np.array([key_idx[begin], max(stops[end], stops[begin + 1])])
    return _clips(clip.source, clock, clock.ticks[frames][None], has_sound=clip.sound_ticks is not None)[0]


def _unite(clip: Clip, after: Clip) -> Clip:
    """Returns one clip that shows two which touch or overlap."""
    sound = None if clip.sound_ticks is None else (clip.start_tick, after.end_tick)
    return replace(clip, end_tick=after.end_tick, last_frame_exclusive=after.last_frame_exclusive, sound_ticks=sound)


def _timeline_source(info: VideoInfo, clock: FrameClock) -> TimelineSource:
    return TimelineSource(info.path, clock.time_base, int(clock.ticks[-1]), clock.frames)


def _require_ascending_inside(infos: Sequence[VideoInfo], table: NDArray[np.float64]) -> None:
    """Checks clips (P, 3): source, begin and end in seconds.

    Raises:
        ConfigError: they are not ascending pairs inside their sources.
    """
    if not (np.isfinite(table).all() and (table[:, 1] < table[:, 2]).all()):
        raise ConfigError("clips to cut are not ascending pairs", remedy="give begin < end, in order")
    for source in np.unique(table[:, 0]).tolist():
        if source not in range(len(infos)):
            raise ConfigError(f"a clip to cut is from source {source:g} of {len(infos)}", remedy="count sources from 0")
        info = infos[int(source)]
        begins, ends = table[table[:, 0] == source, 1:].T
        if (np.diff(begins) < 0).any():
            raise ConfigError("clips to cut are not ascending pairs", remedy="give begin < end, in order")
        if (begins >= info.duration_s).any() or (ends <= 0).any():
            raise ConfigError(
                f"a clip to cut lies outside the {info.duration_s:.3f} s of {info.path.name}",
                remedy="give clips inside",
            )


def _has_rate(info: VideoInfo, rate: Fraction) -> bool:
    """Returns whether the frames follow each other at exactly this rate, up to the container's rounding."""
    times = np.arange(len(info.frame_pts)) * rate.denominator / rate.numerator
    ends_in_step = abs(info.duration_s * rate - len(info.frame_pts)) < 1
    return bool(ends_in_step and np.abs(info.frame_times_s - times).max() <= 1.001 * info.video.time_base)


def _round(ticks: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.rint(ticks).astype(np.int64)


def _move_to_frames(clock: FrameClock, clips_s: NDArray[np.float64]) -> NDArray[np.int64]:
    """Returns the clips in ticks, each edge moved to the nearest edge of a frame unless it lies in a still picture."""
    exact = clips_s * clock.time_base.denominator / clock.time_base.numerator
    exact = np.clip(exact, 0, clock.ticks[-1])
    after = np.clip(np.searchsorted(clock.ticks, exact), 1, clock.frames)
    below, above = clock.ticks[after - 1], clock.ticks[after]
    nearest = np.where(exact - below < above - exact, below, above)
    is_held = np.abs(nearest - exact) * float(clock.time_base) > HELD_S
    return np.where(is_held, _round(exact), nearest)


def _extend_to_one_frame(clock: FrameClock, clips: NDArray[np.int64]) -> NDArray[np.int64]:
    """Extends empty clips to the end of the frame in which they begin."""
    begins = np.minimum(clips[:, 0], clock.ticks[-2])
    following = clock.ticks[np.searchsorted(clock.ticks, begins, side="right")]
    return np.stack([begins, np.where(clips[:, 1] > begins, clips[:, 1], following)], axis=1)


def _clips(source: int, clock: FrameClock, ticks: NDArray[np.int64], *, has_sound: bool) -> list[Clip]:
    """Returns the clips that show the stretches `ticks` (P, 2) of a source; their sound is that of the same time."""
    first = np.searchsorted(clock.ticks, ticks[:, 0], side="right") - 1
    last = np.searchsorted(clock.ticks, ticks[:, 1])
    rows = np.column_stack([ticks, first, last]).tolist()
    return [Clip(source, a, b, m, n, (a, b) if has_sound else None) for a, b, m, n in rows]
