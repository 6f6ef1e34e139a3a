"""The exact cut: every second that any summary shows is decoded and encoded once, in pieces that can be joined."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vidsumm.config import CutConfig
from vidsumm.video.cut import CutPlan, union_pieces
from vidsumm.video.ffmpeg import MP4, encode_pieces
from vidsumm.video.ffmpeg_binary import FfmpegBinary
from vidsumm.video.info import VideoInfo
from vidsumm.video.join import CopiedTrack, EncodedSound, PacketList, index_frames, join
from vidsumm.video.sound import read_blocks, sound_format, write_samples

__all__ = ["ENCODE_SHARE", "EncodedPieces"]

SKIP_S = 20.0
"""Unused stretches of the source longer than this are jumped over where the container has an index."""
ENCODE_SHARE = 0.95
"""Part of the work for the picture; the sound takes the rest."""
_INDEXED = (MP4, "matroska,webm")

Region = tuple[NDArray[np.int64], float | None]
"""Pieces that one run of ffmpeg encodes, and the container time to which it jumps."""


class EncodedPieces:
    """The pieces of a source of which all summaries consist, encoded, and its sound, decoded.

    Args:
        info: the source.
        plans: the summaries.
        config: quality and speed.
        binary: the ffmpeg to run.
        work_dir: folder for the pieces; they must stay there while tracks are written.
        on_progress: told the share of this work done, 0 to 1.

    Raises:
        EncodeError: ffmpeg failed.
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
        self._frame_idx = index_frames(self._video.times_s, self._clock.seconds(self._clock.ticks[:-1]))
        self._ticks = np.rint(self._video.times_s / float(self._clock.time_base)).astype(np.int64)
        self._sound = sound_format(info.audio) if info.audio else None
        self._pcm = work_dir / "sound.pcm"
        self._decode_sound()

    def tracks(self, plan: CutPlan) -> tuple[CopiedTrack, EncodedSound | None]:
        """Picture and sound of one of the summaries."""
        joined = join(plan, self._frame_idx, self._ticks, self._video.is_key)
        video = CopiedTrack(self._video, joined, self._clock.time_base)
        if self._sound is None:
            return video, None
        return video, EncodedSound(read_blocks(self._pcm, plan, self._sound), self._sound)

    def _encode_video(self) -> PacketList:
        """A jump that lost frames, because the index of the container is wrong, is taken back."""
        regions = jumps(self._info, self._pieces)
        video = self._encode_regions(regions)
        if any(seek_s is not None for _, seek_s in regions) and not self._is_whole(video):
            video = self._encode_regions([(self._pieces, None)])
        return video

    def _encode_regions(self, regions: Sequence[Region]) -> PacketList:
        paths = [self._work_dir / f"pieces-{number}.nut" for number in range(len(regions))]
        done = 0
        for path, (pieces, seek_s) in zip(paths, regions, strict=True):
            encode_pieces(
                self._info,
                self._clock,
                pieces,
                path,
                config=self._config,
                binary=self._binary,
                seek_s=seek_s,
                on_frames=partial(self._tell_frames, done),
            )
            done += _frame_count(pieces)
        return PacketList.scan(paths, 0)

    def _is_whole(self, video: PacketList) -> bool:
        return len(video.pts) == _frame_count(self._pieces) and len(set(video.headers())) == 1

    def _decode_sound(self) -> None:
        if self._info.audio is None or self._sound is None:
            return
        spans_s = self._clock.seconds(self._clock.ticks[_runs(self._pieces)])
        write_samples(
            self._info,
            self._info.audio,
            spans_s,
            self._pcm,
            sound=self._sound,
            binary=self._binary,
            on_seconds=partial(self._tell_seconds, float(spans_s[-1, 1])),
        )

    def _tell_frames(self, before: int, frames: int) -> None:
        self._on_progress(ENCODE_SHARE * min(1.0, (before + frames) / _frame_count(self._pieces)))

    def _tell_seconds(self, end_s: float, at_s: float) -> None:
        self._on_progress(ENCODE_SHARE + (1 - ENCODE_SHARE) * min(1.0, at_s / end_s))


def jumps(info: VideoInfo, pieces: NDArray[np.int64]) -> list[Region]:
    """Divides pieces where a long stretch between them need not be decoded.

    ffmpeg may land one key frame early, so that one must lie behind the stretch, too: nothing is decoded twice.

    Args:
        info: the source.
        pieces: (Q, 2) frames [first, last), ascending.
    """
    if info.container not in _INDEXED or not len(info.key_pts):
        return [(pieces, None)]
    times_s, keys_s = np.append(info.frame_times_s, info.duration_s), info.key_times_s
    key = np.maximum(np.searchsorted(keys_s, times_s[pieces[:, 0]], side="right") - 1, 0)
    free_from_s = np.append(0.0, times_s[pieces[:-1, 1]])
    does_jump = keys_s[np.maximum(key - 1, 0)] - free_from_s > SKIP_S
    begins = np.union1d([0], np.flatnonzero(does_jump)).astype(np.int64)
    seeks_s = [info.start_s + float(keys_s[key[q]]) if does_jump[q] else None for q in begins.tolist()]
    return list(zip(np.split(pieces, begins[1:]), seeks_s, strict=True))


def _frame_count(pieces: NDArray[np.int64]) -> int:
    return int(np.diff(pieces).sum())


def _runs(pieces: NDArray[np.int64]) -> NDArray[np.int64]:
    """(R, 2) pieces that touch become one."""
    edges, uses = np.unique(pieces, return_counts=True)
    runs: NDArray[np.int64] = edges[uses == 1].reshape(-1, 2)
    return runs
