"""Reads a written summary back and checks that it holds what was planned and plays to its end."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from vidsumm.errors import EncodeError
from vidsumm.timeline import Timeline
from vidsumm.video.container import open_input
from vidsumm.video.ffmpeg_binary import FfmpegBinary
from vidsumm.video.ffmpeg_commands import count_decoded

__all__ = ["Mp4Contents", "Verified", "read_contents", "verify"]


@dataclass(frozen=True)
class Mp4Contents:
    """What the packets of an MP4 file say that it holds."""

    frames: int
    video_s: float
    """Length of the picture, seconds."""
    audio_s: float | None
    """Length of the sound, seconds; None if there is none."""


@dataclass(frozen=True)
class Verified:
    """What a summary was found to hold."""

    contents: Mp4Contents
    undecodable: int
    """Frames that cannot be decoded; always 0 for encoded frames."""


def read_contents(path: Path) -> Mp4Contents:
    """Reads all packets of an MP4 file, without decoding them.

    Raises:
        av.FFmpegError: it cannot be read.
    """
    ends_s = {"video": 0.0, "audio": 0.0}
    with open_input(path) as container:
        frames, has_sound = 0, bool(container.streams.audio)
        for stream in container.streams:
            ends_s[stream.type] = float((stream.duration or 0) * (stream.time_base or 0))
        for packet in container.demux():
            if packet.pts is not None and packet.duration is not None:
                end_s = float((packet.pts + packet.duration) * packet.time_base)
                ends_s[packet.stream.type] = max(ends_s[packet.stream.type], end_s)
                frames += packet.stream.type == "video"
    return Mp4Contents(frames, ends_s["video"], ends_s["audio"] if has_sound else None)


def verify(
    path: Path,
    timeline: Timeline,
    *,
    frames: int,
    is_encoded: bool,
    binary: FfmpegBinary,
    on_frames: Callable[[int], None],
) -> Verified:
    """Compares an MP4 file with its timeline and decodes it to its end.

    Args:
        path: the file.
        timeline: what it should show.
        frames: number of frames that were written to it.
        is_encoded: whether its frames were encoded for it. Copied frames may have been damaged before.
        binary: the ffmpeg that decodes.
        on_frames: called with the number of frames decoded so far.

    Raises:
        EncodeError: it does not hold what was written to it, its lengths are not those of the timeline, picture and
            sound differ in length by a frame or more, or encoded frames cannot be decoded.
        av.FFmpegError: it cannot be read.
    """
    name, found = path.name, read_contents(path)
    duration_s = float(timeline.duration)
    frame_s = duration_s / timeline.frames
    if abs(found.video_s - duration_s) >= frame_s / 2 or found.frames != frames:
        raise EncodeError(
            f"{name} has {found.frames} frames in {found.video_s:.3f} s instead of {frames} in {duration_s:.3f} s"
        )
    if found.audio_s is not None and abs(found.audio_s - found.video_s) >= frame_s:
        raise EncodeError(f"{name} has {found.audio_s:.3f} s of sound for {found.video_s:.3f} s of picture")
    decoded = count_decoded(path, binary, must_be_whole=is_encoded, on_frames=on_frames)
    undecodable = max(0, frames - decoded)
    if is_encoded and undecodable:
        raise EncodeError(f"{name} has {frames} frames, of which only {decoded} can be played")
    return Verified(found, undecodable)
