"""Chosen spans of seconds become frame-exact cut plans; pure arithmetic, no file is touched."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vidsumm.errors import ConfigError
from vidsumm.video.info import VideoInfo

__all__ = ["CutPlan", "FrameClock", "earliest_times", "frame_clock", "plan_cut", "union_pieces", "widen_to_keys"]

MAX_TICKS_PER_S = 1_000_000
"""Finer clocks overflow the 32-bit sample durations of MP4 when a picture stands still."""
COARSE_TICKS_PER_S = 90_000
"""The clock used instead."""
MAX_RATE_DENOMINATOR = 1001
"""Rates with larger ones are averages over a file, not rates that a camera was set to."""
HELD_S = 0.25
"""A boundary farther than this from any frame's edge lies in a still picture and is kept as it is."""


@dataclass(frozen=True, eq=False)
class FrameClock:
    """When every frame is shown, on the clock that the cut files carry."""

    time_base: Fraction
    """Seconds per tick."""
    ticks: NDArray[np.int64]
    """(F + 1,) begin of every frame since the first one, ascending, and the end of the last one."""

    @property
    def frames(self) -> int:
        """Number of frames F."""
        return len(self.ticks) - 1

    @property
    def is_steady(self) -> bool:
        """Whether frame intervals are alike enough for pictures to be reordered without odd decoding times."""
        steps = np.diff(self.ticks)
        return bool(2 * steps.max() <= 3 * steps.min())

    def seconds(self, ticks: NDArray[np.int64]) -> NDArray[np.float64]:
        """`ticks` of any shape, in seconds."""
        return ticks.astype(np.float64) * self.time_base.numerator / self.time_base.denominator


@dataclass(frozen=True, eq=False)
class CutPlan:
    """One summary: what of the source is shown, in order."""

    clock: FrameClock
    ticks: NDArray[np.int64]
    """(P, 2) begin and end of each row on `clock`; ascending, rows neither touch nor overlap."""
    ranges: NDArray[np.int64]
    """(P, 2) frames [first, last) of each row. Only a still picture may be shown for a part of its time."""

    @property
    def spans_s(self) -> NDArray[np.float64]:
        """(P, 2) begin and end of each row, seconds since the first frame of the source."""
        return self.clock.seconds(self.ticks)

    @property
    def duration_s(self) -> float:
        """Length of the summary, seconds."""
        return float(int(np.diff(self.ticks).sum()) * self.clock.time_base)

    @property
    def frames(self) -> int:
        """Number of frames in the summary."""
        return int(np.diff(self.ranges).sum())


def frame_clock(info: VideoInfo) -> FrameClock:
    """The clock for files cut from `info`.

    A source whose time stamps are a constant rate up to the container's rounding gets exactly that rate, so that
    29.97 fps in millisecond containers stays 30000/1001; any other source keeps its own ticks.
    """
    for rate in (info.video.real_rate, info.video.average_rate):
        if rate > 0 and rate.denominator <= MAX_RATE_DENOMINATOR and _keeps_rate(info, rate):
            return FrameClock(1 / rate, np.arange(len(info.frame_pts) + 1, dtype=np.int64))
    ticks = np.append(info.frame_pts, info.end_pts) - info.frame_pts[0]
    base = info.video.time_base
    if base.denominator > MAX_TICKS_PER_S:
        scale = COARSE_TICKS_PER_S * base
        return FrameClock(Fraction(1, COARSE_TICKS_PER_S), _rounded(ticks * scale.numerator / scale.denominator))
    return FrameClock(Fraction(1, base.denominator), ticks * base.numerator)


def plan_cut(info: VideoInfo, spans_s: ArrayLike, *, clock: FrameClock | None = None) -> CutPlan:
    """Quantises spans to whole frames.

    Each edge moves to the nearest frame's edge, except inside a picture that stands still for long, which may be shown
    for a part of its time. A span never gets shorter than one frame; spans that touch or overlap become one.

    Args:
        info: the source.
        spans_s: (P, 2) begin and end of each span, ascending, seconds since the first frame.
        clock: `frame_clock(info)`, to share it between plans.

    Raises:
        ConfigError: no span, or spans that are not ascending pairs inside the video.
    """
    clock = clock or frame_clock(info)
    spans = np.asarray(spans_s, dtype=np.float64)
    if spans.ndim != 2 or spans.shape[1:] != (2,) or not len(spans):
        raise ConfigError(f"spans to cut have the shape {spans.shape}", remedy="give at least one (begin, end) pair")
    begins, ends = spans[:, 0], spans[:, 1]
    if not (np.isfinite(spans).all() and (begins < ends).all() and (np.diff(begins) >= 0).all()):
        raise ConfigError("spans to cut are not ascending pairs", remedy="give begin < end, in order")
    if (begins >= info.duration_s).any() or (ends <= 0).any():
        raise ConfigError(f"a span to cut lies outside the video's {info.duration_s:.3f} s", remedy="give spans inside")
    return _plan(clock, _merged(_at_least_one_frame(clock, _quantised(clock, spans))))


def earliest_times(times: NDArray[np.float64]) -> NDArray[np.float64]:
    """From when on a picture counts as each frame: a quarter of an interval early, so that no rounding can matter.

    Args:
        times: (F,) times of frames, ascending, in any unit.
    """
    early = times - np.diff(times, prepend=times[0]) / 4
    early[0] = times[0] - 1
    return early


def union_pieces(plans: Sequence[CutPlan]) -> NDArray[np.int64]:
    """The distinct pieces of which every plan is a subsequence.

    Args:
        plans: summaries of the same source.

    Returns:
        (Q, 2) frames [first, last) of each piece, ascending and disjoint: what any plan shows, split wherever a row of
        any plan begins or ends.
    """
    ranges = np.concatenate([plan.ranges for plan in plans])
    edges = np.unique(ranges)
    cover = np.zeros(len(edges), dtype=np.int64)
    np.add.at(cover, np.searchsorted(edges, ranges[:, 0]), 1)
    np.subtract.at(cover, np.searchsorted(edges, ranges[:, 1]), 1)
    used = np.cumsum(cover)[:-1] > 0
    return np.stack([edges[:-1], edges[1:]], axis=1)[used]


def widen_to_keys(plan: CutPlan, key_idx: NDArray[np.int64]) -> CutPlan:
    """The plan in which every row begins on a key frame and ends before one or with the video.

    Args:
        plan: what is wanted.
        key_idx: (K,) indices of the key frames, ascending.
    """
    begins = np.maximum(np.searchsorted(key_idx, plan.ranges[:, 0], side="right") - 1, 0)
    stops = np.append(key_idx, plan.clock.frames)
    ends = np.searchsorted(stops, plan.ranges[:, 1])
    frames = np.stack([key_idx[begins], np.maximum(stops[ends], stops[begins + 1])], axis=1)
    return _plan(plan.clock, _merged(plan.clock.ticks[frames]))


def _keeps_rate(info: VideoInfo, rate: Fraction) -> bool:
    times = np.arange(len(info.frame_pts)) * rate.denominator / rate.numerator
    ends_in_step = abs(info.duration_s * rate - len(info.frame_pts)) < 1
    return bool(ends_in_step and np.abs(info.frame_times_s - times).max() <= 1.001 * info.video.time_base)


def _rounded(ticks: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.rint(ticks).astype(np.int64)


def _quantised(clock: FrameClock, spans_s: NDArray[np.float64]) -> NDArray[np.int64]:
    exact = spans_s * clock.time_base.denominator / clock.time_base.numerator
    exact = np.clip(exact, 0, clock.ticks[-1])
    after = np.clip(np.searchsorted(clock.ticks, exact), 1, clock.frames)
    below, above = clock.ticks[after - 1], clock.ticks[after]
    nearest = np.where(exact - below < above - exact, below, above)
    is_held = np.abs(nearest - exact) * float(clock.time_base) > HELD_S
    return np.where(is_held, _rounded(exact), nearest)


def _at_least_one_frame(clock: FrameClock, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    begins = np.minimum(rows[:, 0], clock.ticks[-2])
    following = clock.ticks[np.searchsorted(clock.ticks, begins, side="right")]
    return np.stack([begins, np.where(rows[:, 1] > begins, rows[:, 1], following)], axis=1)


def _merged(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    reach = np.maximum.accumulate(rows[:, 1])
    opens = np.append(True, rows[1:, 0] > reach[:-1])
    closes = np.append(opens[1:], True)
    return np.stack([rows[opens, 0], reach[closes]], axis=1)


def _plan(clock: FrameClock, rows: NDArray[np.int64]) -> CutPlan:
    first = np.searchsorted(clock.ticks, rows[:, 0], side="right") - 1
    last = np.searchsorted(clock.ticks, rows[:, 1])
    return CutPlan(clock, rows, np.stack([first, last], axis=1).astype(np.int64))
