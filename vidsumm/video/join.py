"""Joins clips by giving coded packets new times; pure arithmetic, no packet is read or changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

import numpy as np
from numpy.typing import NDArray

from vidsumm.errors import EncodeError
from vidsumm.timeline import Clip, Timeline
from vidsumm.video.cut import earliest_times

__all__ = ["CodedFrames", "JoinedPackets", "find_frames", "join_clips", "on_clock"]


@dataclass(frozen=True, eq=False)
class CodedFrames:
    """The N packets of a source as frames on its clock, in coding order."""

    frame_idx: NDArray[np.int64]
    """(N,) frame number of each packet."""
    ticks: NDArray[np.int64]
    """(N,) when each is shown in the source, on its clock."""
    is_key: NDArray[np.bool_]
    """(N,) whether decoding can begin at the packet."""


@dataclass(frozen=True, eq=False)
class JoinedPackets:
    """Which packets make up one summary, and their times in it; in coding order. L packets."""

    sources: NDArray[np.int64]
    """(L,) index of the source that each is from."""
    positions: NDArray[np.int64]
    """(L,) positions in the `PacketList` of the source."""
    pts: NDArray[np.int64]
    """(L,) presentation times in ticks."""
    dts: NDArray[np.int64]
    """(L,) decoding times in ticks, ascending."""
    durations: NDArray[np.int64]
    """(L,) in ticks."""


def find_frames(times_s: NDArray[np.float64], frame_times_s: NDArray[np.float64]) -> NDArray[np.int64]:
    """Returns (N,) the number of the frame that is shown at each of the times.

    Args:
        times_s: (N,) seconds; a time that is early only by rounding counts as on time.
        frame_times_s: (F,) when each frame is shown, ascending, seconds.
    """
    found = np.searchsorted(earliest_times(frame_times_s), times_s, side="right") - 1
    return np.maximum(found, 0)


def join_clips(timeline: Timeline, coded: Mapping[int, CodedFrames], time_base: Fraction) -> JoinedPackets:
    """Chooses the packets of all clips of a timeline and gives them times without gaps.

    Each clip begins exactly where the one before it ended. If the first frames of a clip are missing (a damaged
    source), it begins with the first frame there is. Pictures that are decoded after the first frame of a clip but
    shown before it are left out.

    Args:
        timeline: the summary.
        coded: the packets of each source that is shown.
        time_base: seconds per tick of the clock of the summary.

    Returns:
        The packets, with times on the clock of the summary: each is the exact time, rounded at most once.

    Raises:
        EncodeError: there is no packet for a clip, or its first one cannot be decoded by itself.
    """
    reach = {source: np.maximum.accumulate(frames.frame_idx) for source, frames in coded.items()}
    sources, positions, times, elapsed = [], [], [], Fraction(0)
    for clip in timeline.clips:
        frames, base = coded[clip.source], timeline.sources[clip.source].time_base
        chosen = _choose(clip, frames.frame_idx, reach[clip.source])
        if not len(chosen) or not frames.is_key[chosen[0]]:
            path = timeline.sources[clip.source].path
            raise EncodeError(
                f"no picture could be cut at {float(clip.start_tick * base):.3f} s of {path.name}",
                remedy="check that the file plays there",
            )
        shown = np.maximum(frames.ticks[chosen] - clip.start_tick, 0)
        shown[shown.argmin()] = 0
        sources.append(np.full(len(chosen), clip.source, dtype=np.int64))
        positions.append(chosen)
        times.append(on_clock(elapsed, shown, base, time_base))
        elapsed += timeline.clip_duration(clip)
    pts, total = np.concatenate(times), round(elapsed / time_base)
    return JoinedPackets(np.concatenate(sources), np.concatenate(positions), pts, *_decoding_times(pts, total))


def on_clock(offset: Fraction, ticks: NDArray[np.int64], tick: Fraction, time_base: Fraction) -> NDArray[np.int64]:
    """Moves times to another clock, rounding each one once.

    Args:
        offset: seconds to add.
        ticks: (N,) times.
        tick: seconds per tick of `ticks`.
        time_base: seconds per tick of the result (N,).
    """
    begin, step = offset / time_base, tick / time_base
    unit = lcm(begin.denominator, step.denominator)
    first, each = int(begin * unit), int(step * unit)
    if unit == 1:
        return np.asarray(first + each * ticks, dtype=np.int64)
    # whole numbers of any size: the products do not always fit into 64 bits
    return np.array([(2 * (first + each * at) + unit) // (2 * unit) for at in ticks.tolist()], dtype=np.int64)


def _choose(clip: Clip, frame_idx: NDArray[np.int64], reach: NDArray[np.int64]) -> NDArray[np.int64]:
    """Returns the positions of the packets of a clip; `reach` is the largest frame number up to each packet."""
    start, stop = np.searchsorted(reach, [clip.first_frame, clip.last_frame_exclusive])
    return np.arange(start, stop)[frame_idx[start:stop] >= clip.first_frame]


def _decoding_times(pts: NDArray[np.int64], total: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Returns decoding times and durations of packets in coding order that together last `total` ticks.

    The i-th packet is decoded when the (i - d)-th picture is shown, where d is the largest number of places by which a
    picture is shown earlier than decoded. These times ascend and are never later than the packet's own picture. The
    first d times are chosen such that in MP4, which stores the differences of decoding times, they add up to the whole
    length.
    """
    order = np.argsort(pts)
    ascending = pts[order]
    durations = np.empty_like(pts)
    durations[order] = np.diff(ascending, append=total)
    rank = np.argsort(order)
    depth = int((np.arange(len(pts)) - rank).max())
    rest = ascending[: len(pts) - depth]
    lead_in = np.linspace(rest[-1] + durations[-1] - total, 0, depth, endpoint=False)
    return np.concatenate([np.floor(lead_in).astype(np.int64), rest]), durations
