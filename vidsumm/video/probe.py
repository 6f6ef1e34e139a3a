"""Reads what a video file holds: the streams to use, their clocks, the rotation and the time of every frame."""

import math
import stat
from collections.abc import Sequence
from contextlib import suppress
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
from av.container import InputContainer
from av.error import ArgumentError, FFmpegError
from av.stream import Disposition

from vidsumm.config import LimitConfig
from vidsumm.errors import InputError
from vidsumm.video.container import ACCEPTED_FILES, demux_packets, open_source, time_base_of
from vidsumm.video.frame_index import read_frame_index
from vidsumm.video.info import AudioStream, VideoInfo, VideoStream

if TYPE_CHECKING:
    from av.video.format import VideoFormat

__all__ = ["probe"]

_ROTATION_PACKETS = 250
"""At most this many packets are decoded to find a frame that has the rotation."""
_LIMITS = LimitConfig()


def probe(path: Path, limits: LimitConfig = _LIMITS) -> VideoInfo:
    """Reads what a video file holds.

    The video stream is the one that ffmpeg would choose (`av_find_best_stream`), the audio stream the one that belongs
    to it.

    Args:
        path: the file.
        limits: the largest video that is accepted.

    Raises:
        InputError: the file is missing, unreadable, not a media file, has no video frames, or exceeds a limit.
    """
    size_bytes = _file_size(path)
    try:
        with open_source(path) as container:
            return _read_info(path, container, size_bytes, limits)
    except ArgumentError as error:
        raise InputError(
            f"{path}: playlists, pictures and text are not read as video", remedy=ACCEPTED_FILES
        ) from error
    except (FFmpegError, OSError, ValueError) as error:
        raise InputError(f"{path}: not a readable video file: {_reason(error)}", remedy=ACCEPTED_FILES) from error


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)


def _file_size(path: Path) -> int:
    """Returns the size in bytes.

    Raises:
        InputError: there is no file, it is empty, or it may not be read.
    """
    try:
        status = path.stat()
        if stat.S_ISREG(status.st_mode):
            path.open("rb").close()
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file", remedy="check the path") from error
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path}: cannot be read: {_reason(error)}", remedy="check the path and its permissions"
        ) from error
    if not stat.S_ISREG(status.st_mode):
        kind = "a folder" if stat.S_ISDIR(status.st_mode) else "not an ordinary file"
        raise InputError(f"{path}: {kind}, not a video file", remedy=ACCEPTED_FILES)
    if status.st_size == 0:
        raise InputError(f"{path}: the file is empty", remedy=ACCEPTED_FILES)
    return status.st_size


def _read_info(path: Path, container: InputContainer, size_bytes: int, limits: LimitConfig) -> VideoInfo:
    _require_few_streams(path, container, limits)
    videos = [stream for stream in container.streams.video if _is_moving(stream)]
    if not videos:
        raise InputError(f"{path}: no video stream that can be decoded", remedy=ACCEPTED_FILES)
    chosen = _choose(container, videos)
    _require_small_frames(path, chosen, limits)
    video, audio = _video_stream(chosen, _rotation(path, chosen.index)), _audio_stream(container, chosen)
    index = read_frame_index(path, container, chosen)
    _require_short(path, (index.end_pts - int(index.frame_pts[0])) * video.time_base, limits)
    return VideoInfo(
        path=path,
        container=container.format.name,
        size_bytes=size_bytes,
        video=video,
        audio=audio,
        frame_pts=index.frame_pts,
        key_pts=index.key_pts,
        end_pts=index.end_pts,
        is_vfr=index.is_vfr,
    )


def _require_few_streams(path: Path, container: InputContainer, limits: LimitConfig) -> None:
    count = len(container.streams)
    if count > limits.max_streams:
        raise InputError(
            f"{path}: {count} streams are more than {limits.max_streams}",
            remedy=f"allow them with `max_streams={count}`",
        )


def _require_small_frames(path: Path, stream: av.VideoStream, limits: LimitConfig) -> None:
    width, height = stream.width, stream.height
    if width * height > limits.max_pixels:
        raise InputError(
            f"{path}: frames of {width}x{height} have more than {limits.max_pixels} pixels",
            remedy=f"allow them with `max_pixels={width * height}`",
        )


def _require_short(path: Path, duration_s: Fraction, limits: LimitConfig) -> None:
    hours = float(duration_s) / 3600
    if hours > limits.max_hours:
        enough = math.ceil(10 * hours) / 10
        raise InputError(
            f"{path}: {hours:.2f} hours are more than {limits.max_hours:g}",
            remedy=f"allow them with `max_hours={enough}`",
        )


def _has_decoder(stream: av.VideoStream | av.AudioStream) -> bool:
    # PyAV's type stubs do not say that a stream without a decoder has no codec context
    context: object = stream.codec_context
    return context is not None


def _is_moving(stream: av.VideoStream) -> bool:
    """Returns whether a stream is a video that can be decoded, and not an attached picture such as album art."""
    return _has_decoder(stream) and not stream.disposition & Disposition.attached_pic


def _choose(container: InputContainer, videos: Sequence[av.VideoStream]) -> av.VideoStream:
    """Returns ffmpeg's choice if it is one of `videos`, otherwise the largest, default ones first."""
    best = container.streams.best("video")
    for stream in videos:
        if best is not None and stream.index == best.index:
            return stream
    return max(videos, key=lambda s: (bool(s.disposition & Disposition.default), s.width * s.height, -s.index))


def _rotation(path: Path, stream_index: int) -> int:
    """Returns the degrees clockwise of the display matrix, which libav reports only with decoded frames.

    The file is opened anew, because reading on would move the position in the container.
    """
    with open_source(path) as container:
        stream = next(stream for stream in container.streams.video if stream.index == stream_index)
        for packet in islice(demux_packets(container, stream), _ROTATION_PACKETS):
            with suppress(FFmpegError):
                for frame in stream.decode(packet):
                    return round(-frame.rotation / 90) * 90 % 360
    return 0


def _video_stream(stream: av.VideoStream, rotation: int) -> VideoStream:
    aspect = _fraction(stream.sample_aspect_ratio) or _fraction(stream.codec_context.sample_aspect_ratio)
    return VideoStream(
        index=stream.index,
        codec=stream.codec_context.codec.canonical_name,
        width=stream.width,
        height=stream.height,
        sample_aspect_ratio=aspect if aspect > 0 else Fraction(1),
        rotation=rotation,
        pixel_format=_pixel_format(stream),
        time_base=time_base_of(stream),
        average_rate=_fraction(stream.average_rate),
        real_rate=_fraction(stream.base_rate),
    )


def _fraction(value: Any) -> Fraction:
    """Returns a ratio of PyAV, which has a type of its own in some versions; 0 where it is unknown."""
    return Fraction(value.numerator, value.denominator) if value and value.denominator else Fraction(0)


def _pixel_format(stream: av.VideoStream) -> str:
    """Returns the name of the pixel format, empty where it is unknown (`stream.pix_fmt` crashes there in PyAV 17)."""
    # PyAV's type stubs do not say that a context may have no format
    known: VideoFormat | None = stream.codec_context.format
    return known.name if known is not None else ""


def _audio_stream(container: InputContainer, video: av.VideoStream) -> AudioStream | None:
    """Returns the audio stream that belongs to a video stream, None if there is none that can be decoded."""
    best = container.streams.best("audio", related=video)
    for stream in container.streams.audio:
        if best is not None and stream.index == best.index and _has_decoder(stream):
            context = stream.codec_context
            return AudioStream(stream.index, context.codec.canonical_name, context.sample_rate, context.channels)
    return None
