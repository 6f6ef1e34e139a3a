"""The exact cut: every second that any summary shows is decoded and encoded once, in pieces that can be joined.

A piece is a stretch of the source between two places where a clip of any summary begins or ends (see
`vidsumm.video.cut.union_pieces`). Every clip consists of whole pieces.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vidsumm.config import CutConfig
from vidsumm.video.container import MP4
from vidsumm.video.cut import CutPlan, union_pieces
from vidsumm.video.ffmpeg_binary import FfmpegBinary
from vidsumm.video.ffmpeg_commands import encode_pieces
from vidsumm.video.info import VideoInfo
from vidsumm.video.join import find_frames, join_clips
from vidsumm.video.mux import CopiedTrack, EncodedSound
from vidsumm.video.packets import PacketList
from vidsumm.video.sound import read_blocks, sound_format, write_samples

__all__ = ["EncodedPieces", "Region", "split_into_regions"]

SKIP_S = 20.0
"""Unused stretches of the source longer than this are skipped by seeking, if the container has an index."""
_ENCODE_SHARE = 0.95
"""Share of the work that encodes the picture; the rest decodes the sound."""
_INDEXED = (MP4, "matroska,webm")


class Region(NamedTuple):
    """Pieces that one run of ffmpeg encodes."""

    pieces: NDArray[np.int64]
    """(Q, 2) frames [first, last) of each piece."""
    seek_s: float | None
    """Container time to which ffmpeg seeks first; None begins at the start."""


class EncodedPieces:
    """The encoded pieces of a source, of which all summaries consist, and its decoded sound.

    Args:
        info: the source.
        plans: the summaries.
        config: quality and speed.
        binary: the ffmpeg to run.
        work_dir: folder for the pieces, which must stay there while the tracks are written.
        on_progress: called with the share of this work that is done, 0 to 1.

    Raises:
        EncodeError: ffmpeg failed.
        OutputError: `work_dir` cannot be written to.
        ResourceError: ffmpeg cannot be started.
    """

    def __init__(
        self,
        info: VideoInfo,
        plans: Sequence[CutPlan],
        *,
        config: CutConfig,
        binary: FfmpegBinary,
        work_dir: Path,
        on_progress: Callable[[float], None],
    ) -> None:
        self._info, self._config, self._binary, self._work_dir = info, config, binary, work_dir
        self._clock, self._pieces = plans[0].clock, union_pieces(plans)
        self._on_progress = on_progress
        self._video = self._encode_video()
        self._frame_idx = find_frames(self._video.times_s, self._clock.seconds(self._clock.ticks[:-1]))
        self._ticks = np.rint(self._video.times_s / float(self._clock.time_base)).astype(np.int64)
        self._sound = sound_format(info.audio) if info.audio else None
        self._samples_path = work_dir / "sound.pcm"
        self._decode_sound()

    def tracks(self, plan: CutPlan) -> tuple[CopiedTrack, EncodedSound | None]:
        """Returns picture and sound of one of the summaries.

        Raises:
            EncodeError: one of its clips could not be decoded.
        """
        joined = join_clips(plan, self._frame_idx, self._ticks, self._video.is_key)
        video = CopiedTrack(self._video, joined, self._clock.time_base)
        if self._sound is None:
            return video, None
        return video, EncodedSound(read_blocks(self._samples_path, plan, self._sound), self._sound)

    def _encode_video(self) -> PacketList:
        """Encodes the regions; if seeking lost frames, because the container's index is wrong, again without it."""
        regions = split_into_regions(self._info, self._pieces)
        video = self._encode_regions(regions)
        if any(region.seek_s is not None for region in regions) and not self._is_complete(video):
            video = self._encode_regions([Region(self._pieces, None)])
        return video

    def _encode_regions(self, regions: Sequence[Region]) -> PacketList:
        paths = [self._work_dir / f"pieces-{number}.nut" for number in range(len(regions))]
        done = 0
        for path, region in zip(paths, regions, strict=True):
            encode_pieces(
                self._info,
                self._clock,
                region.pieces,
                path,
                config=self._config,
                binary=self._binary,
                seek_s=region.seek_s,
                on_frames=partial(self._report_frames, done),
            )
            done += _frame_count(region.pieces)
        return PacketList.scan(paths, 0)

    def _is_complete(self, video: PacketList) -> bool:
        return len(video.pts) == _frame_count(self._pieces) and len(set(video.headers())) == 1

    def _decode_sound(self) -> None:
        if self._info.audio is None or self._sound is None:
            return
        used_s = self._clock.seconds(self._clock.ticks[_merge_touching(self._pieces)])
        write_samples(
            self._info,
            self._info.audio,
            used_s,
            self._samples_path,
            sound=self._sound,
            binary=self._binary,
            on_seconds=partial(self._report_seconds, float(used_s[-1, 1])),
        )

    def _report_frames(self, before: int, frames: int) -> None:
        self._on_progress(_ENCODE_SHARE * min(1.0, (before + frames) / _frame_count(self._pieces)))

    def _report_seconds(self, end_s: float, at_s: float) -> None:
        self._on_progress(_ENCODE_SHARE + (1 - _ENCODE_SHARE) * min(1.0, at_s / end_s))


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


def _merge_touching(pieces: NDArray[np.int64]) -> NDArray[np.int64]:
    """Makes one stretch of pieces that touch; (R, 2) frames [first, last)."""
    edges, uses = np.unique(pieces, return_counts=True)
    stretches: NDArray[np.int64] = edges[uses == 1].reshape(-1, 2)
    return stretches
