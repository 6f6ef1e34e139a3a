"""The fast cut: the source's own packets from key frame to key frame, nothing is encoded."""

import numpy as np
from numpy.typing import NDArray

from vidsumm.errors import EncodeError
from vidsumm.video.cut import CutPlan, widen_to_keys
from vidsumm.video.info import VideoInfo
from vidsumm.video.join import CopiedTrack, Joined, PacketList, index_frames, join

__all__ = ["SourcePackets"]

_VIDEO_CODECS = frozenset({"av1", "h264", "hevc", "libdav1d", "mpeg4", "vp9"})
_AUDIO_CODECS = frozenset({"aac", "ac3", "alac", "eac3", "flac", "mp3", "mp3float", "opus", "libopus"})


class SourcePackets:
    """The packets of a source, listed once for any number of summaries.

    Args:
        info: the source.

    Raises:
        EncodeError: its codecs do not fit MP4 or it has no key frames.
    """

    def __init__(self, info: VideoInfo) -> None:
        _require_mp4(info)
        self.info = info
        self.video = PacketList.scan([info.path], info.video.index)
        self.audio = PacketList.scan([info.path], info.audio.index) if info.audio else None

    def widened(self, plan: CutPlan) -> CutPlan:
        """`plan` with rows that begin and end at key frames."""
        return widen_to_keys(plan, np.searchsorted(self.info.frame_pts, self.info.key_pts))

    def tracks(self, plan: CutPlan) -> tuple[CopiedTrack, CopiedTrack | None]:
        """Picture and sound of a summary whose rows begin and end at key frames."""
        frame_idx = index_frames(self.video.times_s - self.info.start_s, self.info.frame_times_s)
        picture = join(plan, frame_idx, plan.clock.ticks[frame_idx], self.video.is_key)
        video = CopiedTrack(self.video, picture, plan.clock.time_base)
        sound = _join_sound(self.audio, plan, self.info.start_s) if self.audio is not None else None
        if self.audio is None or sound is None:
            return video, None
        return video, CopiedTrack(self.audio, sound, self.audio.time_base)


def _require_mp4(info: VideoInfo) -> None:
    codecs = [(info.video.codec, _VIDEO_CODECS)]
    if info.audio is not None:
        codecs.append((info.audio.codec, _AUDIO_CODECS))
    for codec, fitting in codecs:
        if codec not in fitting:
            raise EncodeError(f"{info.path.name}: {codec} cannot be copied into MP4", remedy="use --cut exact")
    if not len(info.key_pts):
        raise EncodeError(f"{info.path.name} has no key frames to copy from", remedy="use --cut exact")


def _join_sound(audio: PacketList, plan: CutPlan, start_s: float) -> Joined | None:
    """Chooses the sound packets of every row; None where there are none.

    A row takes the packets whose middle it contains. They follow the row before without a gap, so that sound is never
    off by more than half a packet, whatever the number of rows; a true gap in the source stays one.
    """
    per_s = audio.time_base.denominator / audio.time_base.numerator
    natural = np.rint(audio.pts - start_s * per_s).astype(np.int64)
    positions, times = [], []
    elapsed_s, at = 0.0, 0
    for begin_s, end_s in plan.spans_s.tolist():
        shown = natural - round((begin_s - elapsed_s) * per_s)
        middle = shown + audio.durations // 2
        row = np.flatnonzero((middle >= at) & (middle < (elapsed_s + end_s - begin_s) * per_s))
        elapsed_s += end_s - begin_s
        if len(row):
            lag = at - int(shown[row[0]])
            lag = lag if abs(lag) <= audio.durations[row[0]] else 0
            positions.append(row)
            times.append(shown[row] + lag)
            at = int(times[-1][-1] + audio.durations[row[-1]])
    if not positions:
        return None
    pts, chosen = np.concatenate(times), np.concatenate(positions)
    durations = _until_the_end(pts, audio.durations[chosen], round(elapsed_s * per_s))
    return Joined(chosen, pts, pts, durations)


def _until_the_end(pts: NDArray[np.int64], durations: NDArray[np.int64], total: int) -> NDArray[np.int64]:
    """The last packet lasts as long as the picture where the difference is a part of a packet."""
    last = total - int(pts[-1])
    if 0 < last < 2 * durations[-1]:
        durations = np.append(durations[:-1], last)
    return durations
