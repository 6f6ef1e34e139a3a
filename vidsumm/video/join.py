"""Joins clips by giving coded packets new times; pure arithmetic, no packet is read or changed."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vidsumm.errors import EncodeError
from vidsumm.video.cut import CutPlan, earliest_times

__all__ = ["JoinedPackets", "find_frames", "join_clips"]


@dataclass(frozen=True, eq=False)
class JoinedPackets:
    """Which packets make up one summary, and their times in it; in coding order. L packets."""

    positions: NDArray[np.int64]
    """(L,) positions in the `PacketList`."""
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


def join_clips(
    plan: CutPlan, frame_idx: NDArray[np.int64], ticks: NDArray[np.int64], is_key: NDArray[np.bool_]
) -> JoinedPackets:
    """Chooses the packets of all clips of a plan and gives them times without gaps.

    Each clip begins exactly where the one before it ended. If the first frames of a clip are missing (a damaged
    source), it begins with the first frame there is. Pictures that are decoded after the first frame of a clip but
    shown before it are left out.

    Args:
        plan: the summary.
        frame_idx: (N,) frame number of each packet, in coding order.
        ticks: (N,) when each is shown in the source, on the clock of the plan.
        is_key: (N,) whether decoding can begin at the packet.

    Returns:
        The packets, with times on the clock of the plan.

    Raises:
        EncodeError: there is no packet for a clip, or its first one cannot be decoded by itself.
    """
    reach = np.maximum.accumulate(frame_idx)
    positions, times, elapsed = [], [], 0
    for (begin, end), (first, last) in zip(plan.ticks.tolist(), plan.ranges.tolist(), strict=True):
        start, stop = np.searchsorted(reach, [first, last])
        chosen = np.arange(start, stop)[frame_idx[start:stop] >= first]
        if not len(chosen) or not is_key[chosen[0]]:
            raise EncodeError(
                f"no picture could be cut at {float(begin * plan.clock.time_base):.3f} s of the source",
                remedy="check that the file plays there",
            )
        shown = np.maximum(ticks[chosen] - begin, 0) + elapsed
        shown[shown.argmin()] = elapsed
        positions.append(chosen)
        times.append(shown)
        elapsed += end - begin
    pts = np.concatenate(times)
    return JoinedPackets(np.concatenate(positions), pts, *_decoding_times(pts, elapsed))


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
