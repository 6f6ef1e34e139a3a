"""Invented facts about videos of which only the clock matters."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vidsumm.video.info import VideoInfo, VideoStream

__all__ = ["make_info"]


def make_info(
    pts: NDArray[np.int64] | Sequence[int],
    time_base: Fraction,
    *,
    rate: Fraction = Fraction(0),
    last: int | None = None,
    keys: Sequence[int] = (0,),
) -> VideoInfo:
    """Returns the info of a video of given frames.

    Args:
        pts: time stamps of the frames, ascending, in ticks.
        time_base: seconds per tick.
        rate: frames per second that the container declares; 0 for unknown.
        last: ticks for which the last frame lasts; by default as long as the one before.
        keys: indices of the key frames.
    """
    times = np.asarray(pts, dtype=np.int64)
    video = VideoStream(0, "h264", 64, 48, Fraction(1), 0, "yuv420p", time_base, rate, rate)
    end = int(times[-1] + (last if last is not None else times[-1] - times[-2]))
    return VideoInfo(
        path=Path("made.mp4"),
        container="mov,mp4,m4a,3gp,3g2,mj2",
        size_bytes=0,
        video=video,
        audio=None,
        frame_pts=times,
        key_pts=times[list(keys)],
        end_pts=end,
        is_vfr=False,
    )
