"""What is known about a video file after probing it: its streams and the time of every frame."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

__all__ = ["AudioStream", "VideoInfo", "VideoStream"]


@dataclass(frozen=True)
class VideoStream:
    """A video stream as its container declares it."""

    index: int
    """Index among all streams of the container."""
    codec: str
    width: int
    """Width in pixels as coded, before rotation and aspect."""
    height: int
    """Height in pixels as coded, before rotation and aspect."""
    sample_aspect_ratio: Fraction
    """Width of a pixel over its height; 1 where the container does not say."""
    rotation: int
    """Degrees clockwise by which a player turns the coded picture: 0, 90, 180 or 270."""
    pixel_format: str
    time_base: Fraction
    """Seconds per tick of the stream's time stamps."""
    average_rate: Fraction
    """Number of frames over duration, in frames per second; 0 where unknown."""
    real_rate: Fraction
    """Lowest rate that represents every time stamp (`r_frame_rate`), in frames per second; 0 where unknown."""


@dataclass(frozen=True)
class AudioStream:
    """An audio stream as its container declares it."""

    index: int
    """Index among all streams of the container."""
    codec: str
    sample_rate_hz: int
    channels: int


@dataclass(frozen=True)
class VideoInfo:
    """A probed video: the streams that are used and the presentation time of every frame.

    All times are seconds since the first frame of the video stream, unless a name says otherwise.
    """

    path: Path
    container: str
    """Name of the demuxer, for example ``mov,mp4,m4a,3gp,3g2,mj2``."""
    size_bytes: int
    video: VideoStream
    """The video stream that is summarized."""
    audio: AudioStream | None
    """The audio stream that goes with it; None if there is none."""
    frame_pts: NDArray[np.int64]
    """(F,) presentation time stamps of all frames, ascending, in ticks of `video.time_base`."""
    key_pts: NDArray[np.int64]
    """(K,) those of the key frames."""
    end_pts: int
    """Tick at which the last frame ends."""
    is_vfr: bool
    """Whether the frame rate is variable: intervals between frames differ by more than the container's rounding."""

    @property
    def start_s(self) -> float:
        """Time of the first frame on the container's own clock, seconds."""
        return float(int(self.frame_pts[0]) * self.video.time_base)

    @property
    def duration_s(self) -> float:
        """Time from the beginning of the first frame to the end of the last one, seconds."""
        return float((self.end_pts - int(self.frame_pts[0])) * self.video.time_base)

    @property
    def frame_times_s(self) -> NDArray[np.float64]:
        """(F,) presentation time of every frame, seconds."""
        return self._seconds(self.frame_pts)

    @property
    def key_times_s(self) -> NDArray[np.float64]:
        """(K,) presentation time of every key frame, seconds."""
        return self._seconds(self.key_pts)

    @property
    def display_size(self) -> tuple[int, int]:
        """Width and height in square pixels as a player shows them (rotated, aspect applied)."""
        width = max(1, round(self.video.width * self.video.sample_aspect_ratio))
        height = self.video.height
        return (height, width) if self.video.rotation in (90, 270) else (width, height)

    def _seconds(self, pts: NDArray[np.int64]) -> NDArray[np.float64]:
        ticks = np.subtract(pts, self.frame_pts[0], dtype=np.float64)
        seconds: NDArray[np.float64] = ticks * self.video.time_base.numerator / self.video.time_base.denominator
        return seconds
