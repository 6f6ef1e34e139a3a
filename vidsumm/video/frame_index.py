"""Lists the presentation time of every frame of a video.

The packets are only demuxed, not decoded, so that a two-hour film takes seconds.
"""

from array import array
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
from av.container import InputContainer
from numpy.typing import NDArray

from vidsumm.errors import InputError
from vidsumm.video.container import ACCEPTED_FILES, demux_packets, time_base_of

__all__ = ["FrameIndex", "read_frame_index"]

_MAX_DAYS = 7
"""Time stamps further apart than this are taken for damage."""
_VFR_RATIO = 1.5
"""An interval this many times longer than the mean is a pause, not the container's rounding."""
_ROUNDING_TICKS = 2
"""Intervals of a constant rate may differ by this much, because both ends of an interval are rounded."""


@dataclass(frozen=True)
class FrameIndex:
    """When the frames of a stream are shown, in ticks of its time base; see `VideoInfo`."""

    frame_pts: NDArray[np.int64]
    key_pts: NDArray[np.int64]
    end_pts: int

    @property
    def is_vfr(self) -> bool:
        """Whether intervals between frames differ by more than the container's rounding."""
        if len(self.frame_pts) < 3:
            return False
        ticks = np.diff(self.frame_pts)
        return bool(np.ptp(ticks) > _ROUNDING_TICKS or ticks.max() > _VFR_RATIO * ticks.mean())


class _Packets(NamedTuple):
    """Facts about the P packets of a stream in coding order."""

    pts: NDArray[np.int64]
    """(P,) in ticks."""
    durations: NDArray[np.int64]
    """(P,) in ticks; 0 where unknown."""
    is_key: NDArray[np.bool_]
    """(P,)"""
    is_shown: NDArray[np.bool_]
    """(P,) False for what an edit list leaves out: it is decoded, but not shown."""


def read_frame_index(path: Path, container: InputContainer, stream: av.VideoStream) -> FrameIndex:
    """Returns the index of the frames that a player would show.

    Args:
        path: the file, for messages.
        container: the opened file; it is read to its end.
        stream: one of its streams.

    Raises:
        InputError: there are no frames, or their time stamps are missing or damaged.
    """
    packets = _read_packets(container, stream)
    if not len(packets.pts):
        raise InputError(
            f"{path}: no video frame carries a time stamp",
            remedy=f"give it time stamps, for example: ffmpeg -i {path.name} video.mp4",
        )
    frames = _drop_undisplayed(packets)
    if not len(frames.pts):
        raise InputError(f"{path}: no video frames", remedy=ACCEPTED_FILES)
    last = int(np.argmax(frames.pts))
    frame_pts = np.unique(frames.pts)
    last_ticks = int(frames.durations[last]) or _typical_interval(frame_pts, stream)
    index = FrameIndex(frame_pts, np.unique(frames.pts[frames.is_key]), int(frame_pts[-1]) + last_ticks)
    days = float((index.end_pts - int(frame_pts[0])) * time_base_of(stream)) / 86_400
    if days > _MAX_DAYS:
        raise InputError(
            f"{path}: its time stamps are damaged: they span {days:.0f} days",
            remedy="write new ones, for example: ffmpeg -i broken.mp4 -vf setpts=N/FRAME_RATE/TB repaired.mp4",
        )
    return index


def _read_packets(container: InputContainer, stream: av.VideoStream) -> _Packets:
    """Lists all packets that carry a time stamp."""
    pts, durations, keys, shown = array("q"), array("q"), array("b"), array("b")
    for packet in demux_packets(container, stream):
        stamp = packet.dts if packet.pts is None else packet.pts
        if stamp is not None:
            pts.append(stamp)
            durations.append(packet.duration or 0)
            keys.append(packet.is_keyframe)
            shown.append(not packet.is_discard)
    return _Packets(
        np.array(pts, np.int64), np.array(durations, np.int64), np.array(keys, np.bool_), np.array(shown, np.bool_)
    )


def _drop_undisplayed(packets: _Packets) -> _Packets:
    """Drops packets that are not shown, and those before the first key frame of a recording cut out of a longer one.

    Without any key frame, the first packet counts as one.
    """
    if not packets.is_key.any():
        return packets._replace(is_key=packets.pts == packets.pts[0])
    first_key = int(np.argmax(packets.is_key))
    has_key = (np.arange(len(packets.pts)) >= first_key) & (packets.pts >= packets.pts[first_key])
    return _Packets(*(column[has_key & packets.is_shown] for column in packets))


def _typical_interval(frame_pts: NDArray[np.int64], stream: av.VideoStream) -> int:
    """Returns the usual number of ticks between two frames; for a single frame, what the container declares."""
    if len(frame_pts) > 1:
        return int(np.median(np.diff(frame_pts)))
    rate = stream.average_rate or stream.base_rate or Fraction(25)
    return max(1, round(1 / (rate * time_base_of(stream))))
