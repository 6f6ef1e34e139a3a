"""Reads what a container holds: streams, clocks, rotation and the presentation time of every frame.

Frames are indexed by demuxing, not by decoding, so that a two-hour film takes seconds.
"""

import math
import stat
from array import array
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import av
import numpy as np
from av.container import InputContainer
from av.error import ArgumentError, FFmpegError
from av.stream import Disposition
from numpy.typing import NDArray

from vidsumm.config import LimitConfig
from vidsumm.errors import InputError
from vidsumm.video.container import open_input
from vidsumm.video.info import AudioStream, VideoInfo, VideoStream

if TYPE_CHECKING:
    from av.video.format import VideoFormat

__all__ = ["open_container", "packets_of", "probe"]

_READABLE = "give a video file such as MP4, MOV, MKV, WebM, AVI or MPEG-TS"
# demuxers that follow other files or addresses
_PLAYLIST_FORMATS = {"concat", "dash", "hls", "imf", "lavfi", "rtp", "rtsp", "sap", "sdp", "webm_dash_manifest"}
# demuxers of pictures and of drawings in text
_STILL_FORMATS = {"adf", "bin", "idf", "image2", "image2pipe", "tty", "xbin"}
_ROTATION_PACKETS = 250  # read at most this far for one frame that tells the rotation
_MAX_DAYS = 7
_LIMITS = LimitConfig()
_VFR_RATIO = 1.5  # an interval this much longer than the mean is a pause, not rounding
_ROUNDING_TICKS = 2  # two rounded ends of an interval


def _allowed_formats() -> str:
    names = (name for name in av.formats_available if not name.endswith("_pipe"))
    return ",".join(sorted(set(names) - _PLAYLIST_FORMATS - _STILL_FORMATS))


def open_container(path: Path) -> InputContainer:
    """Opens a local media file for reading; it cannot make libav open other files or addresses.

    Raises:
        FFmpegError: libav does not accept the file.
        OSError: the file cannot be read.
    """
    return open_input(path, formats=_allowed_formats())


def probe(path: Path, limits: LimitConfig = _LIMITS) -> VideoInfo:
    """Describes a video file: its streams, the chosen ones and the time of every frame.

    The video stream is the one that ffmpeg takes by default (`av_find_best_stream`), the audio stream the one that
    belongs to it.

    Args:
        path: the file.
        limits: what it may ask for.

    Raises:
        InputError: the file is missing, unreadable, not a media file, has no video frames, or exceeds a limit.
    """
    size_bytes = _file_size(path)
    try:
        with open_container(path) as container:
            return _describe(path, container, size_bytes, limits)
    except ArgumentError as error:
        raise InputError(f"{path}: playlists, pictures and text are not read as video", remedy=_READABLE) from error
    except (FFmpegError, OSError, ValueError) as error:
        raise InputError(f"{path}: not a readable video file: {_reason(error)}", remedy=_READABLE) from error


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)


def _file_size(path: Path) -> int:
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
        raise InputError(f"{path}: {kind}, not a video file", remedy=_READABLE)
    if status.st_size == 0:
        raise InputError(f"{path}: the file is empty", remedy=_READABLE)
    return status.st_size


def _describe(path: Path, container: InputContainer, size_bytes: int, limits: LimitConfig) -> VideoInfo:
    _require_few_streams(path, container, limits)
    videos = [stream for stream in container.streams.video if _is_moving(stream)]
    if not videos:
        raise InputError(f"{path}: no video stream that can be decoded", remedy=_READABLE)
    chosen = _choose(container, videos)
    audios = [stream for stream in container.streams.audio if _has_decoder(stream)]
    _require_small_frames(path, chosen, limits)
    sound = container.streams.best("audio", related=chosen)
    rotations = {stream.index: _rotation(path, stream.index) for stream in videos}
    described = {stream.index: _video_stream(stream, rotations[stream.index]) for stream in videos}
    sounds = {stream.index: _audio_stream(stream) for stream in audios}
    index = _index_frames(path, container, chosen)
    _require_short(path, (index.end_pts - int(index.frame_pts[0])) * _time_base(chosen), limits)
    return VideoInfo(
        path=path,
        container=container.format.name,
        size_bytes=size_bytes,
        video=described[chosen.index],
        audio=sounds.get(sound.index) if sound is not None else None,
        video_streams=tuple(described.values()),
        audio_streams=tuple(sounds.values()),
        subtitle_streams=len(container.streams.subtitles),
        frame_pts=index.frame_pts,
        key_pts=index.key_pts,
        end_pts=index.end_pts,
        is_vfr=_is_vfr(index.frame_pts),
    )


def _require_few_streams(path: Path, container: InputContainer, limits: LimitConfig) -> None:
    count = len(container.streams)
    if count > limits.max_streams:
        raise InputError(
            f"{path}: {count} streams are more than {limits.max_streams}",
            remedy=f"allow them with --max-streams {count}",
        )


def _require_small_frames(path: Path, stream: av.VideoStream, limits: LimitConfig) -> None:
    width, height = stream.width, stream.height
    if width * height > limits.max_pixels:
        raise InputError(
            f"{path}: frames of {width}x{height} have more than {limits.max_pixels} pixels",
            remedy=f"allow them with --max-pixels {width * height}",
        )


def _require_short(path: Path, duration_s: Fraction, limits: LimitConfig) -> None:
    hours = float(duration_s) / 3600
    if hours > limits.max_hours:
        enough = math.ceil(10 * hours) / 10
        raise InputError(
            f"{path}: {hours:.2f} hours are more than {limits.max_hours:g}",
            remedy=f"allow them with --max-hours {enough}",
        )


def _has_decoder(stream: av.VideoStream | av.AudioStream) -> bool:
    # the stubs hide that a stream without a decoder has no codec context
    context: object = stream.codec_context
    return context is not None


def _is_moving(stream: av.VideoStream) -> bool:
    return _has_decoder(stream) and not stream.disposition & Disposition.attached_pic


def _choose(container: InputContainer, videos: Sequence[av.VideoStream]) -> av.VideoStream:
    best = container.streams.best("video")
    for stream in videos:
        if best is not None and stream.index == best.index:
            return stream
    return max(videos, key=lambda s: (bool(s.disposition & Disposition.default), s.width * s.height, -s.index))


def packets_of(container: InputContainer, stream: av.VideoStream) -> Iterator["av.Packet[av.VideoStream]"]:
    """All packets of a stream that hold data; a damaged place that cannot be passed ends them."""
    try:
        for packet in container.demux(stream):
            if packet.size:
                yield packet
    # PyAV stumbles at the end over streams that appear in the middle of a file
    except (FFmpegError, IndexError):
        return


def _rotation(path: Path, stream_index: int) -> int:
    """Clockwise degrees from the display matrix, which libav hands out with decoded frames."""
    with open_container(path) as container:
        stream = next(stream for stream in container.streams.video if stream.index == stream_index)
        for packet in islice(packets_of(container, stream), _ROTATION_PACKETS):
            with suppress(FFmpegError):
                for frame in stream.decode(packet):
                    return round(-frame.rotation / 90) * 90 % 360
    return 0


def _video_stream(stream: av.VideoStream, rotation: int) -> VideoStream:
    aspect = stream.sample_aspect_ratio or stream.codec_context.sample_aspect_ratio
    return VideoStream(
        index=stream.index,
        codec=stream.codec_context.codec.canonical_name,
        width=stream.width,
        height=stream.height,
        sample_aspect_ratio=aspect if aspect and aspect > 0 else Fraction(1),
        rotation=rotation,
        pixel_format=_pixel_format(stream),
        time_base=_time_base(stream),
        average_rate=stream.average_rate or Fraction(0),
        real_rate=stream.base_rate or Fraction(0),
        is_default=bool(stream.disposition & Disposition.default),
    )


def _pixel_format(stream: av.VideoStream) -> str:
    """Name of the pixel format, empty where it is unknown; `stream.pix_fmt` crashes there in PyAV 17."""
    # the stubs hide that a context may have no format
    known: VideoFormat | None = stream.codec_context.format
    return known.name if known is not None else ""


def _audio_stream(stream: av.AudioStream) -> AudioStream:
    base = _time_base(stream)
    return AudioStream(
        index=stream.index,
        codec=stream.codec_context.codec.canonical_name,
        sample_rate_hz=stream.codec_context.sample_rate,
        channels=stream.codec_context.channels,
        layout=stream.codec_context.layout.name,
        time_base=base,
        start_s=float((stream.start_time or 0) * base),
        duration_s=float((stream.duration or 0) * base),
        is_default=bool(stream.disposition & Disposition.default),
    )


def _time_base(stream: av.VideoStream | av.AudioStream) -> Fraction:
    return stream.time_base or Fraction(1, 1_000_000)


@dataclass(frozen=True)
class _FrameIndex:
    frame_pts: NDArray[np.int64]
    key_pts: NDArray[np.int64]
    end_pts: int


class _Packets(NamedTuple):
    """Parallel columns in coding order."""

    pts: NDArray[np.int64]
    durations: NDArray[np.int64]
    is_key: NDArray[np.bool_]
    is_shown: NDArray[np.bool_]
    """False for what lies outside an edit list: decoded, but not shown."""


def _read_packets(container: InputContainer, stream: av.VideoStream) -> _Packets:
    """Time stamps of all packets that have one."""
    pts, durations, keys, shown = array("q"), array("q"), array("b"), array("b")
    for packet in packets_of(container, stream):
        stamp = packet.dts if packet.pts is None else packet.pts
        if stamp is not None:
            pts.append(stamp)
            durations.append(packet.duration or 0)
            keys.append(packet.is_keyframe)
            shown.append(not packet.is_discard)
    return _Packets(
        np.array(pts, np.int64), np.array(durations, np.int64), np.array(keys, np.bool_), np.array(shown, np.bool_)
    )


def _index_frames(path: Path, container: InputContainer, stream: av.VideoStream) -> _FrameIndex:
    packets = _read_packets(container, stream)
    if not len(packets.pts):
        raise InputError(
            f"{path}: no video frame carries a time stamp",
            remedy=f"give it time stamps, for example: ffmpeg -i {path.name} video.mp4",
        )
    frames = _decodable(packets)
    if not len(frames.pts):
        raise InputError(f"{path}: no video frames", remedy=_READABLE)
    last = int(np.argmax(frames.pts))
    frame_pts = np.unique(frames.pts)
    lasts_ticks = int(frames.durations[last]) or _typical_interval(frame_pts, stream)
    index = _FrameIndex(frame_pts, np.unique(frames.pts[frames.is_key]), int(frame_pts[-1]) + lasts_ticks)
    days = float((index.end_pts - int(frame_pts[0])) * _time_base(stream)) / 86_400
    if days > _MAX_DAYS:
        raise InputError(
            f"{path}: its time stamps are damaged: they span {days:.0f} days",
            remedy="write new ones, for example: ffmpeg -i broken.mp4 -vf setpts=N/FRAME_RATE/TB repaired.mp4",
        )
    return index


def _decodable(packets: _Packets) -> _Packets:
    """Leaves out what is not shown, and what lacks its key frame because a recording starts in the middle."""
    if not packets.is_key.any():
        return packets._replace(is_key=packets.pts == packets.pts[0])
    first_key = int(np.argmax(packets.is_key))
    has_key = (np.arange(len(packets.pts)) >= first_key) & (packets.pts >= packets.pts[first_key])
    return _Packets(*(column[has_key & packets.is_shown] for column in packets))


def _typical_interval(frame_pts: NDArray[np.int64], stream: av.VideoStream) -> int:
    if len(frame_pts) > 1:
        return int(np.median(np.diff(frame_pts)))
    rate = stream.average_rate or stream.base_rate or Fraction(25)
    return max(1, round(1 / (rate * _time_base(stream))))


def _is_vfr(frame_pts: NDArray[np.int64]) -> bool:
    if len(frame_pts) < 3:
        return False
    ticks = np.diff(frame_pts)
    return bool(np.ptp(ticks) > _ROUNDING_TICKS or ticks.max() > _VFR_RATIO * ticks.mean())
