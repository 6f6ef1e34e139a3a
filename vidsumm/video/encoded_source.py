"""What a source contributes to an exact cut: every second of it that any summary shows, decoded and encoded once.

A piece is a stretch of the source between two places where a clip of any summary begins or ends (see
`vidsumm.video.cut.union_pieces`). Every clip consists of whole pieces, which can be joined.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vidsumm.config import CutConfig
from vidsumm.timeline import Clip
from vidsumm.video.container import MP4
from vidsumm.video.cut import ShownSource, merge_spans, union_pieces
from vidsumm.video.ffmpeg_binary import FfmpegBinary
from vidsumm.video.ffmpeg_commands import encode_pieces
from vidsumm.video.info import VideoInfo
from vidsumm.video.join import CodedFrames, find_frames
from vidsumm.video.packets import PacketList
from vidsumm.video.picture_format import PictureFormat
from vidsumm.video.sound import SoundFormat, write_samples

__all__ = ["EncodedSource", "Region", "split_into_regions"]

SKIP_S = 20.0
"""Unused stretches of the source longer than this are skipped by seeking, if the container has an index."""
_INDEXED = (MP4, "matroska,webm")


class Region(NamedTuple):
    """Pieces that one run of ffmpeg encodes."""

    pieces: NDArray[np.int64]
    """(Q, 2) frames [first, last) of each piece."""
    seek_s: float | None
    """Container time to which ffmpeg seeks first; None begins at the start."""


class EncodedSource:
    """The encoded pieces of a source and its decoded sound.

    Args:
        source: where it comes from.
        clips: everything that any summary shows of it.
        config: quality and speed.
        binary: the ffmpeg to run.
        stem: beginning of the paths of intermediate files, which must stay there while the tracks are written.

    `encode` and `decode_sound` do the work.
    """

    def __init__(
        self,
        source: ShownSource,
        clips: Sequence[Clip],
        *,
        config: CutConfig,
        binary: FfmpegBinary,
        stem: Path,
    ) -> None:
        (self._info, self._clock), self._clips = source, clips
        self._config, self._binary, self._stem = config, binary, stem
        self._pieces = union_pieces(clips)

    @property
    def frames(self) -> int:
        """Number of frames to encode."""
        return _frame_count(self._pieces)

    def encode(self, picture: PictureFormat | None, on_share: Callable[[float], None]) -> PacketList:
        """Encodes the regions; if seeking lost frames, because the container's index is wrong, again without it.

        Args:
            picture: the format that it shares with other sources; None keeps its own.
            on_share: called with the share of this work that is done, 0 to 1.

        Raises:
            EncodeError: ffmpeg failed.
            OutputError: the folder of `stem` cannot be written to.
            ResourceError: ffmpeg cannot be started.
        """
        regions = split_into_regions(self._info, self._pieces)
        video = self._encode_regions(regions, picture, on_share)
        if any(region.seek_s is not None for region in regions) and not self._is_complete(video):
            video = self._encode_regions([Region(self._pieces, None)], picture, on_share)
        return video

    def coded_frames(self, video: PacketList) -> CodedFrames:
        """Returns what `encode` made, as frames on the clock of the source."""
        frame_idx = find_frames(video.times_s, self._clock.seconds(self._clock.ticks[:-1]))
        ticks = np.rint(video.times_s / float(self._clock.time_base)).astype(np.int64)
        return CodedFrames(frame_idx, ticks, video.is_key)

    def decode_sound(self, sound: SoundFormat, on_share: Callable[[float], None]) -> Path | None:
        """Decodes the sound of all clips; returns the file of samples, None if no clip has sound.

        Raises:
            EncodeError: ffmpeg failed.
            ResourceError: ffmpeg cannot be started.
        """
        spans = sorted(span for clip in self._clips if (span := self._sound_span(clip)) is not None)
        if self._info.audio is None or not spans:
            return None
        used_s = self._clock.seconds(merge_spans(np.array(spans, dtype=np.int64)))
        target = Path(f"{self._stem}sound.pcm")
        write_samples(
            self._info,
            self._info.audio,
            used_s,
            target,
            sound=sound,
            binary=self._binary,
            on_seconds=lambda at_s: on_share(min(1.0, at_s / float(used_s[-1, 1]))),
        )
        return target

    def _sound_span(self, clip: Clip) -> tuple[int, int] | None:
        """Returns the ticks [begin, end) of a clip's sound, with the frames that it shows only in part."""
        if clip.sound_ticks is None:
            return None
        first, last = self._clock.ticks[[clip.first_frame, clip.last_frame_exclusive]].tolist()
        return min(clip.sound_ticks[0], first), max(clip.sound_ticks[1], last)

    def _encode_regions(
        self, regions: Sequence[Region], picture: PictureFormat | None, on_share: Callable[[float], None]
    ) -> PacketList:
        paths = [Path(f"{self._stem}pieces-{number}.nut") for number in range(len(regions))]
        done = 0
        for path, region in zip(paths, regions, strict=True):
            encode_pieces(
                self._info,
                self._clock,
                region.pieces,
                path,
                config=self._config,
                binary=self._binary,
                picture=picture,
                seek_s=region.seek_s,
                on_frames=partial(self._report, on_share, done),
            )
            done += _frame_count(region.pieces)
        return PacketList.scan(paths, 0)

    def _report(self, on_share: Callable[[float], None], before: int, frames: int) -> None:
        on_share(min(1.0, (before + frames) / self.frames))

    def _is_complete(self, video: PacketList) -> bool:
        return len(video.pts) == self.frames and len(set(video.headers())) == 1


def split_into_regions(info: VideoInfo, pieces: NDArray[np.int64]) -> list[Region]:
    """Splits the list of pieces where the stretch between two of them is so long that seeking saves time.

    ffmpeg may land one key frame before the one it seeks to. Therefore that key frame, too, has to lie after the
    stretch, so that nothing is decoded twice.

    Args:
        info: the source.
        pieces: (Q, 2) frames [first, last), ascending.
    """
    if info.container not in _INDEXED or not len(info.key_pts):
        return [Region(pieces, None)]
    times_s, keys_s = np.append(info.frame_times_s, info.duration_s), info.key_times_s
    key = np.maximum(np.searchsorted(keys_s, times_s[pieces[:, 0]], side="right") - 1, 0)
    free_from_s = np.append(0.0, times_s[pieces[:-1, 1]])
    does_seek = keys_s[np.maximum(key - 1, 0)] - free_from_s > SKIP_S
    begins = np.union1d([0], np.flatnonzero(does_seek)).astype(np.int64)
    seeks_s = [info.start_s + float(keys_s[key[q]]) if does_seek[q] else None for q in begins.tolist()]
    return [Region(*region) for region in zip(np.split(pieces, begins[1:]), seeks_s, strict=True)]


def _frame_count(pieces: NDArray[np.int64]) -> int:
    return int(np.diff(pieces).sum())
