"""Reads a written summary back: it holds what was planned, and it plays to its end."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from vidsumm.errors import EncodeError
from vidsumm.video.cut import CutPlan
from vidsumm.video.ffmpeg import count_decoded
from vidsumm.video.ffmpeg_binary import FfmpegBinary
from vidsumm.video.join import Measured, measure

__all__ = ["Verified", "verify"]


@dataclass(frozen=True)
class Verified:
    """What a summary was found to hold."""

    measured: Measured
    lost: int
    """Frames that do not decode."""


def verify(
    path: Path,
    plan: CutPlan,
    *,
    name: str,
    frames: int,
    is_encoded: bool,
    binary: FfmpegBinary,
    on_frames: Callable[[int], None],
) -> Verified:
    """Reads an MP4 file back and decodes it to its end.

    Args:
        path: the file.
        plan: what it should show.
        name: what messages call it.
        frames: how many were put into it.
        is_encoded: whether its frames were encoded for it. Copied ones may have been damaged before.
        binary: the ffmpeg that decodes.
        on_frames: told how many were decoded so far.

    Raises:
        EncodeError: it does not hold what was put into it, its lengths are not those of the plan, its streams drift
            apart by a frame or more, or encoded frames do not decode.
        av.FFmpegError: it cannot be read.
    """
    found = measure(path)
    frame_s = plan.duration_s / plan.frames
    if abs(found.video_s - plan.duration_s) >= frame_s / 2 or found.frames != frames:
        raise EncodeError(
            f"{name} has {found.frames} frames in {found.video_s:.3f} s instead of {frames} in {plan.duration_s:.3f} s"
        )
    if found.audio_s is not None and abs(found.audio_s - found.video_s) >= frame_s:
        raise EncodeError(f"{name} has {found.audio_s:.3f} s of sound for {found.video_s:.3f} s of picture")
    decoded = count_decoded(path, binary, name=name, must_be_whole=is_encoded, on_frames=on_frames)
    lost = max(0, frames - decoded)
    if is_encoded and lost:
        raise EncodeError(f"{name} has {frames} frames, of which only {decoded} can be played")
    return Verified(found, lost)
