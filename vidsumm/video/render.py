"""Cuts summaries: turns timelines into MP4 files."""

import errno
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import av

from vidsumm.config import CutConfig
from vidsumm.errors import EncodeError, OutputError
from vidsumm.timeline import Timeline
from vidsumm.video.cut import ShownSource, frame_clock
from vidsumm.video.ffmpeg_binary import FfmpegBinary, find_ffmpeg
from vidsumm.video.info import VideoInfo
from vidsumm.video.mux import write_mp4
from vidsumm.video.reencode import EncodedPieces
from vidsumm.video.streamcopy import SourcePackets
from vidsumm.video.verify import verify

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
    timeline: Timeline
    """What it shows; wider than planned in copy mode."""
    duration_s: float
    """Length of the picture, seconds."""
    frames: int
    """Number of frames; not as planned only where a source is damaged or its index is wrong."""
    size_bytes: int
    undecodable: int
    """Frames that cannot be decoded, as in the source; always 0 in exact mode."""


def render(
    infos: Sequence[VideoInfo],
    timelines: Sequence[Timeline],
    outputs: Sequence[Path],
    *,
    config: CutConfig,
    metadata: Sequence[Mapping[str, str]],
    on_progress: Callable[[float], None],
    on_notice: Callable[[str, int], None],
    work_dir: Path,
) -> list[RenderedFile]:
    """Writes one MP4 file for each timeline and checks it.

    Clips may come in any order and overlap; what several of them show is encoded once. Sources that differ are
    brought to the picture and the sound that most of the summaries has; frame rates are never converted.

    Files of a call that fails are left behind: write to a folder that is then discarded, such as the one of
    `vidsumm.pipeline.staging`.

    Args:
        infos: the sources, in the order of `Timeline.sources`.
        timelines: one for each summary, all with these sources.
        outputs: the file to write for each; existing ones are replaced.
        config: mode and quality.
        metadata: tags such as title and comment, for each.
        on_progress: called with the share of the work that is done, 0 to 1.
        on_notice: called with a line and the index of its source, for each that is changed to fit the others.
        work_dir: folder for intermediate files, which are left there; best one that is removed afterwards.

    Returns:
        The written files, in the order of the timelines.

    Raises:
        EncodeError: a source cannot be cut, is not the one that the timelines were made for, or cannot be joined with
            the others; or a result is not what was planned.
        OutputError: a file cannot be written.
        ResourceError: no ffmpeg was found, or it cannot be started.
    """
    if not timelines:
        return []
    shown = _shown_sources(infos, timelines)
    with _translate_errors(outputs[0].parent):
        meter, binary = _Meter(on_progress), find_ffmpeg(config.ffmpeg)
        source: SourcePackets | EncodedPieces
        if config.mode == "copy":
            source, done = SourcePackets(shown), 0.0
            timelines = [source.widen(timeline) for timeline in timelines]
        else:
            done, encoding = _ENCODE_SHARE, meter.part(0.0, _ENCODE_SHARE)
            pieces = partial(EncodedPieces, config=config, binary=binary, work_dir=work_dir)
            source = pieces(shown, timelines, on_progress=encoding, on_notice=on_notice)
        writer = _Writer(source, binary, meter, done, float(sum(timeline.duration for timeline in timelines)))
        rendered = [writer.write(*task) for task in zip(timelines, outputs, metadata, strict=True)]
    on_progress(1.0)
    return rendered


def _shown_sources(infos: Sequence[VideoInfo], timelines: Sequence[Timeline]) -> dict[int, ShownSource]:
    """Returns the sources of which any timeline shows something, by their index.

    Raises:
        EncodeError: a timeline was made for another source.
    """
    used = sorted({clip.source for timeline in timelines for clip in timeline.clips})
    shown = {number: ShownSource(infos[number], frame_clock(infos[number])) for number in used}
    for timeline in timelines:
        for number, (info, clock) in shown.items():
            made_for, has_sound = timeline.sources[number], any(clip.sound_ticks for clip in timeline.clips_of(number))
            found = clock.time_base, int(clock.ticks[-1]), clock.frames
            is_other = found != (made_for.time_base, made_for.end_tick, made_for.frames)
            if is_other or (has_sound and info.audio is None):
                raise EncodeError(f"{info.path.name} is not the video that was chosen from", remedy="analyse it again")
    return shown


class _Writer:
    """Writes the files of one call, one after the other, and checks each."""

    def __init__(
        self,
        source: SourcePackets | EncodedPieces,
        binary: FfmpegBinary,
        meter: "_Meter",
        done: float,
        total_s: float,
    ) -> None:
        self._source, self._binary, self._meter = source, binary, meter
        self._is_encoded = isinstance(source, EncodedPieces)
        self._done, self._rest_per_s = done, (1 - done) / total_s

    def write(self, timeline: Timeline, output: Path, tags: Mapping[str, str]) -> RenderedFile:
        """Writes one file.

        Raises:
            EncodeError: a clip cannot be cut, or the file is not what was planned.
            av.FFmpegError: it cannot be written.
        """
        duration_s = float(timeline.duration)
        begin, share = self._done, self._rest_per_s * duration_s
        video, sound = self._source.tracks(timeline)
        on_seconds = self._meter.part(begin, share * _WRITE_SHARE / duration_s)
        write_mp4(output, video, sound, metadata=tags, on_seconds=on_seconds)
        found = verify(
            output,
            timeline,
            frames=video.frames,
            is_encoded=self._is_encoded,
            binary=self._binary,
            on_frames=self._meter.part(begin + share * _WRITE_SHARE, share * (1 - _WRITE_SHARE) / video.frames),
        )
        self._done += share
        contents, size = found.contents, output.stat().st_size
        return RenderedFile(output, timeline, contents.video_s, contents.frames, size, found.undecodable)


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
                f"cannot write to {folder}: {error}", remedy="free space or choose another `output`"
            ) from error
        raise EncodeError(f"joining failed: {error}", remedy="check that the file plays to its end") from error
