"""Cuts summaries: turns cut plans into MP4 files."""

import errno
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from vidsumm.config import CutConfig
from vidsumm.errors import EncodeError, OutputError
from vidsumm.video.cut import CutPlan
from vidsumm.video.ffmpeg_binary import FfmpegBinary, find_ffmpeg
from vidsumm.video.info import VideoInfo
from vidsumm.video.mux import write_mp4
from vidsumm.video.reencode import EncodedPieces
from vidsumm.video.streamcopy import SourcePackets
from vidsumm.video.verify import Verified, verify

__all__ = ["RenderedFile", "render"]

_ENCODE_SHARE = 0.75
"""Share of the work that decodes and encodes the source in exact mode, roughly."""
_WRITE_SHARE = 0.2
"""Share of the work on a single file that writes it; checking that it plays takes longer."""
_SMALLEST_STEP = 0.002
"""Progress is reported only when the share of the work done has grown by this much."""
_DISK_ERRORS = frozenset(
    {errno.EACCES, errno.EDQUOT, errno.EFBIG, errno.ENOENT, errno.ENOSPC, errno.EPERM, errno.EROFS}
)


@dataclass(frozen=True, eq=False)
class RenderedFile:
    """A written summary; lengths and counts were found by reading the file."""

    path: Path
    clips_s: NDArray[np.float64]
    """(P, 2) clips of the source that it shows, seconds since the first frame; wider than planned in copy mode."""
    duration_s: float
    """Length of the picture, seconds."""
    frames: int
    """Number of frames; not as planned only where the source is damaged or its index is wrong."""
    size_bytes: int
    undecodable: int
    """Frames that cannot be decoded, as in the source; always 0 in exact mode."""


def render(
    info: VideoInfo,
    plans: Sequence[CutPlan],
    outputs: Sequence[Path],
    *,
    config: CutConfig,
    metadata: Sequence[Mapping[str, str]],
    on_progress: Callable[[float], None],
    work_dir: Path,
) -> list[RenderedFile]:
    """Writes one MP4 file for each plan and checks it.

    Files of a call that fails are left behind: write to a folder that is then discarded, such as the one of
    `vidsumm.pipeline.staging`.

    Args:
        info: the source.
        plans: one for each summary.
        outputs: the file to write for each; existing ones are replaced.
        config: mode and quality.
        metadata: tags such as title and comment, for each.
        on_progress: called with the share of the work that is done, 0 to 1.
        work_dir: folder for intermediate files, which are left there; best one that is removed afterwards.

    Returns:
        The written files, in the order of the plans.

    Raises:
        EncodeError: the source cannot be cut, or a result is not what was planned.
        OutputError: a file cannot be written.
        ResourceError: no ffmpeg was found, or it cannot be started.
    """
    if not plans:
        return []
    with _translate_errors(outputs[0].parent):
        meter, binary = _Meter(on_progress), find_ffmpeg(config.ffmpeg)
        source, plans, done = _prepare(info, plans, config, work_dir, meter, binary=binary)
        rendered, total_s, before_s = [], sum(plan.duration_s for plan in plans), 0.0
        for plan, output, tags in zip(plans, outputs, metadata, strict=True):
            begin, share = done + (1 - done) * before_s / total_s, (1 - done) * plan.duration_s / total_s
            video, sound = source.tracks(plan)
            on_seconds = meter.part(begin, share * _WRITE_SHARE / plan.duration_s)
            write_mp4(output, video, sound, metadata=tags, on_seconds=on_seconds)
            found = verify(
                output,
                plan,
                frames=video.frames,
                is_encoded=config.mode == "exact",
                binary=binary,
                on_frames=meter.part(begin + share * _WRITE_SHARE, share * (1 - _WRITE_SHARE) / video.frames),
            )
            rendered.append(_rendered_file(output, plan, found))
            before_s += plan.duration_s
    on_progress(1.0)
    return rendered


def _prepare(
    info: VideoInfo,
    plans: Sequence[CutPlan],
    config: CutConfig,
    work: Path,
    meter: "_Meter",
    *,
    binary: FfmpegBinary,
) -> tuple[SourcePackets | EncodedPieces, Sequence[CutPlan], float]:
    """Returns what the tracks are made from, the plans as it can show them, and the share of the work done by then."""
    if config.mode == "copy":
        packets = SourcePackets(info)
        return packets, [packets.widen(plan) for plan in plans], 0.0
    encoding = meter.part(0.0, _ENCODE_SHARE)
    pieces = EncodedPieces(info, plans, config=config, binary=binary, work_dir=work, on_progress=encoding)
    return pieces, plans, _ENCODE_SHARE


class _Meter:
    """Reports the share of the whole work that is done, from the progress of its parts."""

    def __init__(self, on_progress: Callable[[float], None]) -> None:
        self._on_progress = on_progress
        self._reported = 0.0

    def part(self, offset: float, scale: float) -> Callable[[float], None]:
        """Returns a callback for a part of the work that begins at the share `offset`; each unit adds `scale`."""
        return lambda done: self._report(offset + scale * done)

    def _report(self, share: float) -> None:
        if share >= self._reported + _SMALLEST_STEP:
            self._reported = min(share, 1.0)
            self._on_progress(self._reported)


@contextmanager
def _translate_errors(folder: Path) -> Iterator[None]:
    """Turns errors of the operating system and of libav into ours.

    Raises:
        OutputError: `folder` cannot be written to.
        EncodeError: anything else.
    """
    try:
        yield
    except (OSError, av.FFmpegError) as error:
        if getattr(error, "errno", None) in _DISK_ERRORS:
            raise OutputError(
                f"cannot write to {folder}: {error}", remedy="free space or choose another --output"
            ) from error
        raise EncodeError(f"joining failed: {error}", remedy="check that the file plays to its end") from error


def _rendered_file(output: Path, plan: CutPlan, found: Verified) -> RenderedFile:
    video_s, frames = found.contents.video_s, found.contents.frames
    return RenderedFile(output, plan.clips_s, video_s, frames, output.stat().st_size, found.undecodable)
